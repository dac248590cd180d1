"""How long admission is away: objects are created in dry run, again and again, until it is enough."""

import threading
import time
from types import TracebackType
from typing import Any

import httpx

from sandbox import api

from .observing import Cluster, eventually

_CONTAINERS = [{"name": "c", "image": "c:1"}]
_POD = {"metadata": {"name": "probe"}, "spec": {"containers": _CONTAINERS}}
_JOB = {
    "apiVersion": "apps.kruise.io/v1alpha1",
    "kind": "BroadcastJob",
    "metadata": {"name": "probe"},
    "spec": {"template": {"spec": {"containers": _CONTAINERS, "restartPolicy": "Never"}}},
}
_PROBES: dict[str, tuple[str, dict[str, Any]]] = {
    "Pod": ("/api/v1/namespaces/default/pods", _POD),
    # 1.9 calls its webhook by another path.
    "BroadcastJob": ("/apis/apps.kruise.io/v1alpha1/namespaces/default/broadcastjobs", _JOB),
}


class AdmissionProbe:
    """Creates a pod and a BroadcastJob in dry run, ten times a second, while it is entered."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._enough = threading.Event()
        self._failing_since: dict[str, float] = {}
        self.longest: dict[str, float] = dict.fromkeys(_PROBES, 0.0)
        """The longest time in seconds without a good answer, by kind."""
        self.reasons: set[str] = set()
        self._counted: dict[str, int] = {}
        self.answers = dict.fromkeys(_PROBES, 0)
        """How many good answers there were, by kind."""

    def __enter__(self) -> "AdmissionProbe":
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        eventually("admission before the change", self._all_answer, evidence=lambda: self.reasons)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._enough.set()
        self._thread.join()

    def answer_again(self) -> bool:
        """Tell whether every kind was admitted since the last call; False on the first one."""
        before, self._counted = self._counted, dict(self.answers)
        return all(self.answers[name] > before.get(name, self.answers[name]) for name in _PROBES)

    def _all_answer(self) -> bool:
        return all(self.answers.values())

    def _run(self) -> None:
        with api.connect(self._cluster.state) as client:
            while not self._enough.wait(0.1):
                for name, (path, body) in _PROBES.items():
                    self._ask(client, name, path, body)

    def _ask(self, client: httpx.Client, name: str, path: str, body: dict[str, Any]) -> None:
        begin = time.monotonic()
        try:
            api.call(client, "POST", path, body, query={"dryRun": "All"})
        except api.Errors as error:
            since = self._failing_since.setdefault(name, begin)
            self.reasons.add(f"{name}: {str(error)[:300]}")
            self.longest[name] = max(self.longest[name], time.monotonic() - since)
        else:
            self._failing_since.pop(name, None)
            self.answers[name] += 1
