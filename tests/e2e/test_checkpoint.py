"""Pulumi's own files cut off at every kind of place: the real CLI fails, and works again after `recover`."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import build

_RECOVER = Path(sys.executable).parent / "pulumi-openkruise"
RESOURCES = [
    {
        "urn": f"urn:pulumi:dev::project::test:index:R::r{number}",
        "custom": False,
        "type": "test:index:R",
        "outputs": {"text": "x" * 200},
    }
    for number in range(20)
]


class Backend:
    """A stack without program and cluster in a file backend of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "state").mkdir()
        (folder / "Pulumi.yaml").write_text("name: project\nruntime: yaml\n")
        self._program = str(build.build()["pulumi"] / "pulumi")
        self.env = {
            **os.environ,
            "PULUMI_BACKEND_URL": f"file://{folder}/state",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "x",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        assert self.pulumi("stack", "init", "dev").returncode == 0
        deployment = json.loads(self.export().stdout)
        deployment["deployment"]["resources"] = RESOURCES
        (folder / "in.json").write_text(json.dumps(deployment))
        for _time in range(2):  # the second time there is a backup that holds the same
            assert self.pulumi("stack", "import", "--stack", "dev", "--file", "in.json").returncode == 0
        self.stacks = folder / "state" / ".pulumi" / "stacks" / "project"

    def pulumi(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [self._program, *arguments, "--non-interactive"]
        return subprocess.run(
            command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False
        )

    def export(self) -> "subprocess.CompletedProcess[str]":
        return self.pulumi("stack", "export", "--stack", "dev")

    def recover(self) -> "subprocess.CompletedProcess[str]":
        command = [str(_RECOVER), "recover", "--yes"]
        return subprocess.run(
            command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Backend:
    return Backend(tmp_path_factory.mktemp("backend"))


CUTS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _content: b"",
    "one byte": lambda content: content[:1],
    "half": lambda content: content[: len(content) // 2],
    "all but the last bracket": lambda content: content.rstrip()[:-1],
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", ["dev.json.attrs", "dev.json", "../../meta.yaml.attrs"])
def test_what_is_cut_off_is_led_out_of_with_nothing_lost(backend: Backend, name: str, cut: str) -> None:
    path = (backend.stacks / name).resolve()
    whole = path.read_bytes()
    path.write_bytes(CUTS[cut](whole))
    broken = backend.export()
    assert broken.returncode != 0, broken.stdout
    if (name, cut) == ("dev.json.attrs", "empty"):
        assert "failed to load checkpoint: EOF" in broken.stderr
    done = backend.recover()
    assert done.returncode == 0, done.stdout + done.stderr
    after = backend.export()
    assert after.returncode == 0, after.stderr
    assert json.loads(after.stdout)["deployment"]["resources"] == RESOURCES
    # As before, for the next one.
    (backend.stacks / "dev.json.damaged").unlink(missing_ok=True)
    assert backend.pulumi("stack", "import", "--stack", "dev", "--file", "in.json").returncode == 0
    if not path.exists():
        path.write_bytes(whole)
