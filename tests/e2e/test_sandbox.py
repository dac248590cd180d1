"""The sandbox's own promises: it stops only what it started, and builds again only what has changed."""

import contextlib
import json
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from sandbox import api, build, chart_choice, pki, processes, pulumi, table
from sandbox.chart_versions import VERSIONS, WITHOUT_V1ALPHA1
from sandbox.errors import SandboxError
from sandbox.installed import SETTING
from sandbox.manager import find_wanted
from sandbox.programs import (
    GO_ROOT,
    HOOK,
    KRUISE_RELEASES,
    PROGRAMS,
    PROVIDER_VERSION,
    PULUMI_VERSION,
    find_program,
    find_release,
)
from sandbox.rollout import Rollout, Wanted
from sandbox.state import PORTS, State

from .conftest import sandbox_command

OLD_MANAGER, NEW_MANAGER = (release.manager for release in KRUISE_RELEASES)
DEPLOYMENT = "/apis/apps/v1/namespaces/kruise-system/deployments/kruise-controller-manager"
PATCH = "application/strategic-merge-patch+json"
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """Provide a process that no sandbox started."""
    process = subprocess.Popen(SLEEP)
    yield process
    process.kill()
    process.wait()


def test_down_stops_what_was_started_and_keeps_files_of_others(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.claim()
    processes.start(state, "sleeper", SLEEP)
    assert processes.alive(state, "sleeper")
    pid = json.loads((state.run / "sleeper.json").read_text())["pid"]
    (tmp_path / "notes.txt").write_text("a user's file")

    done = sandbox_command(state, "down")
    assert done.returncode == 0, done.stderr

    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_only_an_answer_says_that_no_manager_is_wanted() -> None:
    def ask(answer: httpx.Response | httpx.HTTPError) -> object:
        def respond(request: httpx.Request) -> httpx.Response:
            if isinstance(answer, httpx.HTTPError):
                raise answer
            return answer

        with httpx.Client(transport=httpx.MockTransport(respond), base_url="https://server") as client:
            return find_wanted(client)

    assert ask(httpx.Response(404, json={})) is None
    for busy in (httpx.Response(500, json={}), httpx.Response(403, json={}), httpx.ReadTimeout("late")):
        with pytest.raises(httpx.HTTPError):
            ask(busy)


@pytest.mark.parametrize("strict", [0, ssl.VERIFY_X509_STRICT], ids=["lax", "strict"])
def test_its_certificates_are_good_in_any_version_of_python(tmp_path: Path, strict: int) -> None:
    pki.create(tmp_path)
    answering = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    answering.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    answering.load_verify_locations(tmp_path / "ca.crt")
    answering.verify_mode = ssl.CERT_REQUIRED
    asking = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
    asking.load_cert_chain(tmp_path / "admin.crt", tmp_path / "admin.key")
    for context in (answering, asking):
        context.verify_flags |= strict  # Python's own default from 3.13 on
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = asking.wrap_bio(back, there, server_hostname="127.0.0.1")
    server = answering.wrap_bio(there, back, server_side=True)
    for one in (client, server, client, server):
        with contextlib.suppress(ssl.SSLWantReadError):
            one.do_handshake()
    assert server.getpeercert(), "neither refused the other"


@pytest.mark.parametrize("command", ["down", "stop", "start", "up"])
def test_a_folder_that_no_sandbox_has_made_is_left_as_it_is(
    tmp_path: Path, command: str, stranger: subprocess.Popen[bytes]
) -> None:
    record = {"pid": stranger.pid, "created": psutil.Process(stranger.pid).create_time(), "order": 0}
    files = {"bin/mytool": "a tool", "logs/app.log": "a log", "run/app.json": json.dumps(record)}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)

    done = sandbox_command(State(tmp_path), command)

    assert done.returncode == 1
    assert str(tmp_path) in done.stderr
    assert "no sandbox has made" in done.stderr.lower()
    assert "Traceback" not in done.stderr
    found = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("*") if path.is_file()}
    assert {name: path.read_text() for name, path in found.items()} == files
    assert stranger.poll() is None


def test_down_of_a_folder_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    done = sandbox_command(State(tmp_path / "nowhere"), "down")

    assert (done.returncode, done.stderr) == (0, "")


def test_loopback_goes_past_a_proxy_and_the_users_exceptions_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "registry.example, localhost")
    monkeypatch.setenv("no_proxy", ".internal.example")

    environment = pulumi.environment(State(tmp_path))

    for name in ("NO_PROXY", "no_proxy"):
        assert environment[name] == "registry.example,localhost,.internal.example,127.0.0.1"


@pytest.mark.parametrize("colours", ["", "1"])
def test_a_log_shows_the_table_of_nodes_unbroken(
    colours: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", colours)
    monkeypatch.setenv("COLUMNS", "80")
    selector = "a.long.selector.example/key=" + "v" * 60
    row = {"node": "virtual-kubelet-0", "excluded by": selector, "daemon": "none"}

    table.show([row], "table")

    printed = capsys.readouterr().out
    assert all(cell in printed for cell in row.values())


def test_env_can_be_evaluated_and_names_the_config_file(tmp_path: Path) -> None:
    state = State(tmp_path)

    done = sandbox_command(state, "env")

    assert done.returncode == 0, done.stderr
    assert all(line.startswith("export ") for line in done.stdout.splitlines())
    assert f"--stack sandbox --config-file {pulumi.config_file(state)}" in done.stderr


def test_a_process_that_was_given_a_recorded_id_later_is_left_alone(
    tmp_path: Path, stranger: subprocess.Popen[bytes]
) -> None:
    state = State(tmp_path)
    processes.start(state, "sleeper", SLEEP)
    processes.start(state, "other", SLEEP)
    record_path = state.run / "sleeper.json"
    record = json.loads(record_path.read_text())
    psutil.Process(record["pid"]).kill()
    earlier = record["created"] - 3600
    record_path.write_text(json.dumps({**record, "pid": stranger.pid, "created": earlier}))

    assert not processes.alive(state, "sleeper")
    processes.stop_all(state)

    assert stranger.poll() is None
    assert processes.names(state) == []


def test_no_port_is_given_to_two_sandboxes_before_one_of_them_is_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of forty ports, two sandboxes that chose at random would share some.
    monkeypatch.setattr("sandbox.ports._RANGE", (31000, 31039))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    first, second, third = (State(tmp_path / name) for name in ("first", "second", "third"))
    first.choose_ports()
    second.choose_ports()
    chosen = {state.directory.name: {state.port(name) for name in PORTS} for state in (first, second)}
    assert not chosen["first"] & chosen["second"]
    assert all(len(ports) == len(PORTS) for ports in chosen.values())

    second.choose_ports()
    assert {second.port(name) for name in PORTS} == chosen["second"], "a sandbox keeps its own"
    shutil.rmtree(first.directory)
    third.choose_ports()
    assert not {third.port(name) for name in PORTS} & chosen["second"]


def test_a_program_is_built_again_only_when_its_own_pins_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(GO_ROOT, tmp_path / "go")
    monkeypatch.setattr("sandbox.programs.GO_ROOT", tmp_path / "go")
    monkeypatch.setattr("sandbox.build.GO_ROOT", tmp_path / "go")
    before = {one.name: build.fingerprint(one, "go1.26.8") for one in PROGRAMS}

    with (tmp_path / "go" / "openkruise" / "go.mod").open("a") as pins:
        pins.write("// another pin\n")
    after = {one.name: build.fingerprint(one, "go1.26.8") for one in PROGRAMS}

    assert [name for name in before if before[name] != after[name]] == ["kruise-manager", "kruise-helm-hook"]
    assert build.fingerprint(find_program("pulumi"), "go1.27.0") != before["pulumi"]


class Played:
    """A manager's process as a rollout sees it: ready when the test says so."""

    def __init__(self, _state: State, wanted: Wanted, slot: int) -> None:
        self.wanted = wanted
        self.slot = slot
        self.webhook_port = 1000 + slot
        self.is_ready = self.is_alive = True
        self.ended = ""

    def alive(self) -> bool:
        return self.is_alive

    def ready(self) -> bool:
        return self.is_ready

    def stop(self) -> None:
        self.ended = "killed"

    def retire(self) -> None:
        self.ended = "retired"


@pytest.fixture
def played() -> list[Played]:
    """Return every process that was started, in order."""
    return []


@pytest.fixture
def rollout(tmp_path: Path, played: list[Played]) -> Rollout:
    def start(state: State, wanted: Wanted, slot: int) -> Any:
        played.append(Played(state, wanted, slot))
        played[-1].is_ready = len(played) == 1
        return played[-1]

    refuse = httpx.MockTransport(lambda _request: httpx.Response(404))
    client = httpx.Client(transport=refuse, base_url="http://none")
    return Rollout(State(tmp_path), client, start)


OLD, NEW = Wanted("kruise-system", "v1.8.3", ""), Wanted("kruise-system", "v1.9.1", "")


def test_the_new_manager_starts_beside_the_old_one_and_takes_over_once_it_is_ready(
    rollout: Rollout, played: list[Played]
) -> None:
    rollout.keep(OLD)
    for _step in range(3):
        rollout.keep(NEW)
    old, new = played
    assert (new.slot, rollout.webhook_port, old.ended) == (1, old.webhook_port, "")
    new.is_ready = True
    rollout.keep(NEW)
    assert (rollout.webhook_port, old.ended, new.ended) == (new.webhook_port, "retired", "")
    rollout.keep(NEW)
    assert len(played) == 2


def test_an_upgrade_that_is_taken_back_leaves_the_old_manager_alone(
    rollout: Rollout, played: list[Played]
) -> None:
    for wanted in (OLD, NEW, OLD):
        rollout.keep(wanted)
    assert [one.ended for one in played] == ["", "killed"]
    rollout.keep(None)
    assert [one.ended for one in played] == ["killed", "killed"]
    assert rollout.webhook_port is None


def test_a_manager_that_dies_is_started_again(rollout: Rollout, played: list[Played]) -> None:
    rollout.keep(OLD)
    played[0].is_alive = False
    rollout.keep(OLD)
    assert len(played) == 2
    assert rollout.webhook_port == played[1].webhook_port


@pytest.mark.parametrize(
    ("version", "played_by"),
    [
        ("1.7.5", "1.8.3"),
        ("v1.8.3", "1.8.3"),
        ("1.9.0", "1.8.3"),
        ("v1.9.1", "1.9.1"),
        ("2.0.0-x", "1.9.1"),
        ("latest", "1.8.3"),
    ],
)
def test_each_version_is_played_by_the_newest_that_is_not_newer(version: str, played_by: str) -> None:
    assert find_release(version).version == played_by


@pytest.mark.parametrize(
    ("asked", "needed"),
    [
        ({}, {OLD_MANAGER}),
        ({"KRUISE": "1.7.5"}, {OLD_MANAGER}),
        ({"KRUISE": "1.9.1"}, {NEW_MANAGER}),
        ({"KRUISE": WITHOUT_V1ALPHA1}, {NEW_MANAGER}),
        ({"CHART": "kruise-1.9.1"}, {NEW_MANAGER}),
        ({"CHART": "kruise-1.8.3", "KRUISE": "1.9.1"}, {OLD_MANAGER}),
        ({"CHART": "oci://registry.example/kruise"}, {OLD_MANAGER, NEW_MANAGER}),
    ],
)
def test_an_installation_needs_the_manager_of_its_chart(
    asked: dict[str, str], needed: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("1.8.3", "1.9.1"):
        (tmp_path / f"kruise-{version}").mkdir()
        (tmp_path / f"kruise-{version}" / "Chart.yaml").write_text(f"name: kruise\nversion: {version}\n")
    monkeypatch.chdir(tmp_path)
    for name in ("CHART", "KRUISE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in asked.items():
        monkeypatch.setenv(name, value)

    assert chart_choice.needed_managers() == needed


def test_a_stand_in_is_made_from_a_manager_that_its_installation_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CHART", raising=False)
    for version, chart in VERSIONS.items():
        monkeypatch.setenv("KRUISE", version)
        made_from, playing = find_release(chart.release).manager, find_release(chart.tag).manager
        assert chart_choice.needed_managers() >= {made_from, playing}


def test_a_version_that_the_sandbox_has_not_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHART", raising=False)
    monkeypatch.setenv("KRUISE", "1.6.0")
    with pytest.raises(SandboxError, match=r"KRUISE=1\.6\.0: the sandbox has the versions 1\.7\.5, 1\.8\.3"):
        chart_choice.choose(State(tmp_path), {})


def test_an_installed_pulumi_is_used_and_only_what_is_needed_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = build.build()
    installed, home = tmp_path / "installed", tmp_path / "home"
    provider = home / "plugins" / f"resource-kubernetes-v{PROVIDER_VERSION}" / "pulumi-resource-kubernetes"
    given = {"pulumi": installed, "pulumi-language-python": installed, provider.name: provider.parent}
    for name, place in given.items():
        shutil.copytree(built[name], place, copy_function=link_or_copy, dirs_exist_ok=True)
    cache = tmp_path / "cache" / "pulumi-openkruise" / "programs"
    cache.mkdir(parents=True)
    openkruise = {OLD_MANAGER, HOOK}
    for name in set(built) - set(given) - openkruise - {NEW_MANAGER}:
        (cache / built[name].name).symlink_to(built[name])
    monkeypatch.delenv("CHART", raising=False)
    monkeypatch.delenv("KRUISE", raising=False)
    monkeypatch.delenv(SETTING)
    # Go's own cache stays: what is missing here is linked again, not compiled.
    packages = subprocess.run(["go", "env", "GOCACHE"], capture_output=True, text=True, check=True)
    monkeypatch.setenv("GOCACHE", packages.stdout.strip())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PULUMI_HOME", str(home))
    monkeypatch.setenv("PATH", f"{installed}{os.pathsep}{os.environ['PATH']}")
    state = State(tmp_path / "sandbox")
    before = set(cache.iterdir())

    try:
        up = sandbox_command(state, "up", "--output", "json")
        assert up.returncode == 0, up.stderr
        status = sandbox_command(state, "status", "--output", "json")
        with api.connect(state) as connection:
            image = {"name": "manager", "image": "openkruise/kruise-manager:v1.9.1"}
            change = {"spec": {"template": {"spec": {"containers": [image]}}}}
            api.call(connection, "PATCH", DEPLOYMENT, change, content_type=PATCH)
        changed = sandbox_command(state, "status", "--output", "json")
    finally:
        down = sandbox_command(state, "down")
    assert down.returncode == 0, down.stderr

    assert f"Using Pulumi {PULUMI_VERSION} of {installed}" in up.stderr
    assert set(cache.iterdir()) == before | {cache / built[name].name for name in openkruise}
    # The nodes are shown before OpenKruise's programs are built, which nothing else waits for.
    shown, _, later = up.stderr.partition("Now OpenKruise's manager is built.")
    assert "Up after" in shown
    assert "compiling" not in shown
    assert all(f"{name}: compiling" in later for name in openkruise), up.stderr
    assert "OpenKruise's manager answers after" in later
    assert "answers (v1.8.3)" in status.stderr
    assert json.loads(up.stdout) == json.loads(status.stdout)
    assert {row["daemon"] for row in json.loads(status.stdout)} >= {"running", "none"}, status.stdout
    needed = "v1.9.1 needs a manager that is not built: `make up KRUISE=1.9.1` builds it"
    assert (needed in status.stderr, needed in changed.stderr) == (False, True), changed.stderr


def link_or_copy(source: str, target: str) -> None:
    """Hard-link a file; copy it where the file system cannot."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
