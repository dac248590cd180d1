"""The roles in deploy/: outside OpenKruise's namespace none leads to Secrets, logs or others' rights.

tests/privileges asks a real API server; here every rule is read, also those of a role that nothing asks yet.
"""

from typing import Any

import pytest
import yaml

from tests.support.engine import ROOT

FILES = sorted(path.name for path in (ROOT / "deploy").glob("*-role.yaml"))
READERS = ("reader-role.yaml",)
EVERYWHERE_FORBIDDEN = {
    "secrets",
    "configmaps",
    "pods/log",
    "pods/exec",
    "pods/attach",
    "pods/portforward",
    "pods/proxy",
    "nodes/proxy",
    "services/proxy",
    "serviceaccounts/token",
    "certificatesigningrequests",
    "users",
    "groups",
}
"""Resources that hold secrets, or that lead to them: no ClusterRole may name them."""


def rules(file: str, kind: str) -> list[dict[str, Any]]:
    """Return the rules of all of a file's objects of a kind."""
    objects = yaml.safe_load_all((ROOT / "deploy" / file).read_text())
    return [rule for one in objects if one and one["kind"] == kind for rule in one["rules"]]


def test_the_roles_are_found() -> None:
    assert set(READERS) < set(FILES)
    assert all(rules(file, "ClusterRole") for file in FILES)


@pytest.mark.parametrize("file", FILES)
def test_no_cluster_role_leads_to_a_secret(file: str) -> None:
    for rule in rules(file, "ClusterRole"):
        assert not EVERYWHERE_FORBIDDEN & set(rule.get("resources", ())), rule


@pytest.mark.parametrize("file", FILES)
def test_no_rule_grants_what_it_does_not_name(file: str) -> None:
    for rule in rules(file, "ClusterRole") + rules(file, "Role"):
        for field in ("apiGroups", "resources", "verbs", "nonResourceURLs"):
            assert not [value for value in rule.get(field, ()) if "*" in value], rule


@pytest.mark.parametrize("file", FILES)
def test_a_role_lies_in_openkruises_namespace(file: str) -> None:
    objects = [one for one in yaml.safe_load_all((ROOT / "deploy" / file).read_text()) if one]
    assert {one["kind"] for one in objects} <= {"ClusterRole", "Role"}
    assert {one["metadata"]["namespace"] for one in objects if one["kind"] == "Role"} <= {"kruise-system"}


@pytest.mark.parametrize("file", FILES)
def test_rights_of_others_are_given_by_name_only(file: str) -> None:
    """``bind`` without names gives every role; ``impersonate`` makes the user another one."""
    for rule in rules(file, "ClusterRole") + rules(file, "Role"):
        assert "impersonate" not in rule["verbs"], rule
        assert "bind" not in rule["verbs"] or rule.get("resourceNames"), rule
        assert "escalate" not in rule["verbs"] or file == "installer-role.yaml", rule


@pytest.mark.parametrize("file", READERS)
def test_a_reader_reads(file: str) -> None:
    for rule in rules(file, "ClusterRole") + rules(file, "Role"):
        assert set(rule["verbs"]) <= {"get", "list"}, rule
