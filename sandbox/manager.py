"""OpenKruise's own manager beside the control plane: it runs while a release is installed.

So does the program of the chart's pre-delete Job, when that Job's pod runs (``sandbox.hook``).

The pods of the release's Deployment are KWOK's scenery. This process does their work: it answers the webhooks
and reconciles. The API server reaches it as it reaches a Service in a cluster behind a connectivity proxy: by
an HTTP CONNECT, which the relay here leads to the manager's port whatever the Service's address is. So the
webhook configurations look exactly as they do in production. While no manager listens, calls fail, and the
fail-closed webhooks refuse pods, as they do in life when the Service has no endpoints.
"""

import asyncio
import signal
import ssl
import subprocess
import sys
import threading
import time
from types import FrameType
from typing import Any

import httpx

from sandbox import api, hook
from sandbox.processes import alive, start, wait_until
from sandbox.state import ROOT, State, open_state

NAME = "kruise-manager"
_SERVICE = "kruise-webhook-service"
_CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1"
_NEEDED = (
    f"{_CONFIGURATIONS}/mutatingwebhookconfigurations/kruise-mutating-webhook-configuration",
    f"{_CONFIGURATIONS}/validatingwebhookconfigurations/kruise-validating-webhook-configuration",
)
# Seconds for Helm to delete the objects once the hook has passed; the manager is back if they stay longer.
_UNINSTALLATION = 20
_CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/clonesets.apps.kruise.io"


def start_manager(state: State) -> None:
    """Start the process that keeps the manager running whenever a release is installed."""
    command = [sys.executable, "-m", "sandbox.manager", str(state.directory)]
    start(state, NAME, command, env={"PYTHONPATH": str(ROOT)})


def wait_for_manager(state: State, *, timeout: float = 120) -> None:
    """Wait until the manager of an installed release answers; raises ``SandboxError`` with its log."""
    what = "Waiting for OpenKruise's manager"
    wait_until(what, lambda: ready(state), state, NAME, timeout=timeout, pause=0.5)


def ready(state: State) -> bool:
    """Whether the manager answers and the webhook configurations carry its certificate."""
    if not alive(state, NAME):
        return False
    try:
        url = f"http://127.0.0.1:{state.port('kruise-health')}/readyz"
        # Without the environment's proxies, for which loopback would be another machine's.
        if httpx.get(url, timeout=5, trust_env=False).status_code != 200:
            return False
        with api.connect(state) as connection:
            configurations = [api.get(connection, path) for path in _NEEDED]
    except api.Errors:
        return False
    hooks = [hook for configuration in configurations for hook in configuration.get("webhooks", [])]
    return bool(hooks) and all(hook["clientConfig"].get("caBundle") for hook in hooks)


def condition(state: State) -> str:
    """For people: ``answers``, ``not installed`` or ``does not answer``."""
    if ready(state):
        return "answers"
    try:
        with api.connect(state) as connection:
            api.get(connection, _NEEDED[0])
    except httpx.HTTPStatusError as error:
        if error.response.status_code == httpx.codes.NOT_FOUND:
            return "not installed"
    except api.Errors:
        pass
    return "does not answer"


def installed_namespace(connection: httpx.Client) -> str | None:
    """Return the namespace of a release whose objects the manager needs are all there, else ``None``."""
    try:
        for path in _NEEDED:
            if api.get(connection, path)["metadata"].get("deletionTimestamp"):
                return None
        crd = api.get(connection, _CRD)
        conditions = {c["type"]: c["status"] for c in crd.get("status", {}).get("conditions") or []}
        if conditions.get("Established") != "True" or conditions.get("Terminating") == "True":
            return None
        services = api.get(connection, "/api/v1/services", fieldSelector=f"metadata.name={_SERVICE}")["items"]
        return str(services[0]["metadata"]["namespace"]) if services else None
    except api.Errors:
        return None


class _Manager:
    """The manager's process, at most one at a time."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._process: subprocess.Popen[bytes] | None = None
        self._namespace: str | None = None

    def keep(self, namespace: str | None) -> None:
        """Run the manager for *namespace*, or stop it for ``None``."""
        dead = self._process is not None and self._process.poll() is not None
        if self._process is not None and (dead or namespace != self._namespace):
            self.stop()
        if namespace is not None and self._process is None:
            self._start(namespace)

    def stop(self) -> None:
        """Stop the manager and wait until it is gone."""
        if self._process is not None:
            # At once: it has nothing to save, and must not go on reconciling what is being deleted.
            self._process.kill()
            self._process.wait()
            print(f"manager stopped, exit code {self._process.returncode}", flush=True)
        self._process = None

    def _start(self, namespace: str) -> None:
        state = self._state
        print(f"starting the manager for namespace {namespace}", flush=True)
        self._namespace = namespace
        certificates = state.directory / "kruise-certs"
        certificates.mkdir(exist_ok=True)
        with (state.logs / "kruise-manager-output.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    state.bin / NAME,
                    f"--kubeconfig={state.kubeconfig}",
                    "--enable-leader-election=false",
                    f"--metrics-addr=127.0.0.1:{state.port('kruise-metrics')}",
                    f"--health-probe-addr=127.0.0.1:{state.port('kruise-health')}",
                    f"--pprof-addr=127.0.0.1:{state.port('kruise-pprof')}",
                    "--feature-gates=ImagePullJobGate=true",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    "PATH": "/usr/bin:/bin",
                    "POD_NAMESPACE": namespace,
                    "SECRET_NAME": "kruise-webhook-certs",
                    "SERVICE_NAME": _SERVICE,
                    "WEBHOOK_PORT": str(state.port("kruise-webhook")),
                    "WEBHOOK_CERT_DIR": str(certificates),
                },
            )


async def _relay(state: State) -> None:
    """Leads every CONNECT to the manager's webhook port."""
    port = state.port("kruise-webhook")

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", port)
        except (OSError, asyncio.IncompleteReadError):
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
            writer.close()
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pump(reader, onward_writer), pump(onward_reader, writer))

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(state.pki / "ca.crt"))
    context.load_cert_chain(str(state.pki / "server.crt"), str(state.pki / "server.key"))
    context.verify_mode = ssl.CERT_REQUIRED
    server = await asyncio.start_server(serve, "127.0.0.1", state.port("webhook-relay"), ssl=context)
    await server.serve_forever()


def main(directory: str) -> None:
    """Run the supervising process: the relay, and twice a second a check whether a release is installed."""
    state = open_state(directory)
    threading.Thread(target=asyncio.run, args=(_relay(state),), daemon=True).start()
    manager = _Manager(state)

    def leave(_signal: int, _frame: FrameType | None) -> Any:
        manager.stop()
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    connection = api.connect(state)
    # In life the manager goes with its Deployment. One that outlives the webhook configurations by a moment
    # may make its Secret anew, and Helm then waits in vain for that to be gone: it goes once the hook passes.
    gone_until = 0.0
    while True:
        for pod in hook.waiting(connection):
            code = hook.run(state, connection, pod)
            if code == 0:
                manager.stop()
                gone_until = time.monotonic() + _UNINSTALLATION
            hook.finish(connection, pod, code)
        namespace = installed_namespace(connection)
        manager.keep(namespace if time.monotonic() > gone_until else None)
        if namespace is None:
            gone_until = 0.0
        time.sleep(0.5)


if __name__ == "__main__":
    main(sys.argv[1])
