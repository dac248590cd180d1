"""What a look at one cluster may say: nothing of what is secret."""

from pathlib import Path

import pytest
from pulumi_openkruise.diagnostics.unavailable import Unavailable
from pulumi_openkruise.fleet.gate import check_cluster
from pulumi_openkruise.fleet.record import Stack

STACK = Stack("prod", Path("project"))
MARKER = "hunter2-in-the-values"


@pytest.mark.parametrize("secret", [True, False])
def test_a_secret_that_cannot_be_read_is_not_shown(secret: bool) -> None:
    config = {
        "kubernetes:kubeconfig": {"value": "{}", "secret": True},
        "openkruise:values": {"value": MARKER, "secret": secret},
    }
    seen = check_cluster(STACK, config)
    assert isinstance(seen, Unavailable)
    assert "openkruise:values" in seen.reason
    assert (MARKER in seen.reason) is not secret


def test_without_a_kubeconfig_nothing_is_looked_at() -> None:
    seen = check_cluster(STACK, {"openkruise:values": {"value": MARKER, "secret": True}})
    assert seen == Unavailable("stack prod has no kubernetes:kubeconfig")
