"""Where a finding is explained: at the published address, else in this repository."""

from email.message import Message
from importlib.metadata import PackageNotFoundError

import pytest
from pulumi_openkruise.cli.output import doc_links


@pytest.mark.parametrize(
    ("urls", "link"),
    [
        (None, "docs/check.md#x"),
        ([], "docs/check.md#x"),
        (["Homepage, https://a.example"], "docs/check.md#x"),
        (["Documentation"], "docs/check.md#x"),
        (["Homepage, https://a.example", "Documentation, https://b.example/"], "https://b.example/check/#x"),
        (["Documentation, https://b.example/docs"], "https://b.example/docs/check/#x"),
    ],
)
def test_a_finding_is_explained(monkeypatch: pytest.MonkeyPatch, urls: list[str] | None, link: str) -> None:
    def metadata(name: str) -> Message:
        assert name == "pulumi-openkruise"
        if urls is None:
            raise PackageNotFoundError
        found = Message()
        for url in urls:
            found["Project-URL"] = url
        return found

    monkeypatch.setattr("importlib.metadata.metadata", metadata)
    doc_links._find_documentation.cache_clear()
    try:
        assert doc_links.link_finding("x") == link
    finally:
        doc_links._find_documentation.cache_clear()
