"""The requests that rewrite custom resources in another API version, one object after the other.

Each object is written once more without a change, by a patch that names nothing but the version of the object
that was read. The API server then stores it in the version that its CRD writes. What another client writes in
between is never overwritten: the patch is refused, and the object is read again.
"""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import NamedTuple

from ..cluster import Cluster, ConflictError, ForbiddenError, NotFoundError, RefusedError, UnauthorizedError
from ..cluster.daemon_executor import DaemonExecutor
from ..inventory.crd_storage import (
    CrdStorage,
    Header,
    list_headers,
    read_crd,
    read_header,
)
from ..inventory.definitions import DEFINITIONS
from ..inventory.json_access import text
from ..inventory.release_reader import METADATA
from ..lifecycle.storage_migration import Step

PROPAGATION = 5.0
"""Seconds until every API server writes what a CRD says now; each follows the CRDs by a watch."""

_MERGE_PATCH = "application/merge-patch+json"
_JSON_PATCH = "application/json-patch+json"
_ATTEMPTS = 10
_FAILURES = 20
_WORKERS = 8
"""Requests under way at the same time, beside the one for the next page of the list."""
_AHEAD = 4 * _WORKERS
"""Objects given to the workers at a time, so that none waits for the slowest of them."""
_MANAGER = {"fieldManager": "pulumi-openkruise"}

Progress = Callable[[str, int, int], None]
"""Called with the CRD's name, the number of objects rewritten so far, and their total."""


@dataclass
class Pace:
    """Lets at most ``rate`` requests pass in a second; ``clock`` and ``sleep`` are those of ``time``."""

    rate: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _next: float = field(default=0.0, init=False)

    def wait(self) -> None:
        """Wait until the next request may be sent."""
        now = self.clock()
        if self._next > now:
            self.sleep(self._next - now)
        self._next = max(now, self._next) + 1 / self.rate


@dataclass
class Outcome:
    """What became of one CRD's objects."""

    rewritten: int = 0
    already: int = 0
    """Objects that were stored in the target version, so that the API server wrote nothing."""
    gone: int = 0
    """Objects that were deleted in the meantime."""
    conflicts: int = 0
    """How often an object was read again, because another client had written it."""
    failed: dict[str, str] = field(default_factory=dict)
    """The API server's reason by object."""
    trimmed: bool = False
    """Whether the CRD says that no other version is stored."""
    changed: bool = False
    """Whether the CRD was changed in the meantime, so that the outcome is uncertain."""

    def add(self, result: "_Result") -> None:
        """Count what became of one object."""
        self.conflicts += result.conflicts
        if result.failure:
            self.failed[result.object] = result.failure
        elif result.is_gone:
            self.gone += 1
        elif result.is_unchanged:
            self.already += 1
        else:
            self.rewritten += 1

    @property
    def done(self) -> bool:
        """Tell whether every object is stored in the target version, and the CRD says so."""
        return self.trimmed and not self.failed


def switch_written_version(cluster: Cluster, step: Step) -> None:
    """Make a CRD write the step's version from now on; raises ClusterError.

    The patch is refused if the CRD is not as it was read.
    """
    crd = step.crd
    body: list[dict[str, object]] = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": crd.resource_version}
    ]
    body += [
        {"op": "replace", "path": f"/spec/versions/{index}/storage", "value": version == step.version}
        for index, version in enumerate(crd.versions)
    ]
    path = f"{DEFINITIONS}/{crd.name}"
    cluster.request("PATCH", path, body, query=_MANAGER, content_type=_JSON_PATCH, accept=METADATA)


def rewrite_objects(cluster: Cluster, step: Step, pace: Pace, progress: Progress) -> Outcome:
    """Rewrite all objects of a CRD, and have the CRD say so; raises ClusterError if the API server fails.

    Several requests are on their way at once, since each waits for etcd. Objects that cannot be written are
    in the outcome, and the CRD is then left as it is.
    """
    begun = read_crd(cluster, step.crd.name)
    outcome = Outcome(changed=begun.written != step.version)
    if outcome.changed:
        return outcome
    under_way: deque[Future[_Result]] = deque()
    workers = DaemonExecutor("openkruise-rewrite", _WORKERS)
    try:
        for count, header in enumerate(list_headers(cluster, begun, step.version), 1):
            pace.wait()
            under_way.append(workers.submit(_rewrite, cluster, begun, step.version, header))
            if len(under_way) > _AHEAD:
                outcome.add(under_way.popleft().result())
            progress(begun.name, count, max(begun.objects, count))
            if len(outcome.failed) >= _FAILURES:
                break
        while under_way:
            outcome.add(under_way.popleft().result())
    except Exception:  # not an interrupt, which waits for no request
        wait([one for one in under_way if not one.cancel()])
        raise
    finally:
        for one in under_way:
            one.cancel()
        workers.shutdown(wait=False)
    if not outcome.failed:
        _trim(cluster, begun, step.version, outcome)
    return outcome


class _Result(NamedTuple):
    """What became of one object."""

    object: str
    conflicts: int
    is_gone: bool = False
    is_unchanged: bool = False
    failure: str = ""


def _rewrite(cluster: Cluster, crd: CrdStorage, version: str, header: Header) -> _Result:
    path = crd.path(version, header)
    # By its status, where it has one: admission webhooks for the object are then not asked.
    target = f"{path}/status" if crd.has_status else path
    name, conflicts = str(header), 0
    for attempt in range(_ATTEMPTS):
        body = {"metadata": {"resourceVersion": header.resource_version}}
        try:
            answer = cluster.request(
                "PATCH", target, body, query=_MANAGER, content_type=_MERGE_PATCH, accept=METADATA
            )
        except NotFoundError:
            return _Result(name, conflicts, is_gone=True)
        except ConflictError:
            conflicts += 1
            try:
                header = read_header(cluster, path)
            except NotFoundError:
                return _Result(name, conflicts, is_gone=True)
        except (ForbiddenError, UnauthorizedError):
            raise
        except RefusedError as error:
            if error.status < 500 or attempt == _ATTEMPTS - 1:
                return _Result(name, conflicts, failure=error.reason)
            time.sleep(1)  # a conversion webhook that does not answer just now
        else:
            # The API server writes nothing where the stored bytes would stay the same.
            now = text(answer, "metadata", "resourceVersion")
            return _Result(name, conflicts, is_unchanged=now == header.resource_version)
    return _Result(name, conflicts, failure=f"it was changed {_ATTEMPTS} times while it was rewritten")


def _trim(cluster: Cluster, begun: CrdStorage, version: str, outcome: Outcome) -> None:
    """Take all other versions from ``status.storedVersions``, unless the CRD wrote another one meanwhile."""
    for _attempt in range(_ATTEMPTS):
        now = read_crd(cluster, begun.name)
        if now.generation != begun.generation:
            outcome.changed = True
            return
        body = {
            "metadata": {"resourceVersion": now.resource_version},
            "status": {"storedVersions": [version]},
        }
        try:
            path = f"{DEFINITIONS}/{begun.name}/status"
            cluster.request("PATCH", path, body, query=_MANAGER, content_type=_MERGE_PATCH, accept=METADATA)
        except ConflictError:
            continue
        outcome.trimmed = True
        return
    outcome.changed = True
