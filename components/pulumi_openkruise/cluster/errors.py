"""Why a cluster could not be read, each with what to do about it."""

from collections.abc import Sequence


class ClusterError(Exception):
    """A request had no usable answer; ``str()`` says why and what to do, for people.

    ``cause`` is the part to quote in a sentence ("not checked, because <cause>").
    """

    keeps_waiting = False
    """Whether the server would hold a client without such bounds for minutes, or send it data without end."""

    def __init__(self, message: str, *, cause: str, ways_out: Sequence[str] = ()) -> None:
        self.cause = cause
        self.ways_out = tuple(ways_out)
        super().__init__("\n".join([message, *(f"  {way}" for way in ways_out)]))


class KubeconfigError(ClusterError):
    """The kubeconfig cannot be used: not there, not readable, or without the context."""


class ClusterUnreachableError(ClusterError):
    """No answer from the API server: ``address`` is where it was asked."""

    def __init__(self, address: str, cause: str, ways_out: Sequence[str]) -> None:
        self.address = address
        sentence = f"{address} does not answer: {cause}"
        super().__init__(f"the cluster at {sentence}", cause=sentence, ways_out=ways_out)


class RefusedError(ClusterError):
    """The API server answered with an error; ``status`` is its HTTP status."""

    def __init__(
        self, method: str, path: str, status: int, reason: str, ways_out: Sequence[str] = ()
    ) -> None:
        self.method, self.path, self.status, self.reason = method, path, status, reason
        self.continue_token = ""
        """Where the status is 410: with what to go on listing, if the server gives it."""
        sentence = f"{method} {path}: {status} {reason}"
        super().__init__(f"the API server refuses {sentence}", cause=sentence, ways_out=ways_out)


class UnauthorizedError(RefusedError):
    """The API server rejected the kubeconfig's credentials (401)."""


class ForbiddenError(RefusedError):
    """The user may not do this (403)."""


class NotFoundError(RefusedError):
    """There is no such object, or the cluster does not know its kind (404)."""


class ConflictError(RefusedError):
    """The object has changed since it was read, or exists already (409)."""


def make_refused_error(method: str, path: str, status: int, reason: str) -> RefusedError:
    """Make the exception for a non-2xx status."""
    if status == 401:
        ways = ("log in again as you do for kubectl; `kubectl auth whoami` shows which user the server sees",)
        return UnauthorizedError(method, path, status, reason, ways)
    kind = {403: ForbiddenError, 404: NotFoundError, 409: ConflictError}.get(status, RefusedError)
    return kind(method, path, status, reason)
