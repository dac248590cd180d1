"""docs/air-gapped.md, as it stands: fetched by its commands, installed from the archive by its digest."""

import functools
import http.server
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox import api
from sandbox.chart_choice import Chart
from sandbox.state import ROOT, State

from .conftest import Helm
from .observing import REAL, Cluster, PodWatch, eventually
from .stack import Stack

HOW_TO = (ROOT / "docs" / "air-gapped.md").read_text()
CHART = (ROOT / "docs" / "chart.md").read_text()
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
ADDRESS = "https://openkruise.github.io/charts/"


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def repository(
    charts: dict[str, Chart], helm: Helm, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Provide the stand-in chart in a Helm repository on loopback; its address."""
    folder = tmp_path_factory.mktemp("repository")
    helm("package", charts["1.8.3"].reference, "--destination", str(folder))
    helm("repo", "index", str(folder))
    handler = functools.partial(_Silent, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def fetched(repository: str, helm: Helm, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Provide the archive and its digest, as the how-to's first commands give them."""
    (block, *_) = re.findall(r"```console\n(.*?)```", HOW_TO, re.DOTALL)
    pull, digest = block.strip().splitlines()
    folder = tmp_path_factory.mktemp("carried")
    program, *arguments = pull.replace(ADDRESS, repository).split()
    assert (program, arguments[0]) == ("helm", "pull")
    helm(*arguments, "--destination", str(folder))
    done = subprocess.run(digest.split(), cwd=folder, capture_output=True, text=True, check=True)
    sha, name = done.stdout.split()
    return folder / name, sha


@pytest.fixture(scope="module")
def settings(fetched: tuple[Path, str]) -> dict[str, object]:
    """Provide the how-to's config, with this archive and this digest."""
    archive, sha = fetched
    (block, *_) = re.findall(r"```yaml\n(.*?)```", HOW_TO, re.DOTALL)
    found = {key.removeprefix("openkruise:"): value for key, value in yaml.safe_load(block).items()}
    assert found["chart"] == f"./{archive.name}"
    return {**found, "chart": str(archive), "chartDigest": sha}


@pytest.fixture(scope="module")
def stack(life_state: State, settings: dict[str, object], empty: None) -> Stack:
    stack = Stack(life_state, Chart(str(settings["chart"]), "1.8.3", None, ""))
    stack.configure(settings)
    return stack


def test_another_archive_is_refused_in_preview(stack: Stack, settings: dict[str, object]) -> None:
    stack.configure({**settings, "chartDigest": "0" * 64})
    output = stack.preview().failed().output
    assert "openkruise:chartDigest" in output, output
    stack.configure(settings)


def test_it_is_installed_from_the_archive_with_mirrored_images(stack: Stack, life_cluster: Cluster) -> None:
    stack.up().succeeded()

    eventually("the daemons", lambda: life_cluster.running_daemons() == REAL, evidence=life_cluster.pods)
    path = "/apis/apps/v1/namespaces/kruise-system/deployments/kruise-controller-manager"
    for workload in (life_cluster.daemon_set(), life_cluster.get(path)):
        pod = workload["spec"]["template"]["spec"]
        images = [container["image"] for container in pod["containers"]]
        assert images == ["registry.example.com/mirror/openkruise/kruise-manager:v1.8.3"]
        assert pod["imagePullSecrets"] == [{"name": "mirror"}]
    stack.preview("--expect-no-changes").succeeded()


def test_the_pre_delete_job_uses_the_mirror_too(
    stack: Stack, settings: dict[str, object], life_cluster: Cluster, helm: Helm
) -> None:
    assert _hook_images(helm) == ["registry.example.com/mirror/openkruise/kruise-helm-hook:v0.1.0"]

    (other,) = re.findall(r"`values: (\{helmHooks: .*?\})`", CHART)
    stack.configure({**settings, "values": yaml.safe_load(other)})
    stack.up("--skip-preview").succeeded()
    assert _hook_images(helm) == ["public.example.com/openkruise/kruise-helm-hook:v0.1.0"]


def _hook_images(helm: Helm) -> list[str]:
    return re.findall(r"image: (\S+)", helm("get", "hooks", "kruise", "--namespace", "kruise-system"))


def test_the_pre_delete_job_gets_the_pull_secret_by_a_policy(stack: Stack, life_cluster: Cluster) -> None:
    (block,) = re.findall(r"```yaml\n(apiVersion: admissionregistration.*?)```", CHART, re.DOTALL)
    policy, binding = yaml.safe_load_all(block)
    made = [(f"{ADMISSION}/mutatingadmissionpolicies", policy)]
    made.append((f"{ADMISSION}/mutatingadmissionpolicybindings", binding))
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "kruise-helm-hook"}}
    accounts = "/api/v1/namespaces/kruise-system/serviceaccounts"

    def in_force() -> bool:
        tried = api.call(life_cluster.client, "POST", accounts, account, query={"dryRun": "All"})
        return tried.get("imagePullSecrets") == [{"name": "mirror"}]

    for path, document in made:
        api.call(life_cluster.client, "POST", path, document)
    try:
        eventually("the policy to be in force", in_force)
        with PodWatch(life_cluster) as watch:
            stack.destroy(life_cluster)
            pods = [event["object"] for event in watch.events]
    finally:
        for path, document in made:
            api.call(life_cluster.client, "DELETE", f"{path}/{document['metadata']['name']}")
    (secrets,) = {
        json.dumps(pod["spec"].get("imagePullSecrets"))
        for pod in pods
        if pod["spec"].get("serviceAccountName") == "kruise-helm-hook"
    }
    assert json.loads(secrets) == [{"name": "mirror"}]
