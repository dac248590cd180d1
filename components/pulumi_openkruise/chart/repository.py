"""Asks a chart repository for its index, in seconds: the provider waits on a silent one for minutes.

Only two things count: that it answers, and the digest that it lists. Certificates and refusals are left to
the provider, which reads the system's certificates in its own way, and reports a refusal clearly; what is
reported here is a digest that could not be compared.
"""

import os
import re
import threading
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..foreign.addresses import split_login
from ..foreign.error_text import describe_error
from ..foreign.yaml_input import YamlError, load_bounded

PATIENCE = 8.0
"""Seconds that a repository has, from looking up its name to the last byte of the index."""

SKIP = "PULUMI_OPENKRUISE_NO_PROBE"
"""Environment variable that, if set, keeps this module from asking repositories."""

LARGEST = 16 << 20
"""Bytes of the largest index; the provider would read one without end into memory."""

_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map")}
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?:-([^+]*))?(?:\+.*)?", re.ASCII)
_SHORT = re.compile(r"v?[\d.+]", re.ASCII)
"""A version with fewer than three numbers, or a number in another form."""


class IndexAnswer(NamedTuple):
    """The result of asking for an index."""

    failure: str = ""
    """Why there was no answer; empty when there was one, or when the repository was not asked."""
    content: bytes | None = None
    """The index, where the repository gave one."""
    refusal: str = ""
    """Why a repository that is there gave no index; the provider may get the chart from it all the same."""


@lru_cache(maxsize=8)
def fetch_index(repository: str, patience: float = PATIENCE) -> IndexAnswer:
    """Return a repository's index, fetched once in a process through the proxies of the environment.

    A thread does it, since no timeout of a socket covers the lookup of a name, and one that sends a byte now
    and then is silent, too.
    """
    if os.environ.get(SKIP):
        return IndexAnswer()
    answers: list[IndexAnswer] = []
    thread = threading.Thread(target=lambda: answers.append(_fetch(repository, patience)), daemon=True)
    thread.start()
    thread.join(patience)
    return answers[0] if answers else IndexAnswer(f"no answer within {patience:g} seconds")


def _fetch(repository: str, patience: float) -> IndexAnswer:
    # Slow to import, and needed for a repository only.
    import ssl
    import urllib.request
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError

    from ..foreign.certificates import apply_go_rules

    address = split_login(repository)[0].rstrip("/") + "/index.yaml"
    parts = urlsplit(address)
    proxy = urllib.request.getproxies().get(parts.scheme, "")
    if urllib.request.proxy_bypass(parts.netloc):
        proxy = ""
    if proxy and not proxy.startswith(("http://", "https://")):  # the provider may know it
        return IndexAnswer(refusal="its proxy is neither http:// nor https://, the kinds known here")
    request = urllib.request.Request(address, headers=_write_login(repository))
    try:
        trusting = ssl.create_default_context()
        apply_go_rules(trusting)
        secure = urllib.request.HTTPSHandler(context=trusting)
        opener = urllib.request.build_opener(_make_redirect_handler(), secure)
        with opener.open(request, timeout=patience) as response:
            index = response.read(LARGEST + 1)
            if len(index) > LARGEST:
                return IndexAnswer(f"its index has more than {LARGEST >> 20} MiB")
            return IndexAnswer(content=index)
    except _ForeignRedirectError:
        return IndexAnswer("it redirects to an address that is neither http:// nor https://")
    except HTTPError as error:
        return IndexAnswer(refusal=f"it answers with status {error.code}")
    except URLError as error:
        return _describe_failure(error.reason, patience)
    except HTTPException:
        return IndexAnswer("it speaks no HTTP, or ends in the middle of it")
    except (OSError, ValueError) as error:
        return _describe_failure(error, patience)


class _ForeignRedirectError(Exception):
    """A redirect to an address that is neither http:// nor https://."""


def _make_redirect_handler() -> Any:
    """Return a handler that follows redirects over HTTP, and keeps a login for its own scheme, host and port.

    A proxy's login goes to the proxy alone. Helm (CVE-2021-32690) and requests (CVE-2018-18074,
    CVE-2023-32681) once sent logins along with every redirect.
    """
    import urllib.request

    class Redirects(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
            # Always a request: urllib raises for what it does not follow.
            found: Any = super().redirect_request(req, fp, code, msg, headers, newurl)
            if _read_origin(found.full_url) != _read_origin(req.full_url):
                found.remove_header("Authorization")
            # ProxyHandler adds it again where a proxy is asked.
            found.remove_header("Proxy-authorization")
            if not found.full_url.lower().startswith(("http://", "https://")):
                raise _ForeignRedirectError
            return found

    return Redirects()


def _read_origin(address: str) -> tuple[str, str, int | None]:
    parts = urlsplit(address)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or {"http": 80, "https": 443}.get(scheme)


def _describe_failure(reason: Any, patience: float) -> IndexAnswer:
    import ssl

    if isinstance(reason, TimeoutError):
        return IndexAnswer(f"no answer within {patience:g} seconds")
    if isinstance(reason, ssl.SSLCertVerificationError):
        return IndexAnswer(refusal="its certificate is not trusted here")
    if isinstance(reason, ssl.SSLError):
        return IndexAnswer(refusal="it speaks no TLS, or an incompatible version of it")
    if isinstance(reason, UnicodeError):
        return IndexAnswer("its address has no valid host name")
    return IndexAnswer(describe_error(reason, secret=True) if isinstance(reason, Exception) else "no answer")


def _write_login(repository: str) -> dict[str, str]:
    from base64 import b64encode

    _address, name, password = split_login(repository)
    login = b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {login}"} if name or password else {}


def read_digests(index: bytes, chart: str, version: str) -> list[str] | None:
    """Return the digests that an index lists for a chart, as Helm reads it.

    None where that cannot be read from it, or where Helm may read something else.
    """
    try:
        document = _check_fields(load_bounded(index, lambda: _load_strings(index)))
        entries = _check_keys(document["entries"])[chart]
        found = [entry for entry in map(_check_fields, entries) if _is_version(entry["version"], version)]
        digests = [str(entry.get("digest", "")).removeprefix("sha256:").lower() for entry in found]
    except (KeyError, TypeError, AttributeError, ValueError):
        return None
    return digests if all(digests) else []  # of several entries Helm may take the one without a digest


def _load_strings(text: bytes) -> Any:
    """Return a document with every scalar as a string: a digest can look like a number.

    Raises YamlError for what Helm's reader would make something else of: a tag (``!!binary``), and a key
    that comes twice, for ``null`` leaves Go the value before.
    """
    import yaml

    base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

    class Loader(base):  # type: ignore[misc]
        def construct_object(self, node: Any, deep: bool = False) -> Any:
            if node.tag not in _TAGS:
                raise YamlError("a tag in an index")
            return super().construct_object(node, deep)

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            found = super().construct_mapping(node, deep)
            if len(found) < len(node.value):
                raise YamlError("a key twice in an index")
            return found

    return yaml.load(text, Loader=Loader)


def _check_keys(mapping: Any) -> Any:
    """Return a mapping without a merge key, by which Helm's reader adds others; raises ValueError."""
    if "<<" in mapping:
        raise ValueError("a merge key in an index")
    return mapping


def _check_fields(mapping: Any) -> Any:
    """Return a mapping whose keys differ in more than case, which Go does not look at; raises ValueError."""
    if len({key.casefold() for key in _check_keys(mapping)}) < len(mapping):
        raise ValueError("two keys that differ in case only")
    return mapping


def _is_version(listed: str, wanted: str) -> bool:
    """Tell whether Helm may take a listed version for the wanted one.

    To Helm build data (+x) and a v before it make no difference. It completes 1.8 to 1.8.0, and reads 1.80
    as a number first: where .0 is wanted, any version with fewer than three numbers may be the one.
    """
    one, other = _VERSION.fullmatch(listed), _VERSION.fullmatch(wanted)
    if one is None or other is None:
        may_be = other is not None and int(other[3]) == 0 and _SHORT.match(listed) is not None
        return listed == wanted or may_be
    return _read_parts(one) == _read_parts(other)


def _read_parts(version: re.Match[str]) -> list[int | str]:
    *numbers, suffix = version.groups()
    return [int(part) if part.isdecimal() else part for part in [*numbers, *(suffix or "").split(".")]]
