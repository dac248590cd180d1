"""A chart repository as it can be: it serves, serves another archive, refuses, or is silent."""

import shutil
import socket
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.chart_choice import Chart
from sandbox.state import ROOT, State

from .chart_repository import digest, pack, serving
from .observing import Cluster
from .stack import Outcome, Stack

WAYS_OUT = "give the archive or an oci:// reference as the chart"


@pytest.fixture(scope="module")
def archive(charts: dict[str, Chart], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide the stand-in 1.8.3, packed, in a folder with an index that lists it."""
    return pack(tmp_path_factory.mktemp("repository"), {"1.8.3": charts["1.8.3"]})["1.8.3"]


@pytest.fixture(scope="module")
def repository(archive: Path) -> Iterator[str]:
    """Provide a repository on loopback."""
    with serving(archive.parent) as address:
        yield address


@pytest.fixture(scope="module")
def previewed(life_state: State, charts: dict[str, Chart]) -> Stack:
    """Provide a stack by which nothing is ever installed."""
    return Stack(life_state, charts["1.8.3"], name="supply")


def preview(stack: Stack, **settings: str) -> Outcome:
    stack.configure(settings, chart=Chart("kruise", "1.8.3", None, ""))
    return stack.preview()


def test_a_repository_that_serves(previewed: Stack, repository: str, archive: Path) -> None:
    preview(previewed, chartRepository=repository).succeeded()
    preview(previewed, chartRepository=repository, chartDigest=digest(archive)).succeeded()


def test_a_repository_with_another_archive(previewed: Stack, repository: str, archive: Path) -> None:
    outcome = preview(previewed, chartRepository=repository, chartDigest="0" * 64).failed()
    assert f"{repository} offers another archive as kruise 1.8.3" in outcome.output
    assert f"listed   {digest(archive)}" in outcome.output


def test_an_archive_by_itsdigest(previewed: Stack, archive: Path) -> None:
    previewed.configure({"chartDigest": f"sha256:{digest(archive)}"}, Chart(str(archive), "1.8.3", None, ""))
    previewed.preview().succeeded()


SWAP = """
import shutil
from pulumi_openkruise import OpenKruise, args_from_config

OpenKruise("kruise", args_from_config())
# The program has read the archive, and the engine has not begun: another process puts its own in its place.
shutil.copy("other.tgz", "kruise.tgz")
"""


@pytest.mark.parametrize("command", [("preview",), ("up", "--yes", "--skip-preview")], ids=["preview", "up"])
def test_an_archive_that_is_swapped_after_it_was_read_is_not_installed(
    command: tuple[str, ...],
    previewed: Stack,
    archive: Path,
    charts: dict[str, Chart],
    tmp_path: Path,
    life_cluster: Cluster,
) -> None:
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    (tmp_path / "__main__.py").write_text(SWAP)
    shutil.copy(archive, tmp_path / "kruise.tgz")
    with tarfile.open(tmp_path / "other.tgz", "w:gz") as packed:
        packed.add(charts["1.8.3"].reference, "kruise")
        packed.add(__file__, "kruise/templates/_other.tpl")
    previewed.configure(
        {"chartDigest": digest(archive), "protect": "false"}, Chart("./kruise.tgz", "1.8.3", None, "")
    )

    output = previewed.run(*command, folder=tmp_path).failed().output

    assert '"./kruise.tgz" has changed since the program read it' in output
    assert digest(tmp_path / "other.tgz") in output
    assert life_cluster.helm_revisions() == []
    shutil.copy(archive, tmp_path / "kruise.tgz")
    previewed.run("destroy", "--yes", "--skip-preview", "--run-program", folder=tmp_path).succeeded()


def test_a_repository_where_no_server_listens(previewed: Stack) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/charts"
    outcome = preview(previewed, chartRepository=address).failed()
    assert f"{address}: connection refused" in outcome.output
    assert WAYS_OUT in outcome.output


def test_a_silent_repository(previewed: Stack) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        outcome = preview(previewed, chartRepository=address).failed()
    assert f"{address}: no answer within 8 seconds" in outcome.output
    assert WAYS_OUT in outcome.output
