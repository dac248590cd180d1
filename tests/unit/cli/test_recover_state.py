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
from pulumi_openkruise.cli.recover_state import find_all_damage, find_state_folder, repair
from pulumi_openkruise.lifecycle.checkpoint import Damage

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


def test_only_what_says_so_is_repaired(backend: Path, tmp_path: Path) -> None:
    """Not what any caller passes: a file is deleted or replaced only where its damage asks for that."""
    before = contents(tmp_path)
    repair(Damage(str(backend / "dev.json"), "none"))
    assert contents(tmp_path) == before


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


@pytest.mark.parametrize(("typed", "done"), [("y\n", True), ("n\n", False), ("\n", False), ("", False)])
def test_it_asks_before_it_mends(
    backend: Path,
    typed: str,
    done: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On standard error: standard output may be JSON, which says whether it was done."""
    import io

    (backend / "dev.json.attrs").write_bytes(b"")
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert recover(backend, "--output", "json") == (0 if done else 1)
    assert (backend / "dev.json.attrs").exists() is not done
    captured = capsys.readouterr()
    assert json.loads(captured.out)["done"] is done
    assert "Do it? [y/N]" in captured.err


DELETED = "delete {}, which holds a checksum only: the state beside it is whole"


def test_what_is_said_in_full(backend: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = backend.parents[1]
    (backend / "dev.json.attrs").write_bytes(b"")
    (backend / "dev.json").write_bytes(b"")
    assert recover(backend, "--yes") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"Found: 2 of Pulumi's own files in {folder} are cut off.",
        "To do:",
        f"  put {backend}/dev.json.bak in its place: the state before the last change",
        f"  {DELETED.format(f'{backend}/dev.json.attrs')}",
        "Done. Now:",
        "  pulumi cancel --yes    # if Pulumi says that the stack is locked",
        "  pulumi refresh    # the last change may be missing in the state",
        "  pulumi-openkruise recover    # for the release",
    ]


@pytest.mark.parametrize("dry", [True, False])
def test_standard_output_is_json_alone_where_it_is_asked_for(
    backend: Path, dry: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    (backend / "dev.json.attrs").write_bytes(b"")
    assert recover(backend, "--output", "json", "--dry-run" if dry else "--yes") == (1 if dry else 0)
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {
        "state": str(backend.parents[1]),
        "files": [{"path": f"{backend}/dev.json.attrs", "repair": "delete"}],
        "done": not dry,
        "then": [
            "pulumi cancel --yes    # if Pulumi says that the stack is locked",
            "pulumi-openkruise recover    # for the release",
        ],
    }
    assert captured.err.splitlines() == [
        f"Found: 1 of Pulumi's own files in {backend.parents[1]} are cut off.",
        "To do:",
        f"  {DELETED.format(f'{backend}/dev.json.attrs')}",
    ]


def test_what_cannot_be_mended_does_not_keep_the_rest_from_it(
    backend: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (backend / "other.json").write_bytes(b"")
    (backend / "dev.json.attrs").write_bytes(b"")
    assert recover(backend, "--yes") == 1
    assert "Done. Now:" in capsys.readouterr().out
    assert not (backend / "dev.json.attrs").exists()
    assert recover(backend, "--yes") == 1
    assert "Done" not in capsys.readouterr().out


@pytest.mark.parametrize("part", ["backups", "history", "locks", "stacks", "plugins", "."])
def test_only_files_that_the_backend_writes_are_looked_at(
    backend: Path, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the user's own folder Pulumi has its plugins beside; of a link, who it leads to is not known."""
    folder = backend.parents[1]
    place = folder / part / "project"
    place.mkdir(parents=True, exist_ok=True)
    (place / "x.json.attrs").write_bytes(b"")
    (place / "x.json").write_bytes(b"")
    (place / "b.json.lock").write_bytes(b"")
    (place / "a.json.attrs").symlink_to(place / "x.json.attrs")
    (place / "folder.json.attrs").mkdir()
    assert recover(backend, "--dry-run", "--output", "json", "--kubeconfig", "/none") == (
        1 if part in ("backups", "history", "locks", "stacks") else 2
    )
    captured = capsys.readouterr()
    found = [one["path"] for one in json.loads(captured.out)["files"]] if captured.out else []
    state = [f"{place}/x.json"] if part == "stacks" else []
    attributes = [f"{place}/x.json.attrs"] if part not in ("plugins", ".") else []
    assert found == [*state, *attributes]


def test_a_restored_checkpoint_is_for_its_owner_alone_as_before(backend: Path) -> None:
    (backend / "dev.json").write_bytes(b"")
    (backend / "dev.json").chmod(0o600)
    (backend / "dev.json.bak").chmod(0o644)
    assert recover(backend, "--yes") == 0
    assert (backend / "dev.json").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in backend.iterdir()) == [
        "dev.json",
        "dev.json.bak",
        "dev.json.bak.attrs",
        "dev.json.damaged",
    ]
    (backend / "dev.json").write_bytes(b"")
    assert recover(backend, "--yes") == 0  # its attributes are gone already


def test_nobody_else_can_read_a_checkpoint_while_it_is_restored(
    backend: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (backend / "dev.json").write_bytes(b"")
    elsewhere = backend.parent / "elsewhere"
    elsewhere.write_bytes(b"")
    (backend / "dev.json.new").symlink_to(elsewhere)
    modes, copy = [], shutil.copymode

    def note(source: Path, target: Path) -> None:
        modes.append(target.stat().st_mode & 0o777)
        copy(source, target)

    monkeypatch.setattr(shutil, "copymode", note)
    before = os.umask(0)
    try:
        assert recover(backend, "--yes") == 0
    finally:
        os.umask(before)
    assert (modes, elsewhere.read_bytes()) == ([0o600], b"")
    assert (backend / "dev.json").read_bytes() == BEFORE


def test_a_file_that_cannot_be_mended_is_named(
    backend: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (backend / "dev.json.attrs").write_bytes(b"")

    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    assert recover(backend, "--yes") == 2
    assert f"{backend}/dev.json.attrs: Permission denied" in capsys.readouterr().err


@pytest.mark.parametrize("cut", ["dev.json.attrs", ""])
@pytest.mark.parametrize(
    "address", ["{}", "{}/.pulumi", "file://{}", "file://{}/.pulumi", "file://{}/a%20b", "{}/a b"]
)
def test_each_way_to_name_a_folder(
    backend: Path, address: str, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spaced = backend.parents[2] / "a b"
    spaced.mkdir()
    (spaced / ".pulumi").symlink_to(backend.parents[1])
    if cut:
        (backend / cut).write_bytes(b"")
    url = address.format(backend.parents[2])
    assert run(["recover", "--state", url, "--dry-run", "--kubeconfig", "/none"]) == (1 if cut else 2)
    # What is named counts before the variable.
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://bucket")
    assert run(["recover", "--state", url, "--dry-run", "--kubeconfig", "/none"]) == (1 if cut else 2)
    monkeypatch.setenv("PULUMI_BACKEND_URL", url)
    assert run(["recover", "--dry-run", "--kubeconfig", "/none"]) == (1 if cut else 2)


PROJECTS = [
    ("name: x\nbackend:\n  url: {}\n", True),
    ("backend:\n  # where\n  other: y\n  url: '{}'  # here\n", True),
    ('backend:\n    url: "{}"\nname: x\n', True),
    ("backend: \n  url: {}\n", True),
    ("backend:\nname: x\n  url: {}\n", False),
    ("  backend:\n    url: {}\n", False),
    ("main: backend\nurl: {}\n", False),
    ("name: x\n", False),
]


@pytest.mark.parametrize(("project", "named"), PROJECTS)
@pytest.mark.parametrize("name", ["Pulumi.yaml", "Pulumi.yml"])
def test_the_backend_that_a_project_names(
    backend: Path, name: str, project: str, named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (backend / "dev.json.attrs").write_bytes(b"")
    (tmp_path / name).write_text(project.format(f"file://{backend.parents[2]}"))
    monkeypatch.chdir(tmp_path)
    assert find_state_folder(None) == (backend.parents[1] if named else None)
    if name == "Pulumi.yml":
        (tmp_path / "Pulumi.yaml").write_bytes(b"\xff")  # not readable: the other one counts
        assert find_state_folder(None) == (backend.parents[1] if named else None)
        (tmp_path / "Pulumi.yaml").write_text("name: x\n")
        assert find_state_folder(None) is None


def test_a_login_in_an_address_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recover", "--state", "http://me:s3cret@["]) == 2
    said = capsys.readouterr().err
    assert "not a valid address" in said
    assert "s3cret" not in said


def test_a_folder_of_the_backend_may_be_missing(backend: Path) -> None:
    """The backend makes each when it needs it."""
    shutil.rmtree(backend.parents[0])
    assert find_all_damage(backend.parents[1]) == []
    assert find_all_damage(backend.parents[2] / "none") == []


def test_where_no_folder_of_a_backend_is_there(
    backend: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that only the environment names may be missing: nothing has been written yet."""
    backend.parents[1].rename(tmp_path / ".pulumi")
    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket" / ".pulumi").mkdir()
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    assert find_state_folder(None) is None
    assert find_state_folder("s3://bucket") is None
    for url in ("s3://bucket", "https://api.pulumi.com", "file:///nowhere", "missing", "file", "file://file"):
        monkeypatch.setenv("PULUMI_BACKEND_URL", url)
        assert find_state_folder(None) is None
        assert find_state_folder(".") == Path(".pulumi")


def test_a_project_is_read_as_utf_8_whatever_the_locale(
    backend: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_text(path: Path, encoding: str) -> str:
        return path.read_bytes().decode(encoding)

    monkeypatch.setattr(Path, "read_text", read_text)
    monkeypatch.chdir(tmp_path)
    project = f"description: caf\xe9\nbackend:\n  url: file://{backend.parents[2]}\n"
    (tmp_path / "Pulumi.yaml").write_bytes(project.encode())
    assert find_state_folder(None) == backend.parents[1]
