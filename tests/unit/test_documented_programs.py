"""The programs in Python that README and docs/package.md show, in both languages, run on a mocked engine.

Those of docs/selectors.md and docs/affinity.md are doctests (tests/unit/selectors/test_document.py); the one
of docs/fleet.md is the program in fleet/.
"""

import ast
import re
from typing import Any

import pytest

from tests.support.documents import DOCUMENTS
from tests.support.engine import RELEASE, ROOT, Engine

PYTHON = re.compile(r"^```python\n(.*?)^```", re.M | re.S)
PROGRAMS = [
    pytest.param(code, id=f"{path.relative_to(ROOT)}-{number}")
    for path in DOCUMENTS
    for number, code in enumerate(PYTHON.findall(path.read_text()))
    if ">>>" not in code
]


def test_there_are_some() -> None:
    names = {str(one.id).rpartition("-")[0] for one in PROGRAMS}
    assert names == {
        "README.md",
        "README.zh-CN.md",
        "docs/package.md",
        "docs/fleet.md",
        "docs/zh/fleet.md",
    }


@pytest.mark.parametrize("code", PROGRAMS)
def test_a_documented_program_runs(code: str, engine: Engine) -> None:
    if "fleet" in code:
        assert code.strip().splitlines()[-1] in (ROOT / "fleet" / "__main__.py").read_text()
        return
    # What a reader fills in.
    program = code.replace("kubeconfig=...", 'kubeconfig="{}"')
    seen: dict[str, Any] = {}
    engine.run(lambda: exec(compile(program, "document", "exec"), seen))
    if "OpenKruise(" in code:
        values = engine.of_type(RELEASE).inputs["values"]
        assert "pool" in str(values["daemon"]["affinity"])


@pytest.mark.parametrize("code", PROGRAMS)
def test_the_value_that_a_comment_shows_is_the_one_that_a_program_gives(code: str) -> None:
    shown = re.search(r"^(.+)\n# (\{.+\})$", code, re.MULTILINE)
    if shown is None:
        return
    imports = code.partition("\n\n")[0]
    seen: dict[str, Any] = {}
    exec(f"{imports}\nfound = {shown[1]}", seen)
    assert seen["found"] == ast.literal_eval(shown[2])
