"""From a kubeconfig, given as text or as a path, and a context to a cluster that can be read.

The official client's loader reads the kubeconfig, since it knows what others only know in part: merged
files, client certificates, tokens, exec plugins, OIDC. Requests are made by urllib3, on which that client
builds, and their answers stay plain JSON: its models cost more time than everything else, and forget unknown
fields.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .errors import KubeconfigError
from .client import Cluster

CONNECT_SECONDS, READ_SECONDS = 5.0, 30.0
"""How long an API server may take to be reached, and to send the next part of an answer."""


def connect(
    kubeconfig: str | None = None,
    context: str | None = None,
    cluster: str | None = None,
    *,
    ambient: bool = False,
    connect_seconds: float = CONNECT_SECONDS,
    read_seconds: float = READ_SECONDS,
) -> Cluster:
    """Return the cluster of a kubeconfig's context (None: its current one); nothing is asked of it yet.

    ``kubeconfig`` is a path (``~`` is the home folder) or the content itself, as the Kubernetes provider
    takes it. ``cluster`` names a cluster of it that takes the place of the context's own, as the provider's
    argument does. Only with ``ambient`` does None mean what it means to kubectl: ``KUBECONFIG``, then
    ``~/.kube/config``, then the service account of the pod. Raises KubeconfigError.
    """
    # Imported here: it takes longer than everything else together.
    from kubernetes.client import Configuration

    configuration = type.__call__(
        Configuration
    )  # the class keeps a default of the process, which is not asked
    configuration.proxy, configuration.no_proxy = None, None
    source, load = _source(kubeconfig, ambient)
    try:
        found, chosen = load(configuration, context, cluster)
    except KubeconfigError:
        raise
    except Exception as error:  # the loader lets many kinds escape for a file that is something else
        reason = " ".join(str(error).split()) or type(error).__name__
        raise KubeconfigError(f"{source}: {reason}", cause=f"{source}: {reason}") from None
    configuration.proxy = found.get("proxy-url") or _proxy(configuration.host)
    return Cluster(configuration, context=chosen, connect_seconds=connect_seconds, read_seconds=read_seconds)


def address(kubeconfig: str, context: str | None = None, cluster: str | None = None) -> str:
    """Return where ``connect`` would ask, read from the kubeconfig alone; raises KubeconfigError.

    Without what it takes to ask: an update waits for this.
    """
    source, content = "kubeconfig given as text", kubeconfig
    if not _is_text(kubeconfig):
        path = _file(kubeconfig)
        source, content = f"kubeconfig {path}", Path(path).read_text()
    return str(_chosen(_document(content), source, context, cluster)[0]["server"])


_Chosen = tuple[Mapping[str, Any], str]
"""The cluster that is asked, and the context's name."""
_Load = Callable[[Any, str | None, str | None], _Chosen]


def _source(kubeconfig: str | None, ambient: bool) -> tuple[str, _Load]:
    """Return what the kubeconfig is called in messages, and what loads it into a configuration."""
    if kubeconfig is None and ambient:
        paths = os.environ.get("KUBECONFIG") or str(Path("~/.kube/config").expanduser())
        if any(os.path.exists(path) for path in paths.split(os.pathsep)):
            return paths, lambda *how: _from_files(paths, *how)
        if "KUBERNETES_SERVICE_HOST" in os.environ:
            return "service account of this pod", _from_pod
        raise KubeconfigError(
            f"no kubeconfig: there is no {paths}",
            cause="there is no kubeconfig",
            ways_out=("name one with --kubeconfig or KUBECONFIG",),
        )
    if not kubeconfig or not kubeconfig.strip():
        raise KubeconfigError("no kubeconfig was given", cause="no kubeconfig was given")
    if _is_text(kubeconfig):
        return "kubeconfig given as text", lambda *how: _from_text(kubeconfig, *how)
    path = _file(kubeconfig)
    return f"kubeconfig {path}", lambda *how: _from_files(path, *how)


def _is_text(kubeconfig: str) -> bool:
    return "\n" in kubeconfig or kubeconfig.lstrip().startswith("{")


def _file(kubeconfig: str) -> str:
    path = os.path.expanduser(kubeconfig)
    if not os.path.isfile(path):
        raise KubeconfigError(f"kubeconfig {path}: no such file", cause=f"there is no kubeconfig {path}")
    return path


def _document(text: str) -> Any:
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True).load(text)


def _from_files(paths: str, configuration: Any, context: str | None, cluster: str | None) -> _Chosen:
    from kubernetes.config.kube_config import KubeConfigLoader, KubeConfigMerger

    files = KubeConfigMerger(paths)
    document = files.config.value if files.config is not None else {}
    found, name, active = _chosen(document, paths, context, cluster)
    # A refreshed token is written back, as kubectl does: the one before it may count no longer.
    loader = KubeConfigLoader(files.config, active_context=active, config_persister=files.save_changes)
    loader.load_and_set(configuration)
    return found, name


def _from_text(text: str, configuration: Any, context: str | None, cluster: str | None) -> _Chosen:
    from kubernetes.config import load_kube_config_from_dict

    document = _document(text)
    found, name, active = _chosen(document, "kubeconfig given as text", context, cluster)
    load_kube_config_from_dict(document, active, configuration, persist_config=False)
    return found, name


def _from_pod(configuration: Any, context: str | None, cluster: str | None) -> _Chosen:
    from kubernetes.config import load_incluster_config

    if context is not None:
        reason = f"there is no kubeconfig that could hold the context {context}"
        raise KubeconfigError(reason, cause=reason)
    load_incluster_config(configuration)
    return {}, "service account of this pod"


def _chosen(
    document: Any, source: str, context: str | None, cluster: str | None
) -> tuple[Mapping[str, Any], str, str]:
    """Return the cluster, the context's name, and the name of the context to load, which may be a new one.

    The loader's own messages name neither. What is added to the document, to a list that no file has, is
    never written back.
    """
    if not isinstance(document, Mapping):
        raise KubeconfigError(f"{source}: not a kubeconfig", cause=f"{source} is not a kubeconfig")
    contexts = _by_name(document, "contexts", "context")
    name = context or document.get("current-context") or ""
    if name not in contexts:
        listed = ", ".join(sorted(contexts)) or "none"
        reason = f"has no context {name}" if name else "names no current context"
        raise KubeconfigError(
            f"{source}: {reason}",
            cause=f"{source} {reason}",
            ways_out=(f"it has: {listed}; choose one with --context",),
        )
    clusters, active = _by_name(document, "clusters", "cluster"), name
    if cluster is not None:
        if cluster not in clusters:
            listed = ", ".join(sorted(clusters)) or "none"
            reason = f"has no cluster {cluster}"
            raise KubeconfigError(
                f"{source}: {reason}", cause=f"{source} {reason}", ways_out=(f"it has: {listed}",)
            )
        active = f"{name} with cluster {cluster}"
        entry = {"name": active, "context": {**contexts[name], "cluster": cluster}}
        document["contexts"].append(entry)
    found = clusters.get(cluster or str(contexts[name].get("cluster")), {})
    if not found.get("server"):
        whose = f"cluster {cluster}" if cluster is not None else f"the cluster of context {name}"
        reason = f"{whose} has no server"
        raise KubeconfigError(f"{source}: {reason}", cause=f"{source}: {reason}")
    return found, name, active


def _by_name(document: Mapping[str, Any], kinds: str, kind: str) -> dict[str, Mapping[str, Any]]:
    entries = document.get(kinds)
    found = {}
    for item in entries if isinstance(entries, list) else ():
        entry = getattr(item, "value", item)  # one that is merged remembers its file
        if isinstance(entry, Mapping) and isinstance(entry.get(kind), Mapping):
            found[str(entry.get("name"))] = entry[kind]
    return found


def _proxy(host: str) -> str | None:
    """Return the environment's proxy for an address, as Go programs understand it: never for loopback."""
    from ipaddress import ip_address
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(host)
    name = parts.hostname or ""
    try:
        loopback = ip_address(name).is_loopback
    except ValueError:
        loopback = name == "localhost"
    if loopback or proxy_bypass(name):
        return None
    return getproxies().get(parts.scheme)
