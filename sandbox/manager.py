"""OpenKruise's own manager beside the control plane: it runs while a release is installed.

So does the program of the chart's pre-delete Job, when that Job's pod runs (``sandbox.hook``).

KWOK only plays the pods of the release's Deployment; these processes do their work. Which OpenKruise runs
follows the image in the Deployment (``sandbox.rollout``). The API server reaches the manager as it reaches a
Service in a cluster behind a connectivity proxy: by an HTTP CONNECT, which the relay here leads to the
manager's port whatever the Service's address is. So the webhook configurations look exactly as they do in
production. While no manager listens, calls fail, and the fail-closed webhooks refuse pods, as they do in life
when the Service has no endpoints.
"""

import asyncio
import json
import signal
import ssl
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import httpx

from sandbox import api, hook
from sandbox.processes import alive, start, wait_until
from sandbox.rollout import SERVICE, Rollout, Wanted, answers, read_wanted
from sandbox.state import ROOT, State, open_state

NAME = "kruise-manager"
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
    """Wait until the manager that an installed release asks for answers.

    *timeout* is in seconds. Raises ``SandboxError`` with the manager's log.
    """
    what = "Waiting for OpenKruise's manager"
    wait_until(what, lambda: ready(state), state, NAME, timeout=timeout, pause=0.5)


def ready(state: State) -> bool:
    """Tell whether the manager of the installed image answers, and the webhooks carry its certificate."""
    if not alive(state, NAME) or not state.manager.exists():
        return False
    record = json.loads(state.manager.read_text())
    try:
        if record is None or not answers(state.port(f"kruise-health-{record['slot']}")):
            return False
        with api.connect(state) as connection:
            wanted = find_wanted(connection)
            if wanted is None or wanted.image_tag != record["tag"]:
                return False
            configurations = [api.get(connection, path) for path in _NEEDED]
    except api.Errors:
        return False
    hooks = [hook for configuration in configurations for hook in configuration.get("webhooks", [])]
    return bool(hooks) and all(hook["clientConfig"].get("caBundle") for hook in hooks)


def describe(state: State) -> str:
    """Say for people: ``answers``, with its image's tag, ``not installed``, or why it does not."""
    if ready(state):
        return f"answers ({json.loads(state.manager.read_text())['tag']})"
    try:
        with api.connect(state) as connection:
            api.get(connection, _NEEDED[0])
            wanted = find_wanted(connection)
        if lack := describe_lack(state, wanted):
            return lack
    except httpx.HTTPStatusError as error:
        if error.response.status_code == httpx.codes.NOT_FOUND:
            return "not installed"
    except api.Errors:
        pass
    return "does not answer"


def describe_lack(state: State, wanted: Wanted | None) -> str:
    """Say which command builds the manager that an installed release asks for; empty if it is there."""
    if wanted is None or (state.bin / wanted.release.manager).exists():
        return ""
    command = f"make up KRUISE={wanted.release.version}"
    return f"{wanted.image_tag} needs a manager that is not built: `{command}` builds it"


def find_wanted(connection: httpx.Client) -> Wanted | None:
    """Return what an installed release asks for; None while objects that the manager needs are missing.

    Raises one of ``api.Errors`` where the API server does not answer, or says anything but that they are.
    """
    try:
        for path in _NEEDED:
            if api.get(connection, path)["metadata"].get("deletionTimestamp"):
                return None
        crd = api.get(connection, _CRD)
        conditions = {c["type"]: c["status"] for c in crd.get("status", {}).get("conditions") or []}
        if conditions.get("Established") != "True" or conditions.get("Terminating") == "True":
            return None
        services = api.get(connection, "/api/v1/services", fieldSelector=f"metadata.name={SERVICE}")["items"]
        return read_wanted(connection, services[0]["metadata"]["namespace"]) if services else None
    except httpx.HTTPStatusError as error:
        if error.response.status_code == httpx.codes.NOT_FOUND:
            return None
        raise


async def _relay(state: State, port: Callable[[], int | None]) -> None:
    """Lead every CONNECT to the webhook port of the manager that answers, which *port* returns."""

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
            onward = port()
            if onward is None:
                raise ConnectionRefusedError
            onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", onward)
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
    """Run the relay, and twice a second look whether a release is installed and which manager it asks for."""
    state = open_state(directory)
    connection = api.connect(state)
    rollout = Rollout(state, connection)
    relay = (_relay(state, lambda: rollout.webhook_port),)
    threading.Thread(target=asyncio.run, args=relay, daemon=True).start()

    def leave(_signal: int, _frame: FrameType | None) -> Any:
        rollout.stop()
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    # In life the manager goes with its Deployment. One that outlives the webhook configurations by a moment
    # may create its Secret again, and Helm then waits for the Secret to go: so it stops once the hook passes.
    gone_until = 0.0
    said = ""
    while True:
        for pod in hook.waiting(state, connection):
            code = hook.run(state, connection, pod)
            if code == 0:
                rollout.stop()
                gone_until = time.monotonic() + _UNINSTALLATION
            hook.finish(connection, pod, code)
        try:
            wanted = find_wanted(connection)
        except api.Errors:  # a server that is busy or restarts; what it has is not gone
            time.sleep(0.5)
            continue
        if wanted is None:
            gone_until = 0.0
        # What runs goes on, as an old pod does whose successor's image cannot be pulled.
        lack = describe_lack(state, wanted)
        if lack and lack != said:
            print(lack, flush=True)
        said = lack
        if not lack:
            rollout.keep(wanted if time.monotonic() > gone_until else None)
        time.sleep(0.5)


if __name__ == "__main__":
    main(sys.argv[1])
