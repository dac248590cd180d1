"""What is fuzzed: a seed document, and how the program reads it; what it says must not hold the marker."""

import base64
import gzip
import io
import json
import os
import random
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pulumi_openkruise.chart.local import ChartFileError, read_local_chart
from pulumi_openkruise.chart.repository import read_digests
from pulumi_openkruise.chart.source import check_index
from pulumi_openkruise.cli.errors import UnusableInputError
from pulumi_openkruise.cli.input.node_objects import read_node_objects
from pulumi_openkruise.cluster import Cluster, ClusterError, connect
from pulumi_openkruise.cluster.errors import ClusterUnreachableError
from pulumi_openkruise.cluster.kubeconfig import find_address
from pulumi_openkruise.cluster.transport import Answer
from pulumi_openkruise.config.stack_config import parse_config
from pulumi_openkruise.config.yaml_data import load_yaml
from pulumi_openkruise.detection import classify
from pulumi_openkruise.diagnostics.problem import ConfigError
from pulumi_openkruise.inventory.definitions import (
    count_custom_resources,
    list_custom_resources,
    list_definitions,
)
from pulumi_openkruise.inventory.helm_records import decode_all
from pulumi_openkruise.inventory.leftovers import find_leftovers
from pulumi_openkruise.inventory.manifest import read_manifest
from pulumi_openkruise.inventory.release import ReleaseId
from pulumi_openkruise.inventory.release_reader import list_records, read_release
from pulumi_openkruise.inventory.survey import survey
from pulumi_openkruise.lifecycle.record_edits import edit_record
from pulumi_openkruise.lifecycle.recovery import Edit, plan_recovery

from .mutations import mutate_structure, write

MARKER = "s3cretM4rker"
_TEMPORARY = tempfile.TemporaryDirectory(prefix="openkruise-fuzz-")
"""Kept for as long as this process runs, which deletes the folder at its end."""
_FOLDER = Path(_TEMPORARY.name)
_ENCODED = base64.b64encode(MARKER.encode()).decode()


class Target(NamedTuple):
    """One kind of input."""

    name: str
    run: Callable[[random.Random], Iterator[str]]
    """Makes one input and reads it; yields every message that a user would see."""


def _said(errors: tuple[type[Exception], ...], read: Callable[[], Any]) -> str:
    """Return what an expected error says; every other exception is a find."""
    try:
        read()
    except errors as error:
        return f"{error}\n{getattr(error, 'cause', '')}"
    return ""


KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "here",
    "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
    "clusters": [
        {
            "name": "here",
            "cluster": {
                "server": "https://127.0.0.1:1",
                "certificate-authority-data": "",
                "insecure-skip-tls-verify": False,
                "tls-server-name": "x",
                "proxy-url": "",
            },
        }
    ],
    "users": [
        {
            "name": "me",
            "user": {
                "token": MARKER,
                "username": "",
                "password": "",
                "client-certificate-data": "",
                "client-key-data": "",
                "as": "",
                "as-groups": [],
                "auth-provider": None,
                "exec": None,
            },
        }
    ],
}
_USERS: tuple[dict[str, Any], ...] = (
    {"token": MARKER},
    {"username": "me", "password": MARKER},
    {"client-certificate-data": _ENCODED, "client-key-data": _ENCODED},
    {"auth-provider": {"name": "oidc", "config": {"id-token": MARKER, "client-secret": MARKER}}},
    {"token": MARKER, "as": "x", "as-groups": ["a"], "as-user-extra": {"k": ["v"]}},
    {"tokenFile": "/nowhere/token"},
)


def kubeconfigs(chosen: random.Random) -> Iterator[str]:
    """As text, as the provider is given it; nothing is asked."""
    seed = json.loads(json.dumps(KUBECONFIG))
    seed["users"][0]["user"] |= chosen.choice(_USERS)
    mutated = mutate_structure(seed, chosen)
    if MARKER in json.dumps(_without_users(mutated)) or MARKER in json.dumps(_names(mutated)):
        return  # the marker was moved to where no secret is
    text = write(mutated, chosen).decode(errors="surrogateescape")
    yield _said((ClusterError,), lambda: connect(text + "\n"))
    yield _said((ClusterError,), lambda: find_address(text + "\n"))


def _without_users(config: Any) -> Any:
    return (
        {key: value for key, value in config.items() if key != "users"}
        if isinstance(config, dict)
        else config
    )


def _names(config: Any) -> list[Any]:
    users = config.get("users") if isinstance(config, dict) else None
    return [one.get("name") for one in users if isinstance(one, dict)] if isinstance(users, list) else []


STACK = {
    "config": {
        "openkruise:virtualNodeSelectors": ["type=virtual-kubelet", "pool=burst,!gpu"],
        "openkruise:virtualNodePresets": ["liqo", "all"],
        "openkruise:chartVersion": "1.8.3",
        "openkruise:expectedNodes": 300,
        "openkruise:featureGates": {"TemplateNoDefaults": True},
        "openkruise:values": {"daemon": {"affinity": {}, "resources": {"limits": {"cpu": "1"}}}},
    }
}


def stack_files(chosen: random.Random) -> Iterator[str]:
    """As the command line reads them, and then as the component checks them."""
    content = write(mutate_structure(STACK, chosen), chosen).decode(errors="replace")
    found: list[Any] = []
    yield _said((ValueError,), lambda: found.append(load_yaml(content, "Pulumi.x.yaml")))
    config = found[0].get("config") if found and isinstance(found[0], dict) else None
    if isinstance(config, dict):
        raw = {
            str(key).partition(":")[2]: value if isinstance(value, str) else json.dumps(value)
            for key, value in config.items()
        }
        yield _said((ConfigError,), lambda: parse_config(raw, source="x", namespace="openkruise"))


NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {
        "name": "n1",
        "uid": "1",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {"type": "virtual-kubelet", "kubernetes.io/os": "linux"},
        "annotations": {"a": "b"},
    },
    "spec": {
        "taints": [{"key": "virtual-kubelet.io/provider", "value": "x", "effect": "NoSchedule"}],
        "providerID": "a://b",
    },
    "status": {
        "conditions": [{"type": "Ready", "status": "True"}],
        "nodeInfo": {
            "kubeletVersion": "v1.33.1",
            "containerRuntimeVersion": "containerd://2.0",
            "architecture": "amd64",
        },
        "capacity": {"cpu": "4"},
    },
}


def nodes_files(chosen: random.Random) -> Iterator[str]:
    """As ``kubectl get nodes -o json`` or yaml writes them."""
    content = write(mutate_structure({"kind": "List", "items": [NODE, NODE]}, chosen), chosen)
    path = _FOLDER / f"nodes-{os.getpid()}"
    path.write_bytes(content)

    def read() -> None:
        for node in read_node_objects(str(path)):
            classify(node)

    yield _said((UnusableInputError,), read)


MANIFEST = (
    "apiVersion: v1\nkind: Secret\nmetadata: {name: kruise-webhook-certs}\ndata: {password: " + MARKER + "}\n"
    "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
    "metadata: {name: clonesets.apps.kruise.io}\n"
)
RELEASE = {
    "name": "kruise",
    "namespace": "kruise-system",
    "version": 2,
    "info": {"status": "uninstalling", "description": "x", "last_deployed": "2026-01-01T00:00:00Z"},
    "chart": {"metadata": {"name": "kruise", "version": "1.8.3"}, "values": {"a": 1}},
    "config": {"password": MARKER},
    "manifest": MANIFEST,
    "hooks": [{"name": "kruise-finalizer"}],
}


def record(release: Any, chosen: random.Random) -> dict[str, Any]:
    """Return the Secret of a release record, its payload damaged now and then."""
    packed = gzip.compress(write(release, chosen, only_json=True), 1)
    if chosen.random() < 0.1:
        packed = packed[: chosen.randrange(len(packed))]
    return {
        "type": "helm.sh/release.v1",
        "metadata": {
            "name": "sh.helm.release.v1.kruise.v2",
            "namespace": "kruise-system",
            "resourceVersion": "7",
            "labels": {"owner": "helm", "name": "kruise", "status": "uninstalling", "version": "2"},
        },
        "data": {"release": base64.b64encode(base64.b64encode(packed)).decode()},
    }


def helm_records(chosen: random.Random) -> Iterator[str]:
    """As the API server gives them; then its manifest, and an edit."""
    secret = mutate_structure(record(mutate_structure(RELEASE, chosen), chosen), chosen)
    if not isinstance(secret, dict):
        return
    records, wrong = decode_all([secret])
    yield "\n".join(wrong)
    for one in records:
        text = one.manifest.encode(errors="replace")
        if chosen.random() < 0.5 and text:
            text = text[: chosen.randrange(len(text))] + b"*" + text[chosen.randrange(len(text)) :]
        manifest = text.decode(errors="replace")
        yield _said((ValueError,), lambda manifest=manifest: read_manifest(manifest))  # type: ignore[misc]
    yield _said((ValueError,), lambda: edit_record(secret, Edit(2, "mark", "failed", without_hooks=True)))


INDEX = {"apiVersion": "v1", "entries": {"kruise": [{"version": "1.8.3", "digest": "0" * 64, "urls": ["x"]}]}}


def indexes(chosen: random.Random) -> Iterator[str]:
    """As a repository serves them."""
    content = write(mutate_structure(INDEX, chosen), chosen)
    read_digests(content, "kruise", "1.8.3")
    problems = check_index(
        content,
        repository="https://openkruise.github.io/charts/",
        chart="kruise",
        chart_version="1.8.3",
        digest=None,
    )
    yield "\n".join(map(str, problems))


CHART = {"apiVersion": "v2", "name": "kruise", "version": "1.8.3", "description": "x"}


def charts(chosen: random.Random) -> Iterator[str]:
    """As an archive, its members and bytes damaged."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name in chosen.sample(
            ("kruise/Chart.yaml", "other/Chart.yaml", "kruise/../x", "kruise/values.yaml"), 2
        ):
            content = write(mutate_structure(CHART, chosen), chosen)
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    damaged = bytearray(plain.getvalue())
    for _change in range(chosen.choice((0, 0, 1, 4))):
        damaged[chosen.randrange(1024)] = chosen.randrange(256)
    path = _FOLDER / f"chart-{os.getpid()}.tgz"
    path.write_bytes(gzip.compress(bytes(damaged), 1))
    yield _said((ChartFileError,), lambda: read_local_chart(str(path)))


DEFINITION = {
    "metadata": {
        "name": "clonesets.apps.kruise.io",
        "uid": "1",
        "annotations": {
            "meta.helm.sh/release-name": "kruise",
            "meta.helm.sh/release-namespace": "kruise-system",
        },
    },
    "spec": {
        "group": "apps.kruise.io",
        "names": {"kind": "CloneSet", "plural": "clonesets"},
        "versions": [{"name": "v1alpha1", "served": True, "storage": True}],
        "conversion": {"webhook": {"clientConfig": {"service": {"name": "kruise-webhook-service"}}}},
    },
    "status": {"storedVersions": ["v1alpha1"]},
}
POD = {
    "metadata": {
        "name": "kruise-daemon-x",
        "namespace": "kruise-system",
        "labels": {"control-plane": "daemon"},
        "ownerReferences": [{"kind": "DaemonSet", "name": "kruise-daemon"}],
    },
    "spec": {"nodeName": "n1", "containers": [{"args": ["--v=4"]}]},
    "status": {
        "phase": "Running",
        "containerStatuses": [{"restartCount": 3, "state": {"waiting": {"reason": "X"}}}],
    },
}


class _Server:
    """Test double of what sends requests: answers each with a mutated object or list of its kind."""

    address, context = "https://127.0.0.1:1", "here"

    def __init__(self, chosen: random.Random) -> None:
        self._chosen, self._left = chosen, 300

    def send(self, _method: str, path: str, _content: bytes | None, _headers: Any) -> Answer:
        self._left -= 1
        if self._left < 0:
            raise self.make_unreachable_error("enough")
        plain = path.partition("?")[0]
        if self._chosen.random() < 0.1:
            return Answer(self._chosen.choice((401, 403, 404, 410, 500)), "x", b'{"message": "no"}', "")
        single: Any = {"metadata": {"name": plain.rpartition("/")[2], "uid": "1"}}
        for part, seed in (
            ("secrets", None),
            ("customresourcedefinitions", DEFINITION),
            ("nodes", NODE),
            ("pods", POD),
        ):
            if part in plain:
                single = seed if seed is not None else record(RELEASE, self._chosen)
        several = plain.rpartition("/")[2] in (
            "secrets",
            "customresourcedefinitions",
            "nodes",
            "pods",
            "clonesets",
            "jobs",
        )
        whole = {"metadata": {"remainingItemCount": 1}, "items": [single, single]} if several else single
        return Answer(
            200, "OK", write(mutate_structure(whole, self._chosen), self._chosen, only_json=True), ""
        )

    def list_secrets(self) -> list[str]:
        return [MARKER]

    def make_unreachable_error(self, cause: str) -> ClusterUnreachableError:
        return ClusterUnreachableError(self.address, cause, ())


def api_answers(chosen: random.Random) -> Iterator[str]:
    """As the readers of the cluster take them."""
    cluster = Cluster(_Server(chosen))  # type: ignore[arg-type]
    release = ReleaseId("kruise-system", "kruise")
    match chosen.randrange(5):
        case 0:
            yield _said((ClusterError,), lambda: plan_recovery(read_release(cluster, release)))
        case 1:
            yield _said((ClusterError,), lambda: decode_all(list_records(cluster, release)))
        case 2:
            yield _said((ClusterError,), lambda: list_custom_resources(cluster, list_definitions(cluster)))
            yield _said((ClusterError,), lambda: count_custom_resources(cluster))
        case 3:
            places = ("kruise-system", "kruise-daemon-config")
            yield _said(
                (ClusterError, ValueError), lambda: find_leftovers(cluster, MANIFEST, release, places)
            )
        case _:
            live, destroy = chosen.random() < 0.5, chosen.random() < 0.5
            yield _said(
                (ClusterError,),
                lambda: survey(
                    cluster,
                    classify=classify,
                    namespace="kruise-system",
                    release=release,
                    live=live,
                    destroy=destroy,
                ),
            )


TARGETS = (
    Target("kubeconfigs", kubeconfigs),
    Target("stack files", stack_files),
    Target("nodes files", nodes_files),
    Target("Helm records", helm_records),
    Target("indexes", indexes),
    Target("charts", charts),
    Target("API answers", api_answers),
)
