"""Clusters that the hooks look at, and hooks called as the engine calls them."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

import pulumi
from pulumi_openkruise import OpenKruise, OpenKruiseArgs
from pulumi_openkruise.component.errors import InvalidConfigError

from tests.support.api_server import ApiServer
from tests.support.engine import RECORD, RELEASE, new_engine

SECRETS = "/api/v1/namespaces/kruise-system/secrets"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CLONE_SETS = f"{CRDS}/clonesets.apps.kruise.io"
DAEMON_SET = "/apis/apps/v1/namespaces/kruise-system/daemonsets/kruise-daemon"


def record_revisions(server: ApiServer, *statuses: str, owner: str = "kruise") -> None:
    """Give the release one revision of each status, and the CRDs the mark of the owner's Helm release."""
    items = [
        {"metadata": {"labels": {"owner": "helm", "version": str(number), "status": status}}}
        for number, status in enumerate(statuses, 1)
    ]
    server.objects(SECRETS, items)
    annotations = {"meta.helm.sh/release-name": owner, "meta.helm.sh/release-namespace": "kruise-system"}
    server.routes[CLONE_SETS] = (200, {"metadata": {"annotations": annotations}})


def make_config(server: ApiServer, context: str = "here") -> dict[str, str]:
    """Return the stack config with the server's kubeconfig."""
    return {"kubernetes:kubeconfig": json.dumps(server.kubeconfig()), "kubernetes:context": context}


def make_args(args: OpenKruiseArgs | None = None) -> OpenKruiseArgs:
    """Return arguments with which only the hooks and the verdict ask the cluster."""
    return {"node_check": "off", **(args or {})}


def install(
    config: dict[str, str], args: OpenKruiseArgs | None = None, *, preview: bool = False, **options: Any
) -> None:
    """Run a program with one component, by the engine's double."""
    with new_engine(preview=preview) as engine:
        pulumi.runtime.set_all_config(config)
        engine.run(lambda: OpenKruise("kruise", make_args(args), pulumi.ResourceOptions(**options)))


def call_hook(
    config: dict[str, str],
    hooks: dict[str, pulumi.ResourceHook],
    which: str,
    args: OpenKruiseArgs | Callable[[], OpenKruiseArgs] | None = None,
    preview: bool = False,
    recorded: dict[str, Any] | None = None,
    before: str = "",
    before_urn: str = "urn",
    opts: Callable[[], pulumi.ResourceOptions] | None = None,
    held: dict[str, Any] | None = None,
    **given: Any,
) -> str:
    """Return what a hook refuses, called as the engine calls it.

    ``recorded`` is what the state says of the installation, ``before`` a hook that the engine has called
    before for the resource ``before_urn``, ``held`` what the backend has, ``opts`` makes the component's
    options, and a deletion comes when everything else is done.
    """
    answers: list[str] = []
    calls: list[asyncio.Future[None]] = []
    hooks.clear()

    async def call(which: str, **given: Any) -> None:
        hook = hooks[f"openkruise kruise: {which}"]
        refusal = ""
        try:
            found = pulumi.ResourceHookArgs(given.pop("urn", "urn"), "id", "name", "type", **given)
            await hook.callback(found)  # type: ignore[misc]
        except InvalidConfigError as error:
            refusal = str(error)
        answers.append(refusal)

    async def in_turn(kruise: OpenKruise) -> None:
        async def end_the_rest() -> None:
            with contextlib.suppress(InvalidConfigError):
                await kruise.namespace.future()

        if before.startswith("delete"):
            await end_the_rest()
        if before:
            await call(before, urn=before_urn)
            assert answers.pop() == ""
        if which.startswith("delete"):
            await end_the_rest()
        await call(which, **given)

    def program() -> None:
        # Arguments that hold outputs can only be made where the program runs.
        kruise = OpenKruise("kruise", make_args(args() if callable(args) else args), opts() if opts else None)
        calls.append(asyncio.ensure_future(in_turn(kruise)))
        pulumi.export("called", pulumi.Output.from_input(calls[0]))

    with new_engine(preview=preview) as engine:
        pulumi.runtime.set_all_config(config)
        engine.mocks.state[RECORD] = recorded or {}
        engine.mocks.held = {} if held is None else held.get("outputs")
        if which.startswith("create"):
            engine.mocks.state[RELEASE] = {}
        # The program may fail as well, which is tested apart: here the engine does not wait for the hook.
        with contextlib.suppress(InvalidConfigError):
            engine.run(program)
        asyncio.get_event_loop_policy().get_event_loop().run_until_complete(calls[0])
    # A hook that never ran, or that raised something else, has refused nothing.
    (answer,) = answers
    return answer


HERE = {"namespace": "kruise-system", "createNamespace": True}
"""What the state records of an installation, but for the server."""
