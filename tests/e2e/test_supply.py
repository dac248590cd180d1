"""A chart repository as it can be: it serves, serves another archive, refuses, or is silent."""

import hashlib
import socket
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sandbox.chart_choice import Chart
from sandbox.state import State

from .stack import Outcome, Stack

WAYS_OUT = "give the archive or an oci:// reference as the chart"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def archive(charts: dict[str, Chart], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide the stand-in 1.8.3, packed, in a folder with an index that lists it."""
    folder = tmp_path_factory.mktemp("repository")
    path = folder / "kruise-1.8.3.tgz"
    with tarfile.open(path, "w:gz") as packed:
        packed.add(charts["1.8.3"].reference, "kruise")
    (folder / "index.yaml").write_text(
        "apiVersion: v1\nentries:\n  kruise:\n"
        "    - apiVersion: v2\n      name: kruise\n      version: 1.8.3\n"
        f"      digest: {_digest(path)}\n      urls: [{path.name}]\n"
    )
    return path


@pytest.fixture(scope="module")
def repository(archive: Path) -> Iterator[str]:
    """Provide a repository on loopback."""
    handler = partial(_Quiet, directory=str(archive.parent))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def previewed(life_state: State, charts: dict[str, Chart]) -> Stack:
    """Provide a stack by which nothing is ever installed."""
    return Stack(life_state, charts["1.8.3"], name="supply")


def preview(stack: Stack, **settings: str) -> Outcome:
    stack.configure(settings, chart=Chart("kruise", "1.8.3", None, ""))
    return stack.preview()


def test_a_repository_that_serves(previewed: Stack, repository: str, archive: Path) -> None:
    preview(previewed, chartRepository=repository).succeeded()
    preview(previewed, chartRepository=repository, chartDigest=_digest(archive)).succeeded()


def test_a_repository_with_another_archive(previewed: Stack, repository: str, archive: Path) -> None:
    outcome = preview(previewed, chartRepository=repository, chartDigest="0" * 64).failed()
    assert f"{repository} offers another archive as kruise 1.8.3" in outcome.output
    assert f"listed   {_digest(archive)}" in outcome.output


def test_an_archive_by_its_digest(previewed: Stack, archive: Path) -> None:
    previewed.configure({"chartDigest": f"sha256:{_digest(archive)}"}, Chart(str(archive), "1.8.3", None, ""))
    previewed.preview().succeeded()


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


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
