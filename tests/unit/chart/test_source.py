"""The archive is the one whose digest the config gives, and stays the one that was read."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi_openkruise.chart.local import ignore_local_files, read_local_chart
from pulumi_openkruise.chart.source import check_unchanged, read_and_compare_chart
from pulumi_openkruise.diagnostics.field_names import argument_name

from tests.support.charts import pack


@pytest.mark.parametrize("form", ["{}", "sha256:{}"])
def test_an_archive_with_another_digest_than_the_configs_is_refused(tmp_path: Path, form: str) -> None:
    path = tmp_path / "kruise.tgz"
    pack(path, "the one that was hashed")
    local = read_local_chart(str(path))
    assert local is not None
    assert local.digest is not None
    given = {"chart": str(path), "chart_digest": form.format(local.digest)}
    assert read_and_compare_chart(given, argument_name, read_local_chart) == (local, [])
    pack(path, "other")
    _local, (problem,) = read_and_compare_chart(given, argument_name, read_local_chart)
    assert (problem.code, problem.severity) == ("other-digest", "error")
    assert problem.detail[0].strip() == f"expected {local.digest}"


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "Chart.yaml").write_text("name: kruise\nversion: 1.8.3\n")


def replace_by_link(path: Path) -> None:
    pack(path.with_name("other.tgz"), "other")
    path.unlink()
    path.symlink_to("other.tgz")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda path: pack(path, "other"), "has changed since the program read it"),
        (replace_by_link, "has changed since the program read it"),
        (replace_by_folder, "has changed since the program read it"),
        (lambda path: path.unlink(), "there is no such file or folder"),
        (lambda path: path.write_bytes(b"no archive"), "cannot be read as a chart"),
    ],
    ids=["other bytes", "link to others", "folder", "gone", "garbage"],
)
def test_an_archive_that_changes_is_refused(
    tmp_path: Path, change: Callable[[Path], None], said: str
) -> None:
    path = tmp_path / "kruise.tgz"
    pack(path, "the one that was read")
    local = read_local_chart(str(path))
    assert local is not None
    assert check_unchanged(str(path), local.digest, read_local_chart) == []
    change(path)
    (problem,) = check_unchanged(str(path), local.digest, read_local_chart)
    assert said in problem.reason


def test_a_change_is_shown_by_both_digests(tmp_path: Path) -> None:
    first, second = tmp_path / "first.tgz", tmp_path / "second.tgz"
    pack(first, "first")
    pack(second, "second")
    digests = [local.digest for path in (first, second) if (local := read_local_chart(str(path)))]
    folder = tmp_path / "kruise"
    folder.mkdir()
    (folder / "Chart.yaml").write_text("name: kruise\nversion: 1.8.3\n")
    old, new = digests
    for path, then, now in ((second, old, new), (folder, old, None), (second, None, new)):
        (problem,) = check_unchanged(str(path), then, read_local_chart)
        assert (problem.code, problem.place, problem.severity) == ("other-digest", "chart", "error")
        assert problem.detail == (f"    then {then or 'no archive'}", f"    now  {now or 'no archive'}")


def test_the_same_bytes_in_another_file_are_the_same_archive(tmp_path: Path) -> None:
    path = tmp_path / "kruise.tgz"
    pack(path, "x")
    local = read_local_chart(str(path))
    assert local is not None
    shutil.copy(path, tmp_path / "copy")
    (tmp_path / "copy").replace(path)
    assert check_unchanged(str(path), local.digest, read_local_chart) == []


def test_a_folder_that_appears_under_a_charts_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Helm reads the disk before the repository."""
    monkeypatch.chdir(tmp_path)
    assert check_unchanged("kruise", None, read_local_chart) == []
    (tmp_path / "kruise").mkdir()
    (tmp_path / "kruise" / "Chart.yaml").write_text("name: kruise\nversion: 1.8.3\n")
    (problem,) = check_unchanged("kruise", None, read_local_chart)
    assert problem.code == "shadowed-chart"


@pytest.mark.parametrize(
    "chart", ["kruise", "oci://registry.example.com/kruise", "https://x/kruise-1.8.3.tgz"]
)
def test_what_the_provider_fetches_is_not_compared(chart: str) -> None:
    assert check_unchanged(chart, None, read_local_chart) == []


def test_under_mocks_no_file_is_read() -> None:
    assert check_unchanged("./kruise.tgz", None, ignore_local_files) == []
