"""The command line as a shell sees it, and a test double of an API server for it to ask."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pulumi_openkruise.cli.app import run

from tests.support.api_server import ApiServer, api_server


@pytest.fixture(autouse=True)
def plain_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no variable of the machine that runs the tests decide about width and colour."""
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """Run ``pulumi-openkruise`` with these arguments: its exit code, standard output and standard error."""

    def call(*args: str, stdin: str | bytes = b"") -> tuple[int, str, str]:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        code = run(list(args))
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        assert "Internal error" not in captured.err
        return code, captured.out, captured.err

    return call


@pytest.fixture
def stack_file(tmp_path: Path) -> Callable[[str | bytes], str]:
    """Write a stack's file, each call another one, and return its path."""

    def write(text: str | bytes) -> str:
        path = tmp_path / f"Pulumi.test-{len(list(tmp_path.iterdir()))}.yaml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    return write


@pytest.fixture
def server() -> Iterator[ApiServer]:
    """Provide an API server that holds nothing yet."""
    with api_server() as double:
        yield double


@pytest.fixture
def kubeconfig(server: ApiServer, tmp_path: Path) -> str:
    """Path of a kubeconfig whose current context is the double."""
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(server.kubeconfig()))
    return str(path)
