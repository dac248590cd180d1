"""``pulumi-openkruise migrate-storage``: what it rewrites, what it refuses, and how it goes on."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from pulumi_openkruise.cli.storage_rewrite import Pace
from pulumi_openkruise.cluster.connection import CONNECTIONS

from tests.support.api_server import Answer, ApiServer
from tests.support.storage_server import StorageServer

Command = Callable[..., tuple[int, str, str]]
BOTH = ["v1alpha1", "v1beta1"]


@pytest.fixture
def storage(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> StorageServer:
    """Provide the storage of 1.9: SidecarSets in both versions, and CloneSets in one."""
    double = StorageServer(server)
    double.add_crd("sidecarsets", "SidecarSet", BOTH, "v1beta1", BOTH)
    double.add_crd("clonesets", "CloneSet", ["v1alpha1"], "v1alpha1", ["v1alpha1"])
    for number in range(7):
        double.add("sidecarsets", f"s{number}", BOTH[number % 2], {"containers": []})
    double.add("clonesets", "shop", "v1alpha1", {"replicas": 2})
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    monkeypatch.setattr("pulumi_openkruise.cli.migrate_storage.PROPAGATION", 0)
    return double


@pytest.fixture
def migrate(command: Command, kubeconfig: str) -> Command:
    return lambda *args: command("migrate-storage", "--kubeconfig", kubeconfig, "--rate", "1000", *args)


def test_no_object_is_read_or_sent_back_whole(storage: StorageServer, migrate: Command) -> None:
    """A cluster may have a hundred thousand objects, each of a megabyte: only metadata is answered."""
    assert migrate("--yes")[0] == 0
    written = [headers for method, headers in storage.headers if method == "PATCH"]
    assert len(written) >= 4
    for headers in written:
        assert "as=PartialObjectMetadata;" in headers["Accept"]


@pytest.mark.parametrize(("subresources", "end"), [({"status": {}}, "/status"), ({}, "/s1")])
def test_an_object_is_written_by_its_status_where_it_has_one(
    storage: StorageServer, migrate: Command, subresources: dict[str, Any], end: str
) -> None:
    for version in storage.crds["sidecarsets.apps.kruise.io"]["spec"]["versions"]:
        version["subresources"] = subresources
    assert migrate("--yes")[0] == 0
    written = [path for method, path, _body in storage.asked if method == "PATCH" and "/s1" in path]
    assert [path[path.index("/s1") :] for path in written] == [end if end == "/s1" else f"/s1{end}"]


def test_no_thread_is_left_behind(storage: StorageServer, migrate: Command) -> None:
    assert migrate("--yes")[0] == 0
    threads = [thread for thread in threading.enumerate() if thread.name == "openkruise-rewrite"]
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def test_a_kind_without_objects_is_not_read_in_each_of_its_versions(
    storage: StorageServer, migrate: Command
) -> None:
    storage.add_crd("daemonsets", "DaemonSet", BOTH, "v1beta1", BOTH)
    assert migrate("--dry-run")[0] == 1
    read = [path for _method, path, _body in storage.asked if path.endswith("/daemonsets")]
    assert len(read) == 1  # to count them


def changes(storage: StorageServer) -> list[tuple[str, str, Any]]:
    return [one for one in storage.asked if one[0] != "GET"]


def trimmed(storage: StorageServer, plural: str = "sidecarsets") -> list[str]:
    found: list[str] = storage.crds[f"{plural}.apps.kruise.io"]["status"]["storedVersions"]
    return found


def test_a_dry_run_shows_versions_and_counts_and_changes_nothing(
    storage: StorageServer, migrate: Command
) -> None:
    code, out, _err = migrate("--dry-run")
    assert code == 1
    row = next(line for line in out.splitlines() if "sidecarsets" in line)
    assert [cell.strip() for cell in row.split("│")[1:-1]] == [
        "sidecarsets.apps.kruise.io",
        "7",
        "v1beta1",
        "v1alpha1, v1beta1",
        "rewrite as v1beta1",
    ]
    assert changes(storage) == []


def test_every_object_is_rewritten_and_the_crd_says_so(storage: StorageServer, migrate: Command) -> None:
    before = {name: one["spec"] for name, one in storage.objects["sidecarsets.apps.kruise.io"].items()}
    code, out, _err = migrate("--yes")
    assert code == 0, out
    assert storage.stored_as("sidecarsets") == ["v1beta1"] * 7
    assert trimmed(storage) == ["v1beta1"]
    assert {
        name: one["spec"] for name, one in storage.objects["sidecarsets.apps.kruise.io"].items()
    } == before
    # Nothing of an object is sent but the version of it that was read.
    bodies = [body for _method, path, body in changes(storage) if path.endswith("/status")][:-1]
    assert all(set(body) == {"metadata"} and set(body["metadata"]) == {"resourceVersion"} for body in bodies)
    assert migrate("--yes")[0] == 0
    assert len(changes(storage)) == 8, "the second run has nothing to do"


def test_the_outcome_counts_apart_what_was_stored_so_already(
    storage: StorageServer, migrate: Command
) -> None:
    code, out, _err = migrate("--yes", "-o", "json")
    assert code == 0
    outcome = json.loads(out)["crds"][1]["outcome"]
    assert (outcome["rewritten"], outcome["already"]) == (4, 3)


def test_connections_are_kept_for_the_next_object(
    storage: StorageServer, server: ApiServer, migrate: Command
) -> None:
    for number in range(100):
        storage.add("sidecarsets", f"more-{number}", "v1alpha1", {"containers": []})
    assert migrate("--yes")[0] == 0
    assert len(changes(storage)) == 108
    assert server.connections <= CONNECTIONS


def test_a_migration_may_take_more_requests_and_time_than_a_look(
    storage: StorageServer, migrate: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pulumi_openkruise.cluster.deadline.TOTAL_REQUESTS", 5)
    monkeypatch.setattr("pulumi_openkruise.cluster.kubeconfig.TOTAL_SECONDS", 0.0)
    code, out, err = migrate("--yes")
    assert code == 0, f"{out}\n{err}"
    assert storage.stored_as("sidecarsets") == ["v1beta1"] * 7


def test_for_an_older_chart_the_crd_writes_the_older_version_first(
    storage: StorageServer, migrate: Command
) -> None:
    code, out, _err = migrate("--to", "1.8.3", "--yes")
    assert code == 0, out
    assert storage.stored_as("sidecarsets") == ["v1alpha1"] * 7
    assert trimmed(storage) == ["v1alpha1"]
    assert changes(storage)[0][1].endswith("/customresourcedefinitions/sidecarsets.apps.kruise.io")
    assert "pulumi config set openkruise:chartVersion 1.8.3 && pulumi up" in out


def test_an_object_that_would_lose_a_field_is_shown_and_nothing_is_changed(
    storage: StorageServer, migrate: Command
) -> None:
    storage.add("sidecarsets", "rich", "v1beta1", {"new": {"a": 1}, "containers": []})
    storage.add("clonesets", "slow", "v1alpha1", {"progressDeadlineSeconds": 60})
    code, out, _err = migrate("--to", "1.8.3", "--yes")
    assert code == 1
    assert "SidecarSet default/rich would lose spec.new.a" in out
    assert "CloneSet default/slow would lose spec.progressDeadlineSeconds" in out
    assert changes(storage) == []
    data = json.loads(migrate("--to", "1.8.3", "-o", "json")[1])
    assert [loss["object"] for loss in data["losses"]] == ["default/slow", "default/rich"]
    assert migrate("--yes")[0] == 0, "forward nothing is lost"


def test_before_an_upgrade_objects_with_fields_that_the_newer_chart_drops_are_shown(
    storage: StorageServer, migrate: Command
) -> None:
    storage.add_crd("uniteddeployments", "UnitedDeployment", ["v1alpha1"], "v1alpha1", ["v1alpha1"])
    adaptive = {"unschedulableLastSeconds": 60}
    spec = {"topology": {"scheduleStrategy": {"adaptive": adaptive}}}
    storage.add("uniteddeployments", "timed", "v1alpha1", spec)
    code, out, _err = migrate("--to", "1.9.1", "--dry-run")
    assert code == 1
    field = "spec.topology.scheduleStrategy.adaptive.unschedulableLastSeconds"
    assert f"UnitedDeployment default/timed would lose {field}" in out
    adaptive.clear()
    assert migrate("--to", "1.9.1", "--dry-run")[0] == 0


def test_a_kind_that_the_older_chart_lacks_is_refused_while_it_has_objects(
    storage: StorageServer, migrate: Command
) -> None:
    storage.add_crd("ephemeraljobs", "EphemeralJob", ["v1alpha1"], "v1alpha1", ["v1alpha1"])
    assert migrate("--to", "1.8.3", "--dry-run", "-o", "json")[0] == 1
    storage.add("ephemeraljobs", "debug", "v1alpha1")
    code, out, _err = migrate("--to", "1.8.3", "--yes")
    assert code == 1
    assert "refused: the chart 1.8.3 lacks this kind, and Helm would delete its objects with it" in out
    assert changes(storage) == []


def test_a_write_of_someone_else_during_the_migration_is_kept(
    storage: StorageServer, migrate: Command
) -> None:
    writes = iter(range(5))

    def interfere(method: str, path: str) -> Answer | None:
        # The owner is faster, some times in a row, and always on the same object.
        if method == "PATCH" and "/s3/" in path and (number := next(writes, None)) is not None:
            storage.write("sidecarsets", "s3", {"containers": [], "number": number})
        return None

    storage.hook = interfere
    code, out, _err = migrate("--yes", "-o", "json")
    assert code == 0, out
    assert storage.objects["sidecarsets.apps.kruise.io"]["s3"]["spec"]["number"] == 4
    assert json.loads(out)["crds"][1]["outcome"]["readAgain"] == 5
    assert trimmed(storage) == ["v1beta1"]


def test_a_deleted_object_is_no_failure(storage: StorageServer, migrate: Command) -> None:
    def interfere(method: str, path: str) -> Answer | None:
        if method == "PATCH" and "/s2/" in path:
            storage.objects["sidecarsets.apps.kruise.io"].pop("s2", None)
        return None

    storage.hook = interfere
    assert migrate("--yes")[0] == 0
    assert trimmed(storage) == ["v1beta1"]


def test_one_object_that_cannot_be_written_keeps_the_crd_as_it_is(
    storage: StorageServer, migrate: Command
) -> None:
    storage.hook = lambda method, path: (
        (422, {"message": "spec is invalid"}) if method == "PATCH" and "/s2/" in path else None
    )
    code, out, _err = migrate("--yes")
    assert code == 1
    assert "sidecarsets.apps.kruise.io default/s2: spec is invalid" in out
    assert "Not finished: mend what failed, and run the same command again." in out
    assert trimmed(storage) == BOTH
    storage.hook = lambda _method, _path: None
    assert migrate("--yes")[0] == 0
    assert trimmed(storage) == ["v1beta1"]


def test_interrupted_it_goes_on(storage: StorageServer, migrate: Command) -> None:
    written = iter(range(3))
    storage.hook = lambda method, path: (
        (403, {"message": "no more"}) if method == "PATCH" and next(written, None) is None else None
    )
    code, _out, err = migrate("--yes", "--to", "1.8.3")
    assert code == 2
    assert "run the same command again: it goes on where it stopped" in err
    assert trimmed(storage) == BOTH
    storage.hook = lambda _method, _path: None
    assert migrate("--yes", "--to", "1.8.3")[0] == 0
    assert storage.stored_as("sidecarsets") == ["v1alpha1"] * 7
    assert trimmed(storage) == ["v1alpha1"]


def test_a_crd_that_is_changed_in_the_meantime_is_not_called_finished(
    storage: StorageServer, migrate: Command
) -> None:
    crd = storage.crds["sidecarsets.apps.kruise.io"]

    def interfere(method: str, path: str) -> Answer | None:
        if method == "PATCH" and "/s5/" in path:
            crd["metadata"]["generation"] += 1
        return None

    storage.hook = interfere
    code, out, _err = migrate("--yes")
    assert code == 1
    assert "the CRD was changed meanwhile" in out
    assert trimmed(storage) == BOTH


def test_a_conversion_webhook_that_does_not_answer_just_now_is_waited_for(
    storage: StorageServer, migrate: Command
) -> None:
    failures = iter(range(3))
    storage.hook = lambda method, path: (
        (500, {"message": "conversion webhook failed"})
        if method == "PATCH" and "/s1/" in path and next(failures, None) is not None
        else None
    )
    assert migrate("--yes")[0] == 0
    assert trimmed(storage) == ["v1beta1"]


def patched(storage: StorageServer, place: str) -> int:
    """Return how many patches a path with this part has got."""
    return sum(1 for method, path, _body in storage.asked if method == "PATCH" and place in path)


@pytest.mark.parametrize(
    ("answer", "reason", "times"),
    [
        ((409, {"message": "modified"}), "it was changed 10 times while it was rewritten", 10),
        ((500, {"message": "webhook down"}), "webhook down", 10),
        ((422, {"message": "spec is invalid"}), "spec is invalid", 1),
    ],
)
def test_an_object_is_tried_ten_times_where_that_can_help(
    storage: StorageServer, migrate: Command, answer: Answer, reason: str, times: int
) -> None:
    storage.hook = lambda method, path: answer if method == "PATCH" and "/s2/" in path else None
    code, out, _err = migrate("--yes", "-o", "json")
    outcome = json.loads(out)["crds"][1]["outcome"]
    assert (code, outcome["failed"]) == (1, {"default/s2": reason})
    assert outcome["readAgain"] == (times if answer[0] == 409 else 0)
    assert patched(storage, "/s2/") == times
    assert trimmed(storage) == BOTH


def test_an_object_that_goes_after_a_conflict_is_no_failure(storage: StorageServer, migrate: Command) -> None:
    def interfere(method: str, path: str) -> Answer | None:
        if "/s2" not in path:
            return None
        return (409, {"message": "modified"}) if method == "PATCH" else (404, {"message": "not found"})

    storage.hook = interfere
    code, out, _err = migrate("--yes", "-o", "json")
    outcome = json.loads(out)["crds"][1]["outcome"]
    assert (code, outcome["gone"], outcome["readAgain"], outcome["failed"]) == (0, 1, 1, {})
    assert trimmed(storage) == ["v1beta1"]


@pytest.mark.parametrize(("conflicts", "done"), [(9, True), (10, False)])
def test_the_crd_says_so_after_ten_conflicts_at_most(
    storage: StorageServer, migrate: Command, conflicts: int, done: bool
) -> None:
    status = "customresourcedefinitions/sidecarsets.apps.kruise.io/status"
    left = iter(range(conflicts))
    storage.hook = lambda method, path: (
        (409, {"message": "modified"})
        if method == "PATCH" and path.endswith(status) and next(left, None) is not None
        else None
    )
    code, out, _err = migrate("--yes")
    assert (code, "the CRD was changed meanwhile" in out) == ((0, False) if done else (1, True))
    assert patched(storage, status) == 10
    assert trimmed(storage) == (["v1beta1"] if done else BOTH)


def test_after_twenty_failures_no_further_object_is_tried(storage: StorageServer, migrate: Command) -> None:
    for number in range(200):
        storage.add("sidecarsets", f"more-{number}", "v1alpha1", {"containers": []})
    storage.hook = lambda method, path: (
        (422, {"message": "spec is invalid"}) if method == "PATCH" and "/status" in path else None
    )
    code, out, _err = migrate("--yes", "-o", "json")
    failed = json.loads(out)["crds"][1]["outcome"]["failed"]
    # Those that were under way are awaited: at most four for each of eight workers.
    assert (code, 20 <= len(failed) <= 20 + 33) == (1, True)
    assert patched(storage, "/status") == len(failed)


def test_it_asks_before_it_writes(storage: StorageServer, kubeconfig: str, command: Command) -> None:
    for answer, code, asked in (("n\n", 1, 0), ("", 1, 0), ("\n", 1, 0), ("y\n", 0, 1)):
        found, _out, err = command(
            "migrate-storage", "--kubeconfig", kubeconfig, "--rate", "1000", stdin=answer
        )
        assert (found, "Do it? [y/N]" in err, patched(storage, "/s1/")) == (code, True, asked)


def test_a_target_that_is_none_is_said(storage: StorageServer, migrate: Command) -> None:
    code, _out, err = migrate("--to", "latest")
    assert code == 2
    assert "--to: expected a chart version such as 1.8.3, an API version such as v1beta1, or written" in err


def test_a_cluster_without_openkruise(storage: StorageServer, migrate: Command) -> None:
    storage.crds.clear()
    code, _out, err = migrate()
    assert code == 2
    assert "there are no CRDs of OpenKruise in the cluster" in err


def test_the_rate_is_kept() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    pace = Pace(50, clock=lambda: now[0], sleep=sleep)
    for _request in range(500):
        pace.wait()
        now[0] += 0.001
    assert now[0] == pytest.approx(500 / 50, abs=0.05)
    now[0] += 100
    pace.wait()
    before = now[0]
    pace.wait()
    assert now[0] - before == pytest.approx(1 / 50), "a pause is not made up for"
