"""A fleet on the real engine: order, failure, interruption and going on, by what the clusters' programs did.

FLEET_KILLS and FLEET_FAILURES say how many random runs there are; `make fleets` runs all of them.
"""

import contextlib
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from sandbox import build
from tests.support.fleets import SimulatedFleet, copy_programs, document, kill

KILLS = int(os.environ.get("FLEET_KILLS", "4"))
FAILURES = int(os.environ.get("FLEET_FAILURES", "4"))
WAVES = [("dev", 1), ("canary", 2), ("prod", 4)]

Make = Callable[..., SimulatedFleet]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = build.build()
    return copy_programs(tmp_path_factory.mktemp("bin"), [built["pulumi"], built["pulumi-language-python"]])


@pytest.fixture
def make(tmp_path: Path, programs: Path) -> Iterator[Make]:
    """Make a fleet of simulated clusters; ended with the test."""
    made: list[SimulatedFleet] = []

    def make(
        waves: list[tuple[str, int]],
        wait: float = 0.3,
        settings: Mapping[str, Any] | None = None,
        backend: str = "",
    ) -> SimulatedFleet:
        folder = tmp_path / str(len(made))
        fleet = SimulatedFleet(folder, programs, Path(sys.executable), backend=backend)
        made.append(fleet)
        file, clusters = document(waves, **(settings or {}))
        fleet.make(file, {name: {"wait": wait, "value": "1"} for name in clusters})
        return fleet

    yield make
    for fleet in made:
        fleet.end()


def clusters(waves: list[tuple[str, int]]) -> list[str]:
    return [f"{name}-{number}" for name, size in waves for number in range(size)]


def change_all(fleet: SimulatedFleet, value: str, **more: Any) -> None:
    for name in clusters(WAVES):
        fleet.configure(name, {"wait": 0.3, "value": value, **more.get(name, {})})


def test_waves_come_one_after_the_other_and_no_more_at_once_than_allowed(make: Make) -> None:
    # Long enough that two updates which begin together also run together on a busy machine.
    fleet = make(WAVES, wait=2, settings={"prod": {"parallel": 2}, "canary": {"soak": "2s"}})
    planned = fleet.fleet("preview")
    assert planned.returncode == 0, planned.stdout
    assert all(f"{name}: first update by this fleet" in planned.stdout for name in clusters(WAVES))
    assert fleet.events() == []
    done = fleet.up()
    assert done.returncode == 0, done.stdout
    events = fleet.events()
    assert sorted(fleet.updated()) == sorted(clusters(WAVES))
    running, most = 0, Counter[str]()
    for event in events:
        wave = event.stack.split("-")[0]
        running += 1 if event.what == "start" else -1
        most[wave] = max(most[wave], running)
    assert most == {"dev": 1, "canary": 1, "prod": 2}
    ends = {wave: max(one.at for one in events if one.stack.startswith(wave)) for wave, _size in WAVES}
    starts = {wave: min(one.at for one in events if one.stack.startswith(wave)) for wave, _size in WAVES}
    assert ends["dev"] < starts["canary"]
    # Pulumi's history has whole seconds.
    assert starts["prod"] - ends["canary"] > 1


def test_what_has_not_changed_is_not_touched(make: Make) -> None:
    fleet = make(WAVES)
    assert fleet.up().returncode == 0
    fleet.forget_events()
    again = fleet.up()
    assert again.returncode == 0
    assert "unchanged" in again.stdout
    logs = len(list((fleet.project / "fleet" / "logs").iterdir()))
    fleet.configure("prod-1", {"wait": 0, "value": "2"})
    planned = fleet.fleet("preview")
    assert "prod-1: changed: its stack file" in planned.stdout
    assert "prod-0" not in planned.stdout.partition("Diagnostics:")[2]
    assert fleet.up().returncode == 0
    assert fleet.updated() == ["prod-1"]
    assert len(list((fleet.project / "fleet" / "logs").iterdir())) == logs + 2
    # Nothing but the operator may read what a cluster's update printed.
    assert all(path.stat().st_mode & 0o077 == 0 for path in (fleet.project / "fleet" / "logs").iterdir())


def test_a_hold_keeps_a_cluster_as_it_is_until_it_ends(make: Make) -> None:
    fleet = make(WAVES)
    assert fleet.up().returncode == 0
    fleet.forget_events()
    file, _clusters = document(WAVES)
    file["clusters"]["prod-2"]["hold"] = "moves to another region"
    fleet.write(file)
    change_all(fleet, "2")
    held = fleet.up()
    assert "prod-2: on hold: moves to another region" in held.stdout
    assert "prod-2" not in fleet.updated()
    assert sorted(fleet.updated()) == sorted(set(clusters(WAVES)) - {"prod-2"})
    fleet.forget_events()
    del file["clusters"]["prod-2"]["hold"]
    fleet.write(file)
    assert fleet.up().returncode == 0
    assert fleet.updated() == ["prod-2"]
    # A hold that begins and ends without a change in between updates nothing.
    fleet.forget_events()
    file["clusters"]["prod-2"]["hold"] = "again"
    fleet.write(file)
    assert fleet.up().returncode == 0
    del file["clusters"]["prod-2"]["hold"]
    fleet.write(file)
    assert fleet.up().returncode == 0
    assert fleet.updated() == []


def test_leaving_the_fleet_touches_no_cluster(make: Make) -> None:
    fleet = make(WAVES)
    assert fleet.up().returncode == 0
    fleet.forget_events()
    file, _clusters = document([*WAVES[:2], ("prod", 3)])
    fleet.write(file)
    assert fleet.up().returncode == 0
    assert fleet.fleet("destroy", "--yes", "--skip-preview").returncode == 0
    assert fleet.updated() == []
    assert all(len(fleet.history(name)) == 1 for name in clusters(WAVES))


def test_an_interrupted_soak_ends_at_once_and_the_wave_is_still_due(make: Make) -> None:
    fleet = make([("dev", 1), ("prod", 1)], settings={"dev": {"soak": "1h"}})
    process = fleet.start_up()
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "soaks until" in line:
            break
    # One is enough, and what the engine waits for it would wait for as long as the soak takes.
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    assert process.returncode != 0, lines
    assert fleet.updated() == ["dev-0"]
    file, _clusters = document([("dev", 1), ("prod", 1)], dev={"soak": "1s"})
    fleet.write(file)
    again = fleet.up()
    assert again.returncode == 0, again.stdout
    assert fleet.updated() == ["dev-0", "prod-0"]


def test_what_is_wrong_is_reported_before_anything_changes(make: Make) -> None:
    fleet = make(WAVES)
    file, _clusters = document(WAVES)
    file["clusters"]["lost"] = {"wave": "none"}
    file["waves"].append({"name": "late", "select": "wave=late", "paralel": 2})
    fleet.write(file)
    fleet.configure("dev-0", {"openkruise:virtualNodeSelector": "type=kwok"})
    refused = fleet.up()
    assert refused.returncode != 0
    assert "Traceback" not in refused.stdout
    expected = ["clusters.lost: there is no stack file", "no wave selects it", "did you mean parallel?"]
    for text in [*expected, "Pulumi.dev-0.yaml, openkruise:virtualNodeSelector: unknown key"]:
        assert text in refused.stdout
    assert fleet.events() == []


@pytest.mark.parametrize("seed", range(FAILURES))
def test_after_a_failure_no_later_wave_is_touched(make: Make, seed: int) -> None:
    rng = random.Random(seed)
    waves = [(f"w{number}", rng.randint(1, 3)) for number in range(rng.randint(2, 4))]
    names = [name for name, _size in waves]
    kind = rng.choice(["update", "gate", "unreachable"])
    failing = rng.choice(clusters(waves))
    settings: dict[str, Any] = {name: {"parallel": rng.randint(1, 3)} for name in names}
    fleet = make(waves, wait=0.1, settings=settings)
    if kind == "update":
        fleet.configure(failing, {"wait": 0.1, "fail": True})
    else:
        # A gate of its own for the one wave: the others' clusters cannot be looked at either.
        file, _clusters = document(waves, **settings)
        file["waves"][names.index(failing.split("-")[0])]["gate"] = "error"
        fleet.write(file)
        if kind == "unreachable":
            down = '{"clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}], "contexts": '
            down += '[{"name": "c", "context": {"cluster": "c", "user": "u"}}], "users": [{"name": "u", '
            down += '"user": {}}], "current-context": "c", "kind": "Config", "apiVersion": "v1"}'
            fleet.configure(failing, {"wait": 0.1, "kubernetes:kubeconfig": down})
    failed = fleet.up()
    assert failed.returncode != 0
    assert "Traceback" not in failed.stdout
    wave = failing.split("-")[0]
    later = names[names.index(wave) + 1 :]
    assert not [name for name in fleet.updated() if name.split("-")[0] in later]
    assert all(not fleet.history(name) for name in clusters(waves) if name.split("-")[0] in later)
    assert "the same command again" in failed.stdout
    # It goes on where it stopped, once what was wrong is mended.
    succeeded = {event.stack for event in fleet.events() if event.what == "end"} - {failing}
    file, _clusters = document(waves, **settings)
    fleet.write(file)
    fleet.configure(failing, {"wait": 0.1})
    assert fleet.up().returncode == 0
    runs = Counter(fleet.updated())
    assert set(runs) == set(clusters(waves))
    if kind == "update":
        assert all(runs[name] == 1 for name in succeeded)


def test_going_back_after_a_failure_updates_the_cluster_that_failed(make: Make) -> None:
    fleet = make(WAVES)
    assert fleet.up().returncode == 0
    fleet.forget_events()
    before = (fleet.project / "stacks" / "Pulumi.canary-0.yaml").read_text()
    fleet.configure("canary-0", {"wait": 0, "value": "2", "fail": True})
    assert fleet.up().returncode != 0
    (fleet.project / "stacks" / "Pulumi.canary-0.yaml").write_text(before)
    back = fleet.up()
    assert back.returncode == 0, back.stdout
    assert "canary-0: its last update failed" in back.stdout
    assert fleet.updated() == ["canary-0", "canary-0"]
    fleet.forget_events()
    assert fleet.up().returncode == 0
    assert fleet.updated() == []


def victims(fleet: SimulatedFleet, kind: str) -> list[psutil.Process]:
    """Return the processes of one kind that a killer could hit."""
    return [process for process in fleet.family() if kind == "all" or kind_of(process) == kind]


def kind_of(process: psutil.Process) -> str:
    """Name what a process is: the fleet's own (outer) or a cluster's (inner), command line or program."""
    with contextlib.suppress(psutil.Error):
        line, inner = process.cmdline(), "" if process.cwd().endswith("fleet") else "inner "
        if any(part.endswith("pulumi-language-python-exec") for part in line):
            return f"{inner}program"
        if "pulumi-resource-kubernetes" in line[0]:
            return "provider"
        if "up" in line and line[0].endswith("pulumi"):
            return inner.strip() or "outer"
    return ""


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_kill_is_mended_by_the_same_command(make: Make, seed: int) -> None:
    rng = random.Random(seed)
    kind = ["outer", "program", "inner", "all", "inner program"][seed % 5]
    fleet = make(WAVES, wait=1.0, settings={"prod": {"parallel": 3}})
    process = fleet.start_up()
    deadline = time.monotonic() + rng.uniform(1.0, 9.0)
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    kill(victims(fleet, kind))
    process.communicate(timeout=120)
    ended = {
        name for name in clusters(WAVES) if any(one["result"] == "succeeded" for one in fleet.history(name))
    }
    again = fleet.up()
    if again.returncode != 0 and "locked" in again.stdout:
        assert fleet.fleet("cancel", "--yes").returncode == 0
        again = fleet.up()
    assert again.returncode == 0, again.stdout
    for name in clusters(WAVES):
        successes = [one for one in fleet.history(name) if one["result"] == "succeeded"]
        assert len(successes) == 1, f"{name} was updated twice for one release"
        exported = fleet.pulumi("stack", "export", "--stack", name)
        assert '"value"' in exported.stdout
        assert "pending_operations" not in exported.stdout
    assert ended <= set(clusters(WAVES))
    running: Counter[str] = Counter()
    for event in fleet.events():
        running[event.stack] += 1 if event.what == "start" else 0
    assert set(running) == set(clusters(WAVES))
    final = fleet.up()
    assert "unchanged" in final.stdout
    assert final.returncode == 0


def test_an_update_that_outlives_its_fleet_is_not_repeated(make: Make) -> None:
    """Whether it still runs by then depends on the machine; tests/unit/fleet has both."""
    fleet = make([("dev", 1)], wait=8)
    first = fleet.start_up()
    while not fleet.events():
        assert first.poll() is None
        time.sleep(0.1)
    kill(victims(fleet, "outer") + victims(fleet, "program"))
    fleet.fleet("cancel", "--yes")
    again = fleet.up()
    assert again.returncode == 0, again.stdout
    assert len(fleet.history("dev-0")) == 1
