"""Charts on this machine: how they are read, and the error for everything that is no chart."""

import contextlib
import gzip
import hashlib
import io
import os
import random
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi_openkruise.chart.local import ChartFileError, LocalChart, read_local_chart

CHART = "apiVersion: v2\nname: kruise\nversion: 1.8.3\n"


def packed(path: Path, files: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


def test_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kruise").mkdir()
    (tmp_path / "kruise" / "Chart.yaml").write_text(CHART)
    expected = LocalChart("kruise", "1.8.3", None)
    assert read_local_chart(str(tmp_path / "kruise")) == expected
    monkeypatch.chdir(tmp_path)
    assert read_local_chart("./kruise") == read_local_chart("kruise") == expected


def test_an_archive(tmp_path: Path) -> None:
    files = {"kruise/charts/sub/Chart.yaml": "name: sub\nversion: 1.0.0\n", "kruise/Chart.yaml": CHART}
    path = packed(tmp_path / "kruise.tgz", files)
    assert read_local_chart(str(path)) == LocalChart(
        "kruise", "1.8.3", hashlib.sha256(path.read_bytes()).hexdigest()
    )


@pytest.mark.parametrize("chart", ["oci://x/kruise", "https://example.com/kruise-1.8.3.tgz", "no-such-name"])
def test_what_is_not_on_this_machine(chart: str) -> None:
    assert read_local_chart(chart) is None


HUGE = CHART + "# " + "x" * (5 << 20)
NO = "cannot be read as a chart: "
ARCHIVE = f"{NO}not an archive that can be read"
SYNTAX = f"{NO}its Chart.yaml is not valid YAML at line 2, column 1"
UNNAMED = f"{NO}its Chart.yaml names no chart and version"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: None, "there is no such file or folder"),
        (lambda path: path.mkdir(), "the folder has no Chart.yaml"),
        (lambda path: path.write_bytes(b"no archive"), ARCHIVE),
        (lambda path: path.write_bytes(b""), ARCHIVE),
        (
            lambda path: path.write_bytes(
                gzip.decompress(packed(path, {"kruise/Chart.yaml": CHART}).read_bytes())
            ),
            ARCHIVE,
        ),
        (lambda path: packed(path, {"kruise/values.yaml": "a: b\n"}), f"{NO}there is no Chart.yaml in it"),
        (lambda path: packed(path, {"Chart.yaml": CHART}), f"{NO}its Chart.yaml is not in a folder"),
        (lambda path: packed(path, {"kruise/Chart.yaml": "name: [\n"}), SYNTAX),
        (lambda path: packed(path, {"kruise/Chart.yaml": "- a\n"}), UNNAMED),
        (lambda path: packed(path, {"kruise/Chart.yaml": "name: kruise\nversion: 1.8\n"}), UNNAMED),
        (lambda path: packed(path, {"kruise/Chart.yaml": HUGE}), f"{NO}a file in it is larger than 5 MiB"),
        (
            lambda path: path.write_bytes(packed(path, {"kruise/Chart.yaml": CHART * 500}).read_bytes()[:60]),
            ARCHIVE,
        ),
        (lambda path: write_folder(path, HUGE), f"{NO}its Chart.yaml is larger than any"),
        (lambda path: write_folder(path, "a: [\n"), SYNTAX),
        (lambda path: os.mkfifo(path), f"{NO}neither a folder nor a file"),
    ],
)
def test_what_is_no_chart(tmp_path: Path, make: Callable[[Path], object], says: str) -> None:
    path = tmp_path / "kruise-1.8.3.tgz"
    make(path)
    with pytest.raises(ChartFileError) as caught:
        read_local_chart(str(path))
    assert str(caught.value) == says


def write_folder(path: Path, chart: str) -> None:
    path.mkdir()
    (path / "Chart.yaml").write_text(chart)


def test_a_path_that_cannot_be_followed_is_not_said_to_be_missing(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path in (loop, loop / "kruise", tmp_path / ("a" * 300)):
        with pytest.raises(ChartFileError, match=r"cannot be read as a chart: (too many|file name too)"):
            read_local_chart(str(path))
    with pytest.raises(ChartFileError, match="no such file"):
        read_local_chart(str(tmp_path / "missing" / "kruise"))


def archive(*members: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as file:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def test_the_last_chart_yaml_counts_as_it_does_to_helm(tmp_path: Path) -> None:
    path = tmp_path / "kruise.tgz"
    first, last = CHART.encode(), CHART.replace("1.8.3", "1.9.0").encode()
    for names in (
        ("kruise/Chart.yaml",) * 2,
        ("a/Chart.yaml", "b/./Chart.yaml"),
        ("a/Chart.yaml", "b\\Chart.yaml"),
    ):
        path.write_bytes(archive((names[0], first), (names[1], last)))
        found = read_local_chart(str(path))
        assert found is not None
        assert found.version == "1.9.0", names


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kruise/../Chart.yaml", "leads out of the chart"),
        ("kruise/../../etc/passwd", "leads out of the chart"),
        ("kruise//etc/passwd", "leads out of the chart"),
        ("kruise/c:/windows", "leads out of the chart"),
        ("kruise/.", "leads out of the chart"),
        ("Chart.yaml", "is not in a folder"),
        ("/etc/passwd", ""),
    ],
)
def test_an_archive_that_helm_refuses_is_refused(tmp_path: Path, name: str, said: str) -> None:
    path = tmp_path / "kruise.tgz"
    path.write_bytes(archive(("kruise/Chart.yaml", CHART.encode()), (name, b"x: 1")))
    if not said:
        assert (
            read_local_chart(str(path)) is not None
        )  # its first part is the chart's folder, whatever it is called
        return
    with pytest.raises(ChartFileError, match=said):
        read_local_chart(str(path))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (archive(("kruise/big", b"\0" * ((5 << 20) + 1))), "a file in it is larger than 5 MiB"),
        (
            archive(*[(f"kruise/{number}", b"\0" * (5 << 20)) for number in range(21)]),
            "it unpacks to more than 100 MiB",
        ),
        (gzip.compress(b"\0" * (300 << 20), 1), "no Chart.yaml|more than 100 MiB"),
        (gzip.compress(b"not a tar" * 1000), "not an archive that can be read"),
        (archive(("kruise/Chart.yaml", CHART.encode()))[:60], "not an archive that can be read"),
        (
            archive(
                (
                    "kruise/Chart.yaml",
                    b"a0: &a0 {x: 1}\n"
                    + b"".join(
                        b"a%d: &a%d\n  <<: [*a%d, *a%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 46)
                    ),
                )
            ),
            "stands for more",
        ),
        (archive(("kruise/Chart.yaml", b"name: " + b"[" * 100_000)), "its Chart.yaml is nested too deeply"),
    ],
    ids=["a large file", "many files", "zeros", "no tar", "cut off", "merge keys", "nesting"],
)
def test_bombs_and_rubbish_end_with_a_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "kruise.tgz"
    path.write_bytes(content)
    with pytest.raises(ChartFileError, match=said):
        read_local_chart(str(path))


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_archive_is_no_traceback(tmp_path: Path, seed: int) -> None:
    """Bytes of the tar, not of the compressed file, whose checksum finds every change."""
    chosen = random.Random(seed)
    plain = bytearray(
        gzip.decompress(archive(("kruise/Chart.yaml", CHART.encode()), ("kruise/a", b"b" * 600)))
    )
    for _change in range(chosen.randint(1, 8)):
        plain[chosen.randrange(len(plain))] = chosen.randrange(256)
    path = tmp_path / "kruise.tgz"
    path.write_bytes(gzip.compress(bytes(plain)))
    with contextlib.suppress(ChartFileError):
        assert read_local_chart(str(path)) is not None


def test_a_pipe_or_a_device_is_no_chart() -> None:
    with pytest.raises(ChartFileError, match="neither a folder nor a file"):
        read_local_chart("/dev/zero")
