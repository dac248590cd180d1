"""An installation with its users' resources that a test may threaten and must not change."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sandbox.manager import wait_for_manager

from . import custom_resources
from .custom_resources import precious
from .observing import Cluster
from .stack import Stack
from .urns import COMPONENT, NAMESPACE, RECORD, RELEASE


@contextmanager
def installation(stack: Stack, cluster: Cluster) -> Iterator[dict[str, str]]:
    """Provide an installation with its users' resources, by their identities; removed in the end."""
    stack.up("--skip-preview").succeeded()
    wait_for_manager(cluster.state)
    custom_resources.create_all(cluster)
    yield precious(cluster)
    stack.configure()
    if COMPONENT in stack.resources():
        stack.up("--skip-preview").succeeded()
        wait_for_manager(cluster.state)
        custom_resources.delete(cluster)
        stack.destroy(cluster)


@contextmanager
def untouched(stack: Stack, cluster: Cluster) -> Iterator[Mapping[str, Any]]:
    """Provide everything that must be the same afterwards, and see to it that the next test begins there."""
    stack.configure()
    held = stack.held()
    found = list_everything(stack, cluster)
    yield found
    assert list_everything(stack, cluster) == found
    # Nothing in the cluster has changed: with its own state the stack is as it was.
    stack.configure()
    stack.hold(held)


def list_everything(stack: Stack, cluster: Cluster) -> dict[str, Any]:
    """Return what must not change: the stack's resources, the cluster's objects, and Helm's revisions."""
    found = stack.resources()
    resources = {urn: found[urn] for urn in (NAMESPACE, RELEASE, RECORD)}
    revisions = dict.fromkeys(cluster.helm_revisions(), "exists")
    return {**cluster.identities(), **precious(cluster), **revisions, **resources}
