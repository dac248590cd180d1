"""``recover`` and Pulumi's file backend: every file cut off at every kind of place, and nothing lost."""

import errno
import gzip
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from pulumi_openkruise.cli.app import run

STATE = json.dumps({"version": 3, "checkpoint": {"latest": {"resources": [{"urn": "x"}]}}}).encode()
BEFORE = json.dumps({"version": 3, "checkpoint": {"latest": None}}).encode()
SIDE = json.dumps({"user.content_type": "text/plain", "md5": "abc="}).encode()
CUTS = (0, 1, 2, 10, -10, -1)


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a file backend of one stack, as ``pulumi stack init`` and one update leave it."""
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    stacks = tmp_path / "state" / ".pulumi" / "stacks" / "project"
    stacks.mkdir(parents=True)
    for name, content in (("dev.json", STATE), ("dev.json.bak", BEFORE)):
        (stacks / name).write_bytes(content)
        (stacks / f"{name}.attrs").write_bytes(SIDE)
    meta = tmp_path / "state" / ".pulumi" / "meta.yaml"
    meta.write_text("version: 1\n")
    meta.with_name("meta.yaml.attrs").write_bytes(SIDE)
    return stacks


def recover(backend: Path, *arguments: str) -> int:
    return run(["recover", "--state", str(backend.parents[2]), *arguments])


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_whole_backend_needs_nothing(
    backend: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(tmp_path)
    assert recover(backend, "--kubeconfig", str(tmp_path / "none"), "--yes") == 2
    assert "no such file" in capsys.readouterr().err  # it went on to the release
    assert contents(tmp_path) == before


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", ["dev.json.attrs", "dev.json.bak.attrs", "../../meta.yaml.attrs"])
def test_attributes_that_are_cut_off_go_and_nothing_else(
    backend: Path, tmp_path: Path, cut: int, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = (backend / name).resolve()
    path.write_bytes(SIDE[:cut])
    before = contents(tmp_path)
    assert recover(backend, "--dry-run") == 1
    assert contents(tmp_path) == before
    assert recover(backend, "--yes") == 0
    del before[str(path.relative_to(tmp_path))]
    assert contents(tmp_path) == before
    assert "pulumi-openkruise recover    # for the release" in capsys.readouterr().out


@pytest.mark.parametrize("cut", CUTS)
def test_a_checkpoint_that_is_cut_off_is_restored_and_kept(
    backend: Path, cut: int, capsys: pytest.CaptureFixture[str]
) -> None:
    (backend / "dev.json").write_bytes(STATE[:cut])
    assert recover(backend, "--yes") == 0
    assert (backend / "dev.json").read_bytes() == BEFORE == (backend / "dev.json.bak").read_bytes()
    assert (backend / "dev.json.damaged").read_bytes() == STATE[:cut]
    assert not (backend / "dev.json.attrs").exists()
    assert "pulumi refresh    # the last change may be missing in the state" in capsys.readouterr().out
    assert recover(backend, "--dry-run", "--kubeconfig", "/none") == 2  # nothing is damaged any more


@pytest.mark.parametrize("cut", CUTS)
def test_a_compressed_checkpoint_is_read_too(backend: Path, cut: int) -> None:
    (backend / "dev.json").rename(backend / "dev.json.gz")
    (backend / "dev.json.gz").write_bytes(gzip.compress(STATE)[:cut])
    (backend / "dev.json.gz.bak").write_bytes(gzip.compress(BEFORE))
    assert recover(backend, "--yes") == 0
    assert gzip.decompress((backend / "dev.json.gz").read_bytes()) == BEFORE


@pytest.mark.parametrize("backup", [None, b"", BEFORE[:-1]])
def test_without_a_whole_backup_nothing_is_done(
    backend: Path, tmp_path: Path, backup: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    (backend / "dev.json").write_bytes(b"")
    (backend / "dev.json.bak").unlink()
    if backup is not None:
        (backend / "dev.json.bak").write_bytes(backup)
    before = contents(tmp_path)
    assert recover(backend, "--yes") == 1
    assert contents(tmp_path) == before
    assert "is cut off, and has no whole backup" in capsys.readouterr().out


@pytest.mark.parametrize("way", ["variable", "project", "home"])
def test_the_backend_is_found_as_pulumi_finds_it(
    backend: Path,
    tmp_path: Path,
    way: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (backend / "dev.json.attrs").write_bytes(b"")
    address = f"file://{backend.parents[2]}"
    project = tmp_path / "program"
    project.mkdir()
    monkeypatch.chdir(project)
    if way == "variable":
        monkeypatch.setenv("PULUMI_BACKEND_URL", address)
    elif way == "project":
        (project / "Pulumi.yaml").write_text(f"name: x\nruntime: python\nbackend:\n  url: {address}\n")
    else:
        monkeypatch.setenv("HOME", str(tmp_path))
        shutil.move(backend.parents[1], tmp_path / ".pulumi")
        monkeypatch.setenv("PULUMI_BACKEND_URL", "file://~")
    assert run(["recover", "--dry-run", "--output", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert [one["repair"] for one in data["files"]] == ["delete"]
    assert data["done"] is False


def test_a_folder_that_cannot_be_listed_is_not_said_to_be_whole(
    backend: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scandir = os.scandir

    def refuse(path: str) -> Any:  # root, as whom this may run, may list everything
        if os.path.basename(path) == "stacks":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert recover(backend) == 2
    assert "cannot be read: Permission denied" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["s3://bucket", "https://api.pulumi.com", "file:///nowhere"])
def test_other_backends_are_left_to_the_release(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", url)
    assert run(["recover", "--kubeconfig", "/none"]) == 2


def test_a_folder_that_cannot_be_followed_is_not_said_to_be_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loop = tmp_path / ".pulumi"
    loop.symlink_to(loop)
    assert run(["recover", "--state", f"file://{tmp_path}"]) == 2
    assert "not a folder of Pulumi's state: Too many levels" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://[", "not a valid address"),
        ("file://[", "not a valid address"),
        (f"file:///{'a' * 5000}", "File name too long"),
    ],
)
def test_what_is_no_address_of_a_backend(
    url: str, reason: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["recover", "--state", url]) == 2
    assert capsys.readouterr().err == f"{url}: not a folder of Pulumi's state: {reason}\n"
    monkeypatch.setenv("PULUMI_BACKEND_URL", url)
    assert run(["recover"]) == 2
    assert capsys.readouterr().err == f"{url}: not a folder of Pulumi's state: {reason}\n"


def test_a_folder_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recover", "--state", "/nowhere"]) == 2
    assert "/nowhere/.pulumi: there is no such folder" in capsys.readouterr().err


@pytest.mark.parametrize(("typed", "done"), [("y\n", True), ("n\n", False), ("", False)])
def test_it_asks_before_it_mends(
    backend: Path, typed: str, done: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    (backend / "dev.json.attrs").write_bytes(b"")
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert recover(backend) == (0 if done else 1)
    assert (backend / "dev.json.attrs").exists() is not done
