"""Namespaces and workloads: what the evidence says, also where OpenKruise is elsewhere."""

from dataclasses import replace
from typing import Any

from pulumi_openkruise.checks import NOT_ASKED, Report, check
from pulumi_openkruise.diagnostics.unavailable import Unavailable

from tests.support.findings import (
    changed,
    found,
)
from tests.support.installed import (
    broken,
    configuration,
    daemon,
    definition,
    expected,
    healthy,
    manager,
)

CONVERTING = changed(
    definition("clonesets"),
    "spec",
    "conversion",
    to={"strategy": "Webhook", "webhook": configuration("mutating")["webhooks"][0]},
)
SHOP = {"metadata": {"name": "default", "labels": {}}}


def not_in(name: str, **parts: Any) -> Report:
    """Check a namespace without a workload of OpenKruise, and return the report."""
    gone = {"daemon_set": None, "deployment": None, "certificates": None, "lease": None, "live": NOT_ASKED}
    snapshot = broken(definitions=[CONVERTING], **{**gone, "pods": [], **parts})
    return check(snapshot, replace(expected(), namespace=name))


def test_an_installation_elsewhere_is_named_and_is_no_outage() -> None:
    # What other operators run there is labelled as OpenKruise's own pods are.
    others = [daemon("virtual-1"), manager(1, "virtual-1")]
    gates = ["--feature-gates=Other=true"]
    foreign = [changed(one, "spec", "containers", 0, "args", to=gates) for one in others]
    report = not_in("default", namespace=SHOP, pods=foreign)
    assert set(found(report)) == {"not-installed"}
    finding = found(report)["not-installed"]
    assert finding.remedy == "check that one: --namespace kruise-system"
    assert finding.evidence[-1] == "OpenKruise's webhooks point to kruise-system"


def test_webhooks_that_a_removal_left_behind_are_an_outage() -> None:
    here = not_in("kruise-system", endpoint_slices=[])
    assert set(found(here)) == {"not-installed", "webhook-without-endpoint"}
    assert found(here)["not-installed"].remedy.startswith("`pulumi up`")
    elsewhere = not_in("default", namespace=SHOP, endpoint_slices=[])
    assert set(found(elsewhere)) == {"not-installed", "webhook-without-endpoint"}
    for report in (here, elsewhere):
        finding = found(report)["webhook-without-endpoint"]
        assert tuple(map(str, finding.objects)) == ("Service kruise-system/kruise-webhook-service",)


def test_without_webhooks_the_definitions_show_where_openkruise_is() -> None:
    report = not_in("default", namespace=SHOP, mutating=None, validating=None, endpoint_slices=[])
    assert set(found(report)) == {"not-installed"}
    assert found(report)["not-installed"].remedy == "check that one: --namespace kruise-system"


def test_workloads_that_cannot_be_read_may_be_there() -> None:
    report = not_in("default", daemon_set=Unavailable("not allowed"), deployment=Unavailable("not allowed"))
    assert "webhook-wrong-namespace" in found(report)


def test_managers_that_are_not_available_say_why_they_are_not_ready() -> None:
    crashing = {
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 1}},
    }
    pods = [
        daemon("real-1"),
        daemon("real-2"),
        manager(1, "real-1"),
        manager(2, "real-2", ready=False, containerStatuses=[crashing]),
    ]
    deployment = changed(healthy().deployment, "status", "availableReplicas", to=1)
    finding = found(check(broken(deployment=deployment, pods=pods), expected()))["manager-not-available"]
    assert finding.evidence == (
        "Pod kruise-system/kruise-controller-manager-1: ready",
        "Pod kruise-system/kruise-controller-manager-2: CrashLoopBackOff, exit code 1",
    )
