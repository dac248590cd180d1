"""Files that commands write: what is kept of the old one, and what is never written over."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi_openkruise.cli.errors import UnusableInputError
from pulumi_openkruise.cli.output import written_files
from pulumi_openkruise.cli.output.written_files import replace_text, write_atomically, write_report


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_bytes(b"old\r\n")
    return path


def test_a_file_is_replaced_at_once_and_keeps_its_mode(target: Path) -> None:
    link = target.with_name("link.yaml")
    target.chmod(0o640)
    link.symlink_to(target)
    inode = target.stat().st_ino
    write_atomically(str(link), b"new\r\n")
    assert target.read_bytes() == b"new\r\n"
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert target.stat().st_ino != inode
    assert sorted(os.listdir(target.parent)) == ["Pulumi.dev.yaml", "link.yaml"]


def test_a_new_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_atomically(str(tmp_path / "new"), b"x")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_the_new_file_is_made_beside_the_old_one(target: Path, tmp_path: Path) -> None:
    """From another file system it could not take the old one's place at once."""
    folder = tmp_path / "folder"
    folder.mkdir()
    link = folder / "link.yaml"
    link.symlink_to(target)
    seen: list[list[str]] = []
    write_atomically(str(link), b"new", lambda: seen.append(sorted(os.listdir(target.parent))))
    ((new, *others),) = seen
    assert new.startswith(".openkruise-")
    assert others == ["Pulumi.dev.yaml", "folder"]


@pytest.mark.parametrize(
    ("error", "says"), [(OSError("no room"), "no room"), (OSError(28, "no space left"), "no space left")]
)
def test_an_error_while_writing_leaves_the_old_file(
    target: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, says: str
) -> None:
    def fail(_number: int) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(UnusableInputError) as caught:
        write_atomically(str(target), b"new")
    assert str(caught.value) == f"{target}: cannot be written: {says}"
    assert target.read_bytes() == b"old\r\n"
    assert os.listdir(target.parent) == ["Pulumi.dev.yaml"]


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UnusableInputError, match="cannot be written"):
        write_atomically(str(tmp_path / "none" / "file.yaml"), b"x")


def _make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_make_pipe, "not a regular file"),
        (_make_folder, "not a regular file"),
        (lambda path: path.chmod(0o444), "read-only"),
    ],
    ids=["pipe", "folder", "read-only"],
)
def test_what_is_no_file_to_write_stays_what_it_is(
    target: Path, make: Callable[[Path], None], said: str
) -> None:
    make(target)
    before = target.stat()
    with pytest.raises(UnusableInputError, match=said):
        write_atomically(str(target), b"new")
    assert (target.stat().st_ino, target.stat().st_mode) == (before.st_ino, before.st_mode)
    assert os.listdir(target.parent) == [target.name]


def test_a_pipe_that_was_read_is_refused_and_not_waited_for(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening it again would wait for someone to write to it."""

    def wait_without_end(_path: str) -> bytes:
        raise AssertionError("opened")

    _make_pipe(target)
    monkeypatch.setattr(written_files, "_read", wait_without_end)
    with pytest.raises(UnusableInputError, match="not a regular file"):
        replace_text(str(target), "old", "new")


@pytest.mark.parametrize(("path", "shown"), [("", "''"), ("page/", "page/"), ("none/page/", "none/page/")])
def test_a_path_that_names_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, shown: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnusableInputError) as caught:
        write_report(path, "page")
    assert str(caught.value) == f"{shown}: cannot be written: it names no file; add its name"
    assert os.listdir() == []


@pytest.mark.parametrize("may", [True, False])
def test_the_owner_is_kept_or_nothing_is_written(
    target: Path, monkeypatch: pytest.MonkeyPatch, may: bool
) -> None:
    given: list[tuple[int, int]] = []

    def chown(_path: str, user: int, group: int) -> None:
        given.append((user, group))
        if not may:
            raise PermissionError(1, "Operation not permitted")

    found = target.stat()
    other = os.stat_result((*found[:4], 4242, 4343, *found[6:]))
    monkeypatch.setattr(written_files, "_look", lambda *_path: other)
    monkeypatch.setattr(os, "chown", chown)
    if may:
        write_atomically(str(target), b"new")
    else:
        with pytest.raises(
            UnusableInputError, match="belongs to user 4242 and group 4343, which would be lost"
        ):
            write_atomically(str(target), b"new")
    assert given == [(4242, 4343)]
    assert target.read_bytes() == (b"new" if may else b"old\r\n")
    assert os.listdir(target.parent) == [target.name]


def test_a_byte_order_mark_stays(target: Path) -> None:
    target.write_bytes(b"\xef\xbb\xbfold\r\n")
    replace_text(str(target), "old\r\n", "new\r\n")
    assert target.read_bytes() == b"\xef\xbb\xbfnew\r\n"


@pytest.mark.parametrize("saved", [b"theirs\n", b"old\n", b"\xef\xbb\xbfold\r\n", b"old\r\n\xff", b""])
def test_what_someone_else_has_saved_is_not_lost(target: Path, saved: bytes) -> None:
    def save_while_it_is_written(_handle: int) -> None:
        target.write_bytes(saved)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", save_while_it_is_written)
        with pytest.raises(UnusableInputError, match="was changed since it was read"):
            replace_text(str(target), "old\r\n", "new\r\n")
    assert target.read_bytes() == saved
    assert os.listdir(target.parent) == [target.name]


def test_a_report_replaces_an_old_one_whole(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(UnusableInputError, match="No space left on device"):
            write_report(str(target), "new")
    assert target.read_bytes() == b"old\r\n"
    write_report(str(target), "new")
    assert target.read_bytes() == b"new"


def test_a_report_goes_into_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_report(str(path), "new")
        assert os.read(reader, 9) == b"new"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(path.stat().st_mode)


@pytest.mark.parametrize("link", [False, True])
def test_no_report_overwrites_what_the_command_has_read(target: Path, link: bool) -> None:
    path = target.with_name("page.html") if link else target
    if link:
        path.symlink_to(target)
    with pytest.raises(UnusableInputError, match="would be overwritten"):
        write_report(str(path), "new", (None, "-", str(target)))
    assert target.read_bytes() == b"old\r\n"
