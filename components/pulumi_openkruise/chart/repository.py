"""Asks a chart repository for its index, in seconds: the provider waits on a silent one for minutes.

Only whether it answers counts, and the digest that it lists. How it answers is the provider's to judge, which
reads the system's certificates in its own way, and says clearly what it was refused.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

PATIENCE = 8.0
"""Seconds that a repository has, from looking up its name to the last byte of the index."""

SKIP = "PULUMI_OPENKRUISE_NO_PROBE"
"""Variable of the environment that leaves repositories unasked when it is set."""

_LARGEST = 32 << 20


@dataclass(frozen=True)
class Answer:
    """What became of the question."""

    failure: str = ""
    """Why there was no answer; empty when there was one, or when nobody asked."""
    index: bytes | None = None
    """The index, where the repository gave one."""


def without_login(address: str) -> str:
    """Return an address without the user's name and password in it."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


@lru_cache(maxsize=8)
def ask(repository: str, patience: float = PATIENCE) -> Answer:
    """Ask a repository for its index, once in a process; through the proxies of the environment.

    A thread does it, since no timeout of a socket covers the lookup of a name, and one that sends a byte now
    and then is silent, too.
    """
    if os.environ.get(SKIP):
        return Answer()
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(_fetch(repository, patience)), daemon=True)
    thread.start()
    thread.join(patience)
    return answers[0] if answers else Answer(f"no answer within {patience:g} seconds")


def _fetch(repository: str, patience: float) -> Answer:
    # Slow to import, and of no use without a repository.
    import urllib.request
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError

    address = without_login(repository).rstrip("/") + "/index.yaml"
    proxy = urllib.request.getproxies().get(urlsplit(address).scheme, "")
    if proxy and not proxy.startswith(("http://", "https://")):
        return Answer()  # a kind of proxy that the provider may know, and that this does not
    request = urllib.request.Request(address, headers=_login(repository))
    try:
        with urllib.request.build_opener().open(request, timeout=patience) as response:
            return Answer(index=response.read(_LARGEST))
    except HTTPError:
        return Answer()
    except TimeoutError:
        return Answer(f"no answer within {patience:g} seconds")
    except URLError as error:
        return _failure(error.reason, patience)
    except (OSError, HTTPException, ValueError) as error:
        return _failure(error, patience)


def _failure(reason: Any, patience: float) -> Answer:
    import ssl

    if isinstance(reason, TimeoutError):
        return Answer(f"no answer within {patience:g} seconds")
    if isinstance(reason, ssl.SSLError):
        return Answer()  # it is there
    text = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return Answer(text[:1].lower() + text[1:])


def _login(repository: str) -> dict[str, str]:
    from base64 import b64encode
    from urllib.parse import unquote

    login, at, _host = urlsplit(repository).netloc.rpartition("@")
    return {"Authorization": f"Basic {b64encode(unquote(login).encode()).decode()}"} if at else {}


def listed_digests(index: bytes, chart: str, version: str) -> list[str] | None:
    """Return the digests that an index lists for a chart; None where that cannot be read from it."""
    import yaml  # comes with Pulumi, and reads a large index in C

    # All scalars as texts: a digest can look like a number.
    loader: Callable[..., Any] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        entries = yaml.load(index, Loader=loader)["entries"][chart]  # type: ignore[arg-type]
        found = [entry for entry in entries if entry["version"].removeprefix("v") == version]
        return [
            str(entry["digest"]).removeprefix("sha256:").lower() for entry in found if entry.get("digest")
        ]
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError):
        return None
