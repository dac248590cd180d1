"""Markers in every credential that a real `up` takes: none is in the state, a message, a report or a file.

Everything that Pulumi, the provider and the commands write is searched: the file backend with its backups and
its history, the temporary folder, both streams with `--debug`, and each form of `check`.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import pulumi
from sandbox.chart_choice import Chart
from sandbox.state import ROOT, State

from .observing import Cluster
from .stack import Stack

TOKEN, PLUGIN, NAME, PASSWORD, VALUE = (
    f"m4rker-{field}-s3cret" for field in ("token", "plugin", "name", "password", "value")
)
MARKERS = (TOKEN, PLUGIN, NAME, PASSWORD, VALUE)
VALUES = {"serviceAccount": {"annotations": {"example.com/note": VALUE}}}
_PROVIDERS = re.compile(r"kubeconfig\d+")
COMMAND = "from pulumi_openkruise.cli import main; main()"


class _Repository(SimpleHTTPRequestHandler):
    """Serves a folder to those who give the login."""

    login = "Basic " + base64.b64encode(f"{NAME}:{PASSWORD}".encode()).decode()

    def do_GET(self) -> None:
        if self.headers.get("Authorization") == self.login:
            super().do_GET()
        else:
            self.send_error(401)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def repository(charts: dict[str, Chart], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Provide the address of a repository with the stand-in 1.8.3, its login in it."""
    folder = tmp_path_factory.mktemp("repository")
    with tarfile.open(folder / "kruise-1.8.3.tgz", "w:gz") as packed:
        packed.add(charts["1.8.3"].reference, "kruise")
    entry = {"apiVersion": "v2", "name": "kruise", "version": "1.8.3", "urls": ["kruise-1.8.3.tgz"]}
    (folder / "index.yaml").write_text(json.dumps({"apiVersion": "v1", "entries": {"kruise": [entry]}}))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Repository, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{NAME}:{PASSWORD}@127.0.0.1:{server.server_port}"
        server.shutdown()


class Searched:
    """A stack whose every command is listened to, in a temporary folder of its own."""

    def __init__(self, stack: Stack, folder: Path, key: str) -> None:
        self.stack, self.folder, self.key = stack, folder, key
        """``key``: the client's key in the kubeconfig, which no file but the sandbox's own may hold."""

    def listen(self, said: str) -> str:
        """Return what a command wrote; fails if it holds a marker."""
        assert self._found(said.encode()) == []
        return said

    def search_files(self) -> int:
        """Search the backend, Pulumi's home and the temporary folder; return how many files there were."""
        home = self.stack.state.pulumi / "home"
        folders = (self.stack.state.pulumi / "state", home / "workspaces", home / "logs", self.folder)
        paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        # The Kubernetes provider's own, of a kubeconfig that is given as text: docs/threat-model.md.
        own = [path for path in paths if path.parent == self.folder and _PROVIDERS.fullmatch(path.name)]
        assert [path for path in own if path.stat().st_mode & 0o077] == []
        paths = [path for path in paths if path not in own]
        assert {str(path): found for path in paths if (found := self._found(path.read_bytes()))} == {}
        return len(paths)

    def _found(self, content: bytes) -> list[str]:
        wanted = {marker: marker for marker in (*MARKERS, self.key)}
        for marker in MARKERS:
            for offset in range(3):  # base64 of it, wherever in its text it stands
                encoded = base64.b64encode(b"x" * offset + marker.encode())[4:-4].decode()
                wanted[encoded] = f"{marker} in base64"
        return [name for text, name in wanted.items() if text.encode() in content]


@pytest.fixture(scope="module")
def searched(
    life_state: State, charts: dict[str, Chart], empty: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Searched]:
    """Provide a stack in this repository's program; its commands have a temporary folder of their own."""
    folder = tmp_path_factory.mktemp("temporary")
    kubeconfig = yaml.safe_load(life_state.kubeconfig.read_text())
    key = kubeconfig["users"][0]["user"]["client-key-data"]
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TMPDIR", str(folder))
        yield Searched(Stack(life_state, charts["1.8.3"]), folder, key)


def kubeconfig(state: State, **user: Any) -> dict[str, Any]:
    """Return the sandbox's kubeconfig with other credentials, or more of them."""
    config: dict[str, Any] = yaml.safe_load(state.kubeconfig.read_text())
    config["users"][0]["user"] |= user
    return {**config}


def configure(searched: Searched, repository: str, config: object) -> None:
    """Have the stack use the login, secret values, and the kubeconfig given in place of its path."""
    stack = searched.stack
    stack.configure({}, chart=Chart("kruise", "1.8.3", None, ""))
    stack.encrypt("chartRepository", repository)
    stack.encrypt("values", VALUES)
    text = config if isinstance(config, str) else json.dumps(config)
    stack.run("config", "set", "--secret", "kubernetes:kubeconfig", text).succeeded()


def command(state: State, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run ``pulumi-openkruise`` as a person at this sandbox does."""
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments],
        env={**os.environ, **pulumi.environment(state)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_installation_leaves_none(
    searched: Searched, repository: str, life_cluster: Cluster, tmp_path: Path
) -> None:
    stack, state = searched.stack, searched.stack.state
    # Beside the certificate, which is what the API server goes by.
    configure(searched, repository, kubeconfig(state, token=TOKEN))

    searched.listen(stack.preview("--diff", "--debug").succeeded().output)
    searched.listen(stack.up("--diff", "--debug").succeeded().output)
    searched.listen(stack.preview("--diff", "--debug", "--expect-no-changes").succeeded().output)
    searched.listen(stack.run("refresh", "--yes", "--diff").succeeded().output)

    # They were used: the installation has the value, and the state holds all of them, encrypted.
    account = "/api/v1/namespaces/kruise-system/serviceaccounts/kruise-manager"
    assert life_cluster.get(account)["metadata"]["annotations"]["example.com/note"] == VALUE
    shown = json.dumps(stack.resources())
    assert all(marker in shown for marker in (TOKEN, NAME, PASSWORD, VALUE))
    assert searched.search_files() > 3

    own = tmp_path / "kubeconfig"
    own.write_text(json.dumps(kubeconfig(state, token=TOKEN)))
    for form in ("table", "short", "json", "junit", "sarif", "html"):
        page = tmp_path / f"{form}.html"
        done = command(state, "check", "--kubeconfig", str(own), "--live", "-o", form, "--html", str(page))
        assert done.returncode in (0, 1), done.stderr
        # A report may quote a live object's fields; the values in this one are not among them.
        searched.listen(done.stdout + done.stderr + page.read_text())
    for other in (["discover"], ["recover", "--dry-run"], ["migrate-storage", "--dry-run"]):
        done = command(state, *other, "--kubeconfig", str(own))
        assert done.returncode in (0, 1), done.stdout + done.stderr
        searched.listen(done.stdout + done.stderr)
    stack.destroy(life_cluster)
    searched.search_files()


PROGRAM = """
import pulumi
from pulumi_kubernetes import Provider
from pulumi_openkruise import OpenKruise, args_from_config

config = pulumi.Config("kubernetes").require_secret("kubeconfig")
provider = Provider("cluster", kubeconfig=config)
OpenKruise("kruise", args_from_config(), pulumi.ResourceOptions(providers=[provider]))
"""


def plugin(folder: Path, user: dict[str, Any], *, fails: bool) -> dict[str, Any]:
    """Return a user whose exec plugin knows the marker, and gives the client's certificate or fails."""
    path = folder / f"plugin-{fails}"
    status = {
        name: base64.b64decode(user[f"{key}-data"]).decode()
        for name, key in (("clientCertificateData", "client-certificate"), ("clientKeyData", "client-key"))
    }
    answer = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {**status, "token": PLUGIN},
    }
    broken = json.dumps(answer)[:-3]
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{broken if fails else json.dumps(answer)}\nEND\n")
    path.chmod(0o700)
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(path),
            "args": [PLUGIN],
            "env": [{"name": "KEY", "value": PLUGIN}],
            "interactiveMode": "Never",
        }
    }


def spoiled(state: State, folder: Path, how: str) -> object:
    """Return a kubeconfig, as data or text, with markers in it and broken in this way."""
    good = kubeconfig(state)
    user = good["users"][0]["user"]
    if how.startswith("plugin"):
        good["users"][0]["user"] = plugin(folder, user, fails=how == "plugin that answers garbage")
        return good
    if how == "token with a line break":
        return kubeconfig(state, token=f"{TOKEN}\r\nX-Injected: {TOKEN}")
    if how == "unusable key":
        return kubeconfig(state, **{"client-key-data": base64.b64encode(TOKEN.encode()).decode()})
    if how == "two ways to log in":
        return kubeconfig(state, token=TOKEN, username=NAME, password=PASSWORD)
    text = json.dumps(kubeconfig(state, token=TOKEN))
    return text[: text.index(TOKEN) + len(TOKEN)] + ("\n" if how == "cut off" else "\\x: [")


WAYS = (
    "plugin that works",
    "plugin that answers garbage",
    "token with a line break",
    "unusable key",
    "two ways to log in",
    "cut off",
    "no YAML",
)


@pytest.mark.parametrize("how", WAYS)
def test_a_preview_tells_none_however_the_kubeconfig_is_broken(
    how: str, searched: Searched, repository: str, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    (tmp_path / "__main__.py").write_text(PROGRAM)
    configure(searched, repository, spoiled(searched.stack.state, tmp_path, how))
    outcome = searched.stack.preview("--diff", "--debug", folder=tmp_path)
    assert "Traceback" not in outcome.output, outcome.output
    searched.listen(outcome.output)
    if how == "plugin that works":
        outcome.succeeded()
    searched.search_files()
