"""A release's record with another status: the label Helm searches by, and the payload it believes."""

import base64
import copy
import gzip
import json
from collections.abc import Mapping
from typing import Any

from ..foreign.error_text import describe_error
from ..inventory.helm_records import unpack
from .recovery import Edit

DESCRIPTION = "Set right by pulumi-openkruise recover; the operation before it was interrupted"
"""What Helm's history says of a revision that was edited."""


def edit_record(secret: Mapping[str, Any], edit: Edit) -> dict[str, Any]:
    """Return a record's Secret with one edit made; everything that the edit is not about stays as it was.

    Raises ValueError for a Secret that holds no release.
    """
    changed: dict[str, Any] = copy.deepcopy(dict(secret))
    try:
        release = unpack(secret["data"]["release"])
        info = release["info"]
        metadata = changed["metadata"]
        if not all(isinstance(one, dict) for one in (info, metadata, metadata.setdefault("labels", {}))):
            raise ValueError("its info, metadata or labels are not a mapping")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        reason = str(error) if type(error) is ValueError else describe_error(error, secret=True)
        raise ValueError(f"this Secret holds no Helm release: {reason}") from None
    info["status"], info["description"] = edit.status, DESCRIPTION
    info["deleted"] = ""
    if edit.without_hooks:
        release["hooks"] = []
    text = json.dumps(release, separators=(",", ":"), ensure_ascii=False)
    # The time would make the same edit another text each time.
    packed = gzip.compress(text.encode(), mtime=0)
    changed["data"]["release"] = base64.b64encode(base64.b64encode(packed)).decode()
    metadata["labels"]["status"] = edit.status
    return changed
