"""The examples in docs/selectors.md do what they say."""

import doctest

from tests.support.engine import ROOT

DOCUMENT = ROOT / "docs" / "selectors.md"


def test_the_examples_run() -> None:
    # The marks of the blocks would be taken for output.
    text = "\n".join("" if line.startswith("```") else line for line in DOCUMENT.read_text().splitlines())
    examples = doctest.DocTestParser().get_doctest(text, {}, DOCUMENT.name, str(DOCUMENT), 0)
    assert len(examples.examples) > 10
    said: list[str] = []
    found = doctest.DocTestRunner().run(examples, out=said.append)
    assert found.failed == 0, "".join(said)
