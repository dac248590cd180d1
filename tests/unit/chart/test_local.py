"""Charts on this machine: what they say they are, and what is said of everything that is none."""

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from pulumi_openkruise.chart.local import ChartFileError, LocalChart, look

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
    assert look(str(tmp_path / "kruise")) == expected
    monkeypatch.chdir(tmp_path)
    assert look("./kruise") == look("kruise") == expected


def test_an_archive(tmp_path: Path) -> None:
    files = {"kruise/charts/sub/Chart.yaml": "name: sub\nversion: 1.0.0\n", "kruise/Chart.yaml": CHART}
    path = packed(tmp_path / "kruise.tgz", files)
    assert look(str(path)) == LocalChart("kruise", "1.8.3", hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.mark.parametrize("chart", ["oci://x/kruise", "https://example.com/kruise-1.8.3.tgz", "no-such-name"])
def test_what_is_not_on_this_machine(chart: str) -> None:
    assert look(chart) is None


@pytest.mark.parametrize(
    "make",
    [
        lambda path: None,
        lambda path: path.mkdir(),
        lambda path: path.write_bytes(b"no archive"),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(
            gzip.decompress(packed(path, {"kruise/Chart.yaml": CHART}).read_bytes())
        ),
        lambda path: packed(path, {"kruise/values.yaml": "a: b\n"}),
        lambda path: packed(path, {"Chart.yaml": CHART}),
        lambda path: packed(path, {"kruise/Chart.yaml": "name: [\n"}),
        lambda path: packed(path, {"kruise/Chart.yaml": "- a\n"}),
        lambda path: packed(path, {"kruise/Chart.yaml": "name: kruise\nversion: 1.8\n"}),
        lambda path: packed(path, {"kruise/Chart.yaml": CHART + "# " + "x" * (1 << 20)}),
        lambda path: path.write_bytes(packed(path, {"kruise/Chart.yaml": CHART * 500}).read_bytes()[:60]),
    ],
)
def test_what_is_no_chart(tmp_path: Path, make: object) -> None:
    path = tmp_path / "kruise-1.8.3.tgz"
    make(path)  # type: ignore[operator]
    with pytest.raises(ChartFileError) as caught:
        look(str(path))
    assert caught.value.code == "no-chart"
