"""Every code of a finding is reached, by one thing that is wrong and by nothing else."""

from dataclasses import replace
from typing import Any

import pytest
from pulumi_openkruise.checks import GROUPS, NodeFacts, Snapshot, check

from tests.support.findings import ALSO, CASES, HOOK, found
from tests.support.installed import NAMESPACE, broken, expected, facts, node_object, record

ALL_CODES = {code.name: code for codes in GROUPS.values() for code in codes}
CODES = {name: code for name, code in ALL_CODES.items() if name != "acceptance-expired"}
"""Those that a cluster alone can show; test_acceptance.py has the other one."""


def test_every_code_has_a_case() -> None:
    assert set(CASES) == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_each_finding_is_reached_by_what_is_wrong_alone(code: str) -> None:
    report = check(*CASES[code]())
    assert set(found(report)) == {code} | ALSO.get(code, set())
    finding = found(report)[code]
    assert finding.what
    assert finding.consequence
    assert finding.remedy
    assert finding.evidence
    assert report.clean is all(finding.severity == "info" for finding in report.findings)


IN_NAMESPACES = {
    "DaemonSet",
    "Deployment",
    "ImagePullJob.apps.kruise.io",
    "Job",
    "Lease",
    "Pod",
    "Release",
    "Secret",
    "Service",
    "ServiceAccount",
}
OF_THE_CLUSTER = {
    "CustomResourceDefinition",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "NodeImage.apps.kruise.io",
    "NodePodProbe.apps.kruise.io",
    "SidecarSet.apps.kruise.io",
    "ValidatingWebhookConfiguration",
    "Webhook",
}
"""What a person can look up: kinds of the API, Helm's releases, the webhooks of a configuration."""


@pytest.mark.parametrize("code", CODES)
def test_objects_of_a_finding_can_be_looked_up(code: str) -> None:
    for one in found(check(*CASES[code]()))[code].objects:
        assert one.kind in IN_NAMESPACES | OF_THE_CLUSTER
        assert bool(one.namespace) == (one.kind in IN_NAMESPACES)
        assert one.name


@pytest.mark.parametrize("code", ALL_CODES)
def test_texts_are_sentences_without_a_full_stop(code: str) -> None:
    for text in (ALL_CODES[code].title, ALL_CODES[code].consequence, ALL_CODES[code].remedy):
        assert text == text.strip()
        assert not text.endswith(".")
        assert "  " not in text


def test_namespace_of_the_healthy_one() -> None:
    assert expected().namespace == NAMESPACE


def _lose(name: str, pool: str) -> NodeFacts:
    return facts(node_object(name, pool=pool))


SEVERAL: dict[str, tuple[int, Snapshot]] = {
    "real-node-excluded": (2, broken(nodes=[_lose("a", "burst"), _lose("b", "batch"), _lose("c", "burst")])),
    "release-unfinished": (
        2,
        broken(records=[record(1, "uninstalling"), record(2, "pending-upgrade", namespace="b")]),
    ),
    "release-failed": (2, broken(records=[record(1, "failed"), record(2, "failed", name="b")])),
    "runtime-too-old": (
        2,
        broken(
            logs={
                "kruise-daemon-a": "unknown service runtime.v1.RuntimeService",
                "kruise-daemon-b": "unknown service runtime.v1alpha2.ImageService",
            }
        ),
    ),
    "destroy-job-hangs": (
        2,
        broken(jobs=[{"metadata": {"name": f"{name}-finalizer"}, "status": {"active": 1}} for name in "ab"]),
    ),
    "destroy-hook-image": (
        2,
        broken(records=[record(hooks=(HOOK, {**HOOK, "name": "b"}))]),
    ),
}
"""How many findings of a code a snapshot has, where it may have several."""


def _identify(snapshot: Snapshot, code: str) -> list[tuple[str, ...]]:
    report = check(snapshot, expected(virtual_node_selectors=["pool=burst", "pool=batch"]))
    return [finding.identity for finding in report.findings if finding.code == code]


@pytest.mark.parametrize("code", SEVERAL)
def test_findings_of_one_code_are_told_apart_in_any_order(code: str) -> None:
    count, snapshot = SEVERAL[code]
    identities = _identify(snapshot, code)
    assert len(identities) == len(set(identities)) == count
    parts: dict[str, Any] = {
        name: list(reversed(part)) if isinstance(part, list) else part
        for name in ("nodes", "records", "jobs")
        for part in [getattr(snapshot, name)]
    }
    if isinstance(snapshot.logs, dict):
        parts["logs"] = dict(reversed(snapshot.logs.items()))
    assert set(_identify(replace(snapshot, **parts), code)) == set(identities)
