"""Warns when a command reads another cluster than the one that its stack's provider uses."""

import os

from ..cluster_access import ClusterAccess
from ..errors import UnusableInputError
from ..output.terminal import note
from .stack_input import find_stack

_NAMESPACE = "kubernetes"
_KEYS = ("kubeconfig", "context", "cluster")
"""Keys by which the default provider finds its cluster (pulumi-kubernetes, ``provider.go``)."""


def note_other_cluster(stack_file: str | None, config_json: str | None, access: ClusterAccess) -> None:
    """Print a note if the stack's ``kubernetes:`` keys name another cluster than the one that is read.

    Nothing is compared if an option chooses the cluster, which is the user's decision, or if the stack comes
    from standard input, which can be read only once.
    """
    path = config_json or stack_file
    if path is None or path == "-" or access.kubeconfig is not None or access.context is not None:
        return
    try:
        stack = find_stack(stack_file, config_json, _NAMESPACE)
    except UnusableInputError:  # a key of the provider's own: Pulumi reports it
        return
    if stack is None:
        return
    named = [key for key in _KEYS if stack.config.get(key)]
    if not named:
        return
    keys = " and ".join(f"{_NAMESPACE}:{key}" for key in named)
    remedy = "give --kubeconfig or --context to choose the cluster"
    if stack.secret_keys.intersection(named):
        note(f"{stack.source}: {keys} is encrypted, so this reads the cluster that kubectl uses; {remedy}")
        return
    from ...cluster import ClusterError
    from ...cluster.kubeconfig import find_address
    from ...cluster.kubeconfig_file import find_stack_kubeconfig

    try:
        here = find_address(None, ambient=True)
    except ClusterError:  # the command's own request reports it
        return
    try:
        project = os.path.dirname(stack.project or path)
        kubeconfig = find_stack_kubeconfig(stack.config.get("kubeconfig"), project)
        there = find_address(
            kubeconfig, stack.config.get("context"), stack.config.get("cluster"), ambient=kubeconfig is None
        )
    except ClusterError as error:
        note(
            f"{stack.source}: the cluster that {keys} names is not known here ({error.cause}), so this "
            f"reads {here}, which kubectl uses; {remedy}"
        )
        return
    if there.rstrip("/") != here.rstrip("/"):
        note(f"{stack.source}: {keys} names {there}, and this reads {here}, which kubectl uses; {remedy}")
