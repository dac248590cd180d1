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


def refer_to_finding(code: str) -> str:
    """Return where people read more of a finding: its published page, else the command that explains it.

    A path in the repository leads nowhere from a pipeline, or for those who have installed the command alone.
    """
    link = link_finding(code)
    return link if "://" in link else f"pulumi-openkruise check --explain {code}"


@cache
def _find_documentation() -> str:
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        urls = metadata("pulumi-openkruise").get_all("Project-URL") or []
    except PackageNotFoundError:  # a source tree that is not installed
        return ""
    named = dict(url.split(", ", 1) for url in urls if ", " in url)
    return str(named.get("Documentation", "")).rstrip("/")
