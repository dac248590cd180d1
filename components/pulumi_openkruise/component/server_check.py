"""Keeps the Kubernetes provider from a server that would hold it for minutes, or fill the machine's memory.

The provider has no limits of its own: it waits 32 seconds for each of several answers, a day if a busy server
says so, and reads an endless answer until memory ends (13 GB were seen). The module's first read has limits,
and has begun already: the provider's resources wait for it.
"""

import contextlib
import os

import pulumi

from ..diagnostics.problem import Problem
from .cluster_view import ClusterView
from .hooks import Hooks
from .outputs import make_output, wait_for
from .provider_kubeconfig import HangingServer

SKIP = "PULUMI_OPENKRUISE_NO_SERVER_CHECK"
"""Environment variable that leaves a hanging server to the provider.

The one of the chart's repository is another: who has a slow cluster still wants the chart's digest compared.
"""

_REMEDY = (
    "the Kubernetes provider would hang, so it was not asked; check the address, the network and the server, "
    f"or set {SKIP}=1 to ask it all the same"
)


def await_server(
    component: pulumi.ComponentResource, hooks: Hooks, view: ClusterView
) -> pulumi.ResourceOptions:
    """Return the options of a resource that is registered only if the first read met no hanging server.

    A server that refuses, or that the module cannot read for another reason, is left to the provider, which
    reports the error within seconds.
    """

    async def check() -> bool:
        state = await view.read_release()
        if not isinstance(state, HangingServer) or os.environ.get(SKIP):
            return True
        problems = [Problem("hanging-server", "the cluster", state.reason, (), _REMEDY)]
        hooks.refused += problems
        with contextlib.suppress(Exception):  # reported where it happens
            # A program that ends while the engine runs one of its hooks shows a failed hook.
            await component.urn.future()
        raise hooks.make_error(problems)

    return pulumi.ResourceOptions(depends_on=wait_for(make_output(check(), set())))
