"""The chart's source: name, repository, version and digest, checked against each other and the chart."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from ..diagnostics.field_names import FieldName, argument_name
from ..diagnostics.problem import Problem, show
from ..foreign.addresses import SecretAddress, has_login, split_login, strip_login
from .digests import CHART_REPOSITORY, PUBLISHED
from .local import ChartFileError, ChartReader, LocalChart, is_bare_name
from .repository import SKIP, read_digests
from .version import Version, parse_version

CHART = "kruise"
"""The chart's name, by default."""

CHART_VERSION = "1.8.3"
"""The version of the chart, by default; docs/upgrading.md says why it is not the newest."""

_DIGEST = r"(?:sha256:)?([0-9a-fA-F]{64})"
_ARCHIVE = r"(?P<name>.+)-v?(?P<version>\d+\.\d+\.\d+[^/]*)\.tgz"
_PULL = "run `helm pull`, and give the archive as {chart}"


def parse_digest(text: str) -> str | None:
    """Return a digest in its plain form, with or without ``sha256:`` before it; None for anything else."""
    found = re.fullmatch(_DIGEST, text, re.ASCII)
    return found.group(1).lower() if found else None


def check_chart(given: Mapping[str, Any], field_name: FieldName) -> Iterator[Problem]:
    """Yield the problems in how chart, repository, version and digest are written."""
    chart = given.get("chart", CHART)
    if not chart.strip() or chart != chart.strip() or "\0" in chart:
        reason = f"expected the chart's name, its path or an oci:// reference, found {show(chart)}"
        yield Problem("invalid-chart", field_name("chart"), reason)
    elif has_login(chart):
        reason = f"the address of {show(strip_login(chart))} has a login in it, which the state would show"
        remedy = f"write the login into {field_name('chart_repository')}, with the chart's bare name here"
        yield Problem("invalid-chart", field_name("chart"), reason, (), remedy)
        return
    repository = given.get("chart_repository")
    if repository is not None:
        where = field_name("chart_repository")
        if repository.startswith("oci://"):
            remedy = f"give the whole oci:// reference as {field_name('chart')}, and leave this one out"
            reason = "an OCI registry is not a repository"
            yield Problem("invalid-repository", where, reason, (), remedy)
        elif not _is_address(repository):
            reason = f"expected an http:// or https:// address, found {_show_address(repository)}"
            yield Problem("invalid-repository", where, reason)
        elif has_login(repository) and not any(split_login(repository)[1:]):
            # Read as a path, the password would be in the state.
            reason = f"expected an @ only at the end of a login, found {_show_address(repository)}"
            remedy = "in a password write %2F for a slash; in a path write %40 for an @"
            yield Problem("invalid-repository", where, reason, (), remedy)
        elif chart.strip() and not is_bare_name(chart):
            reason = f"has no effect with {field_name('chart')} {show(chart)}, which needs no repository"
            remedy = f"leave it out, or give the chart's bare name as {field_name('chart')}"
            yield Problem("needless-repository", where, reason, (), remedy)
    text = given.get("chart_version", CHART_VERSION)
    if _parse_version(text) is None:
        remedy = "give an exact version, in quotes, so that the same config always installs the same chart"
        reason = f"expected an exact version such as {CHART_VERSION}, found {show(text)}"
        yield Problem("invalid-version", field_name("chart_version"), reason, (), remedy)
    digest, where = given.get("chart_digest"), field_name("chart_digest")
    if digest is not None and parse_digest(digest) is None:
        reason = f"expected the SHA-256 of the chart's archive, 64 hexadecimal digits, found {show(digest)}"
        yield Problem("invalid-digest", where, reason, (), "run `sha256sum` on the archive")
    elif digest is not None and "://" in chart:
        reason = f"cannot be checked for {show(chart)}, which the provider fetches by itself"
        yield Problem("no-digest", where, reason, (), _PULL.format(chart=field_name("chart")))


def read_and_compare_chart(
    given: Mapping[str, Any], field_name: FieldName, read_chart: ChartReader
) -> tuple[LocalChart | None, list[Problem]]:
    """Return the chart at the given path, None where there is none, and how it differs from what is wanted.

    ``read_chart`` reads the chart at a path.
    """
    chart, where = given.get("chart", CHART), field_name("chart")
    if not chart.strip() or "\0" in chart:
        return None, []
    try:
        local, problem = read_chart(chart), None
    except ChartFileError as error:
        reason = f"{show(chart)}: {error.reason}"
        local, problem = None, Problem("no-chart", where, reason, (), error.remedy)
    if is_bare_name(chart):
        if local is None and problem is None:
            return None, []
        # Helm reads the disk before the repository.
        reason = f"{show(chart)} beside the program would be installed, not the repository's chart"
        remedy = f"write ./{chart} if it is meant, or give it another name"
        return None, [Problem("shadowed-chart", where, reason, (), remedy)]
    if problem is not None:
        return None, [problem]
    return local, [] if local is None else list(_list_differences(local, given, field_name))


def _list_differences(
    local: LocalChart, given: Mapping[str, Any], field_name: FieldName
) -> Iterator[Problem]:
    wanted = given.get("chart_version")
    if wanted is not None and _parse_version(wanted) is not None and wanted != local.version:
        reason = f"{show(given['chart'])} is version {show(local.version)}, not {show(wanted)}"
        yield Problem("other-chart", field_name("chart_version"), reason, (), "change one of the two")
    digest = parse_digest(given.get("chart_digest", ""))
    published = PUBLISHED.get(local.version, ()) if local.name == CHART else ()
    if digest is not None and local.digest is None:
        remedy = "pack it with `helm package`, or leave the digest out"
        yield Problem("no-digest", field_name("chart_digest"), "a folder has no digest", (), remedy)
    elif digest is not None and digest != local.digest:
        detail = (f"    expected {digest}", f"    found    {local.digest}")
        reason = f"{show(given['chart'])} is another archive"
        remedy = "do not install it before you know why: it may have been changed on its way"
        yield Problem("other-digest", field_name("chart_digest"), reason, detail, remedy)
    elif digest is None and local.digest is not None and published and local.digest not in published:
        reason = f"not the archive that OpenKruise has published as {local.version}"
        detail = (f"    published {' or '.join(published)}", f"    found     {local.digest}")
        remedy = f"if it is meant: {field_name('chart_digest')}: {local.digest}"
        yield Problem("other-digest", field_name("chart"), reason, detail, remedy, "warning")


def check_unchanged(
    chart: str, digest: str | None, read_chart: ChartReader, *, field_name: FieldName = argument_name
) -> list[Problem]:
    """Return why a chart is no longer the one that the config was checked with; empty where it still is.

    ``digest`` is that of the archive then; None if the chart was not an archive on this machine.
    ``read_chart`` reads the chart at a path. Between the first read and Helm's, the file may have been
    replaced.
    """
    local, problems = read_and_compare_chart({"chart": chart}, field_name, read_chart)
    errors = [problem for problem in problems if problem.severity == "error"]
    found = local.digest if local is not None else None
    if errors or found == digest:
        return errors
    reason = f"{show(chart)} has changed since the program read it"
    detail = (f"    then {digest or 'no archive'}", f"    now  {found or 'no archive'}")
    remedy = "find out what has changed it, and run the command again"
    return [Problem("other-digest", field_name("chart"), reason, detail, remedy)]


def check_index(
    index: bytes,
    *,
    repository: str,
    chart: str,
    chart_version: str,
    digest: str | None,
    field_name: FieldName = argument_name,
) -> Iterator[Problem]:
    """Yield what a repository's index says against the digest given, or against OpenKruise's own.

    Helm does not compare an archive with the index of its repository. So this detects a repository that
    offers something else, and not an archive that was changed on its way.
    """
    wanted = _find_wanted(repository, chart, chart_version, digest)
    listed = read_digests(index, chart, chart_version) if wanted else None
    where = field_name("chart_digest")
    if wanted and not listed:
        reason = f"{strip_login(repository)} lists no digest of {chart} {chart_version}"
        yield Problem("no-digest", where, reason, (), _PULL.format(chart=field_name("chart")))
    elif listed and not set(listed) <= set(wanted):
        # Of several entries Helm takes one by its own order: each has to be a wanted one.
        reason = f"{strip_login(repository)} offers another archive as {chart} {chart_version}"
        detail = (f"    expected {' or '.join(wanted)}", f"    listed   {' and '.join(listed)}")
        remedy = f"find out why; if it is meant, give the listed one as {where}"
        yield Problem("other-digest", where, reason, detail, remedy)


def check_missing_index(
    cause: str,
    *,
    repository: str,
    chart: str,
    chart_version: str,
    digest: str | None,
    field_name: FieldName = argument_name,
) -> Iterator[Problem]:
    """Yield which digest is not checked because, by ``cause``, a repository gave no index.

    The provider may get the chart from it all the same. A digest that was given is a promise, so that is an
    error; without one given it is a warning.
    """
    if not _find_wanted(repository, chart, chart_version, digest):
        return
    reason = f"{strip_login(repository)} gives no index to compare the digest with: {cause}"
    remedy = _PULL.format(chart=field_name("chart"))
    if digest is None:
        yield Problem("no-digest", field_name("chart_digest"), reason, (), remedy, "warning")
    else:
        remedy += f"; or set {SKIP}=1 to install what the repository gives, whatever it is"
        yield Problem("no-digest", field_name("chart_digest"), reason, (), remedy)


def _find_wanted(repository: str, chart: str, chart_version: str, digest: str | None) -> tuple[str, ...]:
    """Return the digests of which an archive must have one; empty where none is given or known."""
    if digest is not None:
        return (digest,)
    return PUBLISHED.get(chart_version, ()) if _is_openkruises(repository) and chart == CHART else ()


def find_contract_version(given: Mapping[str, Any], local: LocalChart | None) -> Version | None:
    """Return the version whose values count, with how well they are known; None if it is not a version."""
    chart = given.get("chart", CHART)
    if local is not None:
        return _parse_version(local.version, local.name)
    last = chart.rstrip("/").rpartition("/")[2]
    archive = re.fullmatch(_ARCHIVE, last, re.ASCII)
    if archive is not None and "://" in chart:
        return _parse_version(archive["version"], archive["name"])
    return _parse_version(given.get("chart_version", CHART_VERSION), last)


def _parse_version(text: str, name: str = CHART) -> Version | None:
    try:
        return parse_version(text, published=name == CHART)
    except ValueError:
        return None


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        good = bool(parts.hostname) and parts.port != 0
    except ValueError:  # https://[::1, or a port that is not a number
        return False
    return good and bool(re.fullmatch(r"https?://[^/\s]\S*", text)) and text.isprintable()


def _show_address(address: str) -> str:
    """Return an address for a message, without what is secret in it."""
    if isinstance(address, SecretAddress):
        return "a secret that is something else"
    return show(strip_login(address))


def _is_openkruises(repository: str) -> bool:
    """Tell whether an address is that of OpenKruise's own repository, however it is written."""
    return _read_place(repository) == _read_place(CHART_REPOSITORY)


def _read_place(repository: str) -> tuple[str, int, str]:
    """Return host, port and path of an address; http:// leads to the same, if not by the same way."""
    parts = urlsplit(strip_login(repository))
    port = parts.port or 443
    host = (parts.hostname or "").rstrip(".")
    return host, 443 if port == 80 else port, posixpath.normpath(f"/{unquote(parts.path)}").replace("//", "/")
