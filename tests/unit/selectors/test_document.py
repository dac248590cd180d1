"""The examples in docs/selectors.md and docs/affinity.md do what they say."""

import doctest

import pytest

from tests.support.engine import ROOT


@pytest.mark.parametrize("name", ["selectors.md", "affinity.md"])
def test_the_examples_run(name: str) -> None:
    document = ROOT / "docs" / name
    # The marks of the blocks would be taken for output.
    text = "\n".join("" if line.startswith("```") else line for line in document.read_text().splitlines())
    examples = doctest.DocTestParser().get_doctest(text, {}, document.name, str(document), 0)
    assert len(examples.examples) > 8
    said: list[str] = []
    found = doctest.DocTestRunner().run(examples, out=said.append)
    assert found.failed == 0, "".join(said)
