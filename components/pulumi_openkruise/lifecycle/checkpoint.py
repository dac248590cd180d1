"""Whether a file of Pulumi's file backend is complete, and how to repair one that a killed CLI truncated.

The backend (``pkg/backend/diy``, on gocloud.dev's ``fileblob``) replaces a checkpoint by renaming a complete
file, and keeps the previous one as ``.bak``. Beside each it writes ``.attrs`` (content type and checksum) in
place. If the CLI is killed then, ``.attrs`` is left empty, and every command ends with ``failed to load
checkpoint: EOF``, although the checkpoint is complete. Pulumi also reads a checkpoint without ``.attrs``.
"""

import gzip
import json
from typing import Literal, NamedTuple

ATTRIBUTES, BACKUP = ".attrs", ".bak"
_CHECKPOINTS = (".json", ".json.gz")

Repair = Literal["delete", "restore", "none"]


class Damage(NamedTuple):
    """One file that is not complete."""

    path: str
    repair: Repair
    """``delete``: nothing is lost with it; ``restore``: its backup is complete; ``none``: neither."""

    def __str__(self) -> str:
        """Say what is done about it, for people."""
        words = {
            "delete": f"delete {self.path}, which holds a checksum only: the state beside it is whole",
            "restore": f"put {self.path}{BACKUP} in its place: the state before the last change",
            "none": f"nothing: {self.path} is cut off, and has no whole backup",
        }
        return words[self.repair]


def is_checkpoint(name: str) -> bool:
    """Tell whether a file of this name has a stack's state."""
    return name.endswith(_CHECKPOINTS)


def is_whole(name: str, content: bytes) -> bool:
    """Tell whether a checkpoint, its backup or its ``.attrs`` is complete."""
    try:
        if name.removesuffix(BACKUP).endswith(".gz"):
            content = gzip.decompress(content)
        return isinstance(json.loads(content), dict)
    except (OSError, EOFError, ValueError, RecursionError):
        return False
    except Exception:  # of zlib, for data that lie
        return False


def find_damage(path: str, content: bytes, backup: bytes | None) -> Damage | None:
    """Return what is wrong with one file; ``backup`` is what its backup holds, if there is one."""
    if is_whole(path, content):
        return None
    if path.endswith(ATTRIBUTES):
        return Damage(path, "delete")
    whole = backup is not None and is_whole(path, backup)
    return Damage(path, "restore" if whole else "none")
