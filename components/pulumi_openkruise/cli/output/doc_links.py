"""Where the documentation explains a finding."""

from functools import cache

_PAGE = "check"


def link_finding(code: str) -> str:
    """Return the place of a finding in the documentation: an address where one is published, else a path.

    The published address is the project's URL `Documentation` in the package's metadata, set in
    pyproject.toml by those who publish the package. The anchors are the codes, and as stable as they.
    """
    base = _find_documentation()
    return f"{base}/{_PAGE}/#{code}" if base else f"docs/{_PAGE}.md#{code}"


@cache
def _find_documentation() -> str:
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        urls = metadata("pulumi-openkruise").get_all("Project-URL") or []
    except PackageNotFoundError:  # a source tree that is not installed
        return ""
    named = dict(url.split(", ", 1) for url in urls if ", " in url)
    return str(named.get("Documentation", "")).rstrip("/")
