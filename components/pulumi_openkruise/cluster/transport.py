"""One exchange with an API server: on a thread that no exit waits for, within time, bytes and tries."""

import time
from threading import Event
from typing import Any, NamedTuple

from .connection import Endpoint, open_pool
from .credentials import Credentials, Headers
from .deadline import ANSWER_BYTES, OutOfTimeError, RequestLimits, run_within
from .errors import ClusterUnreachableError
from .failures import find_failure_cause, is_time_out

# As client-go (rest/with_retry.go): 429 and every 5xx with a Retry-After, ten times more.
_TOO_MANY, _SERVER_ERROR, _RETRIES = 429, 500, 10
_PART = 1 << 16


class Answer(NamedTuple):
    """What a server answered, whatever its status."""

    status: int
    reason: str
    content: bytes
    retry_after: str


def asks_to_wait(answer: Answer) -> bool:
    """Return whether a server says that it is busy, and when to ask again (client-go obeys, ten times)."""
    busy = answer.status == _TOO_MANY or answer.status >= _SERVER_ERROR
    return busy and answer.retry_after.isdecimal()


def _is_encoded(encoding: str) -> bool:
    return not {part.strip().lower() for part in encoding.split(",")} <= {"", "identity"}


class _TooLargeError(Exception):
    """An answer of more than ANSWER_BYTES."""


class _EncodedError(Exception):
    """An answer that is compressed; an API server compresses only what a client asks for so."""


class Transport:
    """Sends requests to one API server with one user's credentials."""

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: Credentials,
        *,
        context: str,
        connect_seconds: float,
        read_seconds: float,
        limits: RequestLimits,
    ) -> None:
        """Take where it is, what lets in, and the seconds for one connection and one answer."""
        self.address = endpoint.address
        self.context = context
        self._endpoint, self._credentials, self._budget = endpoint, credentials, limits
        self._connect_seconds, self._read_seconds = connect_seconds, read_seconds
        self._pool: Any = None
        self._certificate = ""

    def send(self, method: str, path: str, content: bytes | None, headers: Headers) -> Answer:
        """Return the answer; rejected credentials are fetched once more, where that can give others.

        Raises ClusterUnreachableError, or KubeconfigError where the credentials cannot be had.
        """
        address = f"{self.address}{path}"
        answer = self._ask(method, address, content, headers)
        if answer.status == 401 and self._credentials.can_renew and self._endpoint.is_encrypted:
            answer = self._ask(method, address, content, headers, renew=True)
        return answer

    def list_secrets(self) -> list[str]:
        """Return the secret strings to hide in messages; some may be empty."""
        return self._credentials.list_secrets()

    def make_unreachable_error(self, cause: str, *, keeps_waiting: bool = False) -> ClusterUnreachableError:
        """Make the error for a server that gives no usable answer, because of ``cause``."""
        failure = ClusterUnreachableError(
            self.address,
            cause,
            (
                (
                    f"context {self.context} was used: choose another with --context, "
                    "another file with --kubeconfig"
                ),
                f"`kubectl --context {self.context} get --raw /readyz` asks the same server",
            ),
        )
        failure.keeps_waiting = keeps_waiting
        return failure

    def _ask(
        self, method: str, address: str, content: bytes | None, headers: Headers, *, renew: bool = False
    ) -> Answer:
        """Return the answer, whatever its status; one that says it is busy is asked again, if time allows."""
        for _attempt in range(_RETRIES):
            answer = self._ask_once(method, address, content, headers, renew)
            wait = answer.retry_after
            # Stricter than client-go: a change that met a 5xx may have been made.
            if not asks_to_wait(answer) or (answer.status != _TOO_MANY and method != "GET"):
                return answer
            # A server's wish to wait never goes beyond the end of the time.
            if len(wait) > 6 or float(wait) >= min(self._budget.get_remaining(), self._read_seconds):
                return answer
            time.sleep(float(wait))
        return self._ask_once(method, address, content, headers, renew)

    def _ask_once(
        self, method: str, address: str, content: bytes | None, headers: Headers, renew: bool
    ) -> Answer:
        why_not = self._budget.begin_request()
        if why_not:
            raise self.make_unreachable_error(why_not, keeps_waiting=True)
        granted = self._credentials.authorize(renew=renew) if self._endpoint.is_encrypted else ()
        pool = self._get_pool()
        seconds = min(self._connect_seconds + self._read_seconds, self._budget.get_remaining())

        def exchange(given_up: Event) -> Answer:
            return self._exchange(pool, method, address, content, (*headers, *granted), given_up)

        try:
            answer = run_within(seconds, exchange)
        except OutOfTimeError:
            cause = "no whole answer within the time allowed"
            raise self.make_unreachable_error(cause, keeps_waiting=True) from None
        except _TooLargeError:
            cause = f"it answers with more than {ANSWER_BYTES >> 20} MiB"
            raise self.make_unreachable_error(cause, keeps_waiting=True) from None
        except _EncodedError:
            cause = "it answers with a Content-Encoding, which was not asked for: is it an API server?"
            raise self.make_unreachable_error(cause) from None
        except Exception as error:  # urllib3's, http.client's for a header, ssl's: each may quote a secret
            cause = find_failure_cause(error)
            raise self.make_unreachable_error(cause, keeps_waiting=is_time_out(error)) from None
        too_much = self._budget.count_bytes(len(answer.content))
        if too_much:
            raise self.make_unreachable_error(too_much, keeps_waiting=True)
        return answer

    def _get_pool(self) -> Any:
        """Return the pool, made again when a plugin has given another certificate."""
        if self._endpoint.is_encrypted:
            self._credentials.load_certificate()
        if self._pool is None or self._certificate != self._credentials.certificate:
            self._certificate = self._credentials.certificate
            self._pool = open_pool(self._endpoint, self._certificate, self._credentials.key)
        return self._pool

    def _exchange(
        self,
        pool: Any,
        method: str,
        address: str,
        content: bytes | None,
        headers: Headers,
        given_up: Event,
    ) -> Answer:
        """Send a request and read the answer part by part; runs on a thread of its own."""
        from urllib3 import HTTPHeaderDict, Timeout

        answer = pool.request(
            method,
            address,
            body=content,
            headers=HTTPHeaderDict(list(headers)),
            timeout=Timeout(connect=self._connect_seconds, read=self._read_seconds),
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            # Before its body: decompressed twice, a kilobyte may be gigabytes (urllib3: CVE-2025-66471).
            if _is_encoded(answer.headers.get("Content-Encoding", "")):
                raise _EncodedError
            parts, size = [], 0
            for part in answer.stream(_PART, decode_content=False):
                size += len(part)
                if size > ANSWER_BYTES:
                    raise _TooLargeError
                if given_up.is_set():
                    raise OutOfTimeError
                parts.append(part)
            answer.release_conn()
        except BaseException:
            answer.close()
            raise
        return Answer(
            answer.status, str(answer.reason or ""), b"".join(parts), answer.headers.get("Retry-After", "")
        )
