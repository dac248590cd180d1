"""This repository's program with something else in place of its component, as people may write it."""

import shutil
from pathlib import Path

from sandbox.state import ROOT

ORIGINAL = 'kruise = OpenKruise("kruise", args_from_config())'


def write_program(folder: Path, text: str) -> Path:
    """Write this repository's program with *text* in place of its component, and return its folder.

    Without any text the program declares nothing: without a component there is nothing to export.
    """
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    source = (ROOT / "__main__.py").read_text()
    assert ORIGINAL in source
    (folder / "__main__.py").write_text(source.replace(ORIGINAL, text) if text else "import pulumi\n")
    return folder
