"""Where the manifests are, and the comment at the top of each, which a new one keeps."""

import os
from collections.abc import Sequence
from pathlib import Path

from sandbox.state import ROOT

from .grants import Grant

INSTALLER = ROOT / "deploy" / "installer-role.yaml"
READER = ROOT / "deploy" / "reader-role.yaml"


# Asked for and not needed: Pulumi watches for events about a namespace, and does without where it may not; so
# does nodeCheck, which says that it could not look.
OPTIONAL = frozenset(
    {Grant("", "events", "list"), Grant("", "events", "watch")}
    | {Grant("", "nodes", "list"), Grant("", "pods", "list")}
)


def some(grants: Sequence[Grant], count: int) -> list[Grant]:
    """All of them where PRIVILEGES is ``all``, else *count* of them, spread over the whole."""
    if os.environ.get("PRIVILEGES") == "all" or len(grants) <= count:
        return list(grants)
    return list(grants[:: len(grants) // count][:count])


def header(path: Path) -> str:
    """Return the comment lines that the manifest begins with."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
    end = next((index for index, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return "".join(lines[:end])
