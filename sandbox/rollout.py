"""The manager's processes: the one that answers, and during an upgrade the one that takes over from it.

The chart's Deployment is rolled out with ``maxUnavailable: 0``: the pod with the new image starts beside the
old one, both answer webhooks until the old one goes, and a lease decides which of them reconciles. So it is
here: the new process starts on ports of its own, calls go to it once it is ready, and then the old one stops.
"""

import contextlib
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from sandbox import api
from sandbox.programs import KruiseRelease, find_release
from sandbox.state import State

SERVICE = "kruise-webhook-service"
_DEPLOYMENT = "kruise-controller-manager"
_GATES = "--feature-gates="
# Its own lease, for the one that a real installation has is what the checks' tests set.
_LEASE_NAMESPACE, _LEASE = "kube-system", "sandbox-kruise-manager"
_LEASE_PATH = f"/apis/coordination.k8s.io/v1/namespaces/{_LEASE_NAMESPACE}/leases/{_LEASE}"
_PATIENCE = 5


@dataclass(frozen=True)
class Wanted:
    """What an installation asks of its manager: where it lives, which image and which feature gates."""

    namespace: str
    image_tag: str
    gates: str

    @property
    def release(self) -> KruiseRelease:
        """Return the OpenKruise that plays this image."""
        return find_release(self.image_tag)


def read_wanted(connection: httpx.Client, namespace: str) -> Wanted | None:
    """Read from the Deployment's pod template what it asks for; None where there is no Deployment.

    Raises one of ``api.Errors`` where the API server does not answer.
    """
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    found = api.get(connection, path, fieldSelector=f"metadata.name={_DEPLOYMENT}")["items"]
    if not found:
        return None
    (container,) = found[0]["spec"]["template"]["spec"]["containers"]
    gates = [argument for argument in container["args"] if argument.startswith(_GATES)]
    return Wanted(namespace, container["image"].rpartition(":")[2], gates[0] if gates else "")


class Process:
    """One manager, on the ports of its slot."""

    def __init__(self, state: State, wanted: Wanted, slot: int) -> None:
        self.wanted = wanted
        self.slot = slot
        self._state = state
        certificates = state.directory / "kruise-certs" / str(slot)
        certificates.mkdir(parents=True, exist_ok=True)
        with (state.logs / "kruise-manager-output.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    state.bin / wanted.release.manager,
                    f"--kubeconfig={state.kubeconfig}",
                    "--enable-leader-election=true",
                    f"--leader-election-namespace={_LEASE_NAMESPACE}",
                    f"--leader-election-id={_LEASE}",
                    f"--metrics-addr=127.0.0.1:{self._port('metrics')}",
                    f"--health-probe-addr=127.0.0.1:{self._port('health')}",
                    f"--pprof-addr=127.0.0.1:{self._port('pprof')}",
                    *([wanted.gates] if wanted.gates else []),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    "PATH": "/usr/bin:/bin",
                    "POD_NAMESPACE": wanted.namespace,
                    "SECRET_NAME": "kruise-webhook-certs",
                    "SERVICE_NAME": SERVICE,
                    "WEBHOOK_PORT": str(self._port("webhook")),
                    "WEBHOOK_CERT_DIR": str(certificates),
                },
            )

    @property
    def webhook_port(self) -> int:
        """Return the port on which it answers the API server."""
        return self._port("webhook")

    def alive(self) -> bool:
        """Tell whether it runs."""
        return self._process.poll() is None

    def ready(self) -> bool:
        """Tell whether its readiness probe passes."""
        return answers(self._port("health"))

    def stop(self) -> None:
        """Stop it at once, and wait: it has nothing to save, and must not reconcile what is being deleted."""
        self._process.kill()
        self._process.wait()

    def retire(self) -> None:
        """Stop it as a kubelet does, and wait: a signal first, a kill if that is not obeyed."""
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.stop()

    def _port(self, part: str) -> int:
        return self._state.port(f"kruise-{part}-{self.slot}")


def answers(health_port: int) -> bool:
    """Tell whether a manager's readiness probe on that port passes."""
    try:
        # Without the environment's proxies, for which loopback would be another machine's.
        answer = httpx.get(f"http://127.0.0.1:{health_port}/readyz", timeout=5, trust_env=False)
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK


class Rollout:
    """The processes of one sandbox: none, one, or two during an upgrade.

    ``start`` makes a process; tests give another one.
    """

    def __init__(
        self,
        state: State,
        connection: httpx.Client,
        start: Callable[[State, Wanted, int], Process] = Process,
    ) -> None:
        self._state = state
        self._connection = connection
        self._start = start
        self._current: Process | None = None
        self._next: Process | None = None

    @property
    def webhook_port(self) -> int | None:
        """Return the port to which calls of webhooks go; None while no manager runs."""
        return None if self._current is None else self._current.webhook_port

    def keep(self, wanted: Wanted | None) -> None:
        """Take one step towards the manager that is *wanted*; None stops everything.

        Returns at once; call it again and again.
        """
        if wanted is None:
            self.stop()
            return
        if self._current is not None and not self._current.alive():
            self._promote_or_drop()
        if self._current is not None and self._current.wanted.namespace != wanted.namespace:
            self.stop()
        if self._current is None:
            self._begin(wanted)
        elif self._current.wanted == wanted:
            self._drop_next()
        else:
            self._roll_out(wanted, self._current)

    def stop(self) -> None:
        """Stop every process at once, and wait."""
        self._drop_next()
        if self._current is not None:
            self._current.stop()
            self._current = None
            self._record()
            print("manager stopped", flush=True)

    def _begin(self, wanted: Wanted) -> None:
        print(f"starting {wanted.release.manager} for namespace {wanted.namespace}", flush=True)
        self._release_lease()
        self._current = self._start(self._state, wanted, 0)
        self._record()

    def _roll_out(self, wanted: Wanted, current: Process) -> None:
        if self._next is not None and (self._next.wanted != wanted or not self._next.alive()):
            self._drop_next()
        if self._next is None:
            print(f"rolling out {wanted.release.manager}, image tag {wanted.image_tag}", flush=True)
            self._next = self._start(self._state, wanted, 1 - current.slot)
        elif self._next.ready():
            self._current, self._next = self._next, None
            self._record()
            current.retire()
            self._release_lease()
            print(f"rolled out {wanted.release.manager}", flush=True)

    def _promote_or_drop(self) -> None:
        """Forget a process that has died; the next one, if there is one, takes its place."""
        print("the manager has died", flush=True)
        self._current, self._next = self._next, None
        self._record()

    def _drop_next(self) -> None:
        if self._next is not None:
            self._next.stop()
            self._next = None

    def _record(self) -> None:
        """Write down who answers, for ``sandbox.manager.ready``."""
        current = self._current
        record = None if current is None else {"slot": current.slot, "tag": current.wanted.image_tag}
        fresh = self._state.manager.with_suffix(".new")
        fresh.write_text(json.dumps(record))
        fresh.rename(self._state.manager)

    def _release_lease(self) -> None:
        # A killed process cannot give its lease back, and the next one would wait until it ends.
        with contextlib.suppress(*api.Errors):
            api.call(self._connection, "DELETE", _LEASE_PATH)
