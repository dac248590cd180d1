"""Kubeconfig files and text as one document of checked fields: clusters, users and contexts by name.

The rules are client-go's (``tools/clientcmd``: loader.go, client_config.go, validation.go, api/v1/types.go):
of several files the first that names a thing counts, relative paths begin beside the file that holds them,
and a field of another type than it should have is an error. No message holds a value of a user.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..foreign.error_text import describe_error, write_on_one_line
from ..foreign.yaml_input import load_yaml
from .errors import KubeconfigError

_LARGEST = 16 << 20

_KINDS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "clusters": (
        "cluster",
        {
            "server": str,
            "tls-server-name": str,
            "insecure-skip-tls-verify": bool,
            "certificate-authority": str,
            "certificate-authority-data": str,
            "proxy-url": str,
            "disable-compression": bool,
        },
    ),
    "users": (
        "user",
        {
            "client-certificate": str,
            "client-certificate-data": str,
            "client-key": str,
            "client-key-data": str,
            "token": str,
            "tokenFile": str,
            "as": str,
            "as-uid": str,
            "as-groups": [str],
            "as-user-extra": Mapping,
            "username": str,
            "password": str,
            "auth-provider": {"name": str, "config": Mapping},
            "exec": {
                "command": str,
                "args": [str],
                "env": [Mapping],
                "apiVersion": str,
                "installHint": str,
                "provideClusterInfo": bool,
                "interactiveMode": str,
            },
        },
    ),
    "contexts": ("context", {"cluster": str, "user": str, "namespace": str}),
}
_TYPES = {str: "a string", bool: "true or false", Mapping: "a mapping"}
_PATHS = {
    "clusters": ("certificate-authority",),
    "users": ("client-certificate", "client-key", "tokenFile"),
    "contexts": (),
}


@dataclass
class Kubeconfig:
    """What all files together say, each entry with its paths made absolute."""

    source: str
    """What messages call it: the files, or that it was given as text."""
    current_context: str = ""
    clusters: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    users: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    contexts: dict[str, Mapping[str, Any]] = field(default_factory=dict)


def is_content(kubeconfig: str) -> bool:
    """Whether a kubeconfig is given as its content and not as a path, by the Kubernetes provider's rule."""
    return "\n" in kubeconfig or kubeconfig.lstrip().startswith("{")


def find_stack_kubeconfig(given: Any, project: str) -> str | None:
    """Return a stack's ``kubernetes:kubeconfig`` as content or path; None where it is not set.

    A relative path begins in the folder ``project`` of the stack's project, where the provider runs.
    """
    if isinstance(given, Mapping):
        return json.dumps(given)
    if not given:
        return None
    beside = os.path.join(project, str(given))
    return beside if os.path.isfile(beside) else str(given)


def read_content(content: str) -> Kubeconfig:
    """Return what a kubeconfig given as text says; paths in it begin at the current folder."""
    found = Kubeconfig("kubeconfig given as text")
    _add(found, found.source, content, "")
    return found


def read_files(paths: Sequence[str], *, all_required: bool) -> Kubeconfig:
    """Return what kubeconfig files say together; one that is not there is passed over unless required."""
    found = Kubeconfig(f"kubeconfig {os.pathsep.join(paths)}")
    for path in dict.fromkeys(filter(None, paths)):
        place = f"kubeconfig {path}"
        try:
            with open(path, "rb") as file:
                content = file.read(_LARGEST + 1)
        except FileNotFoundError:
            if all_required:
                raise KubeconfigError(
                    f"{place}: no such file", cause=f"there is no kubeconfig {path}"
                ) from None
            continue
        except (OSError, ValueError) as error:
            raise _make_error(place, describe_error(error, secret=True)) from None
        if len(content) > _LARGEST:
            raise _make_error(place, f"larger than {_LARGEST >> 20} MiB")
        try:
            _add(found, place, content.decode(), os.path.dirname(os.path.abspath(path)))
        except UnicodeDecodeError as error:
            raise _make_error(place, describe_error(error, secret=True)) from None
    return found


def find_home_file() -> str:
    """Return the path of the user's own kubeconfig; empty for a user without a home folder."""
    try:
        return str(Path("~/.kube/config").expanduser())
    except RuntimeError:  # a pod's random user has neither HOME nor an entry in /etc/passwd
        return ""


def _add(found: Kubeconfig, place: str, content: str, folder: str) -> None:
    """Add what one file says to what those before it have said."""
    try:
        document = load_yaml(content)
    except ValueError as error:
        raise _make_error(place, describe_error(error, secret=True)) from None
    if document is None:
        return
    if not isinstance(document, Mapping):
        raise KubeconfigError(f"{place}: not a kubeconfig", cause=f"{place} is not a kubeconfig")
    current = document.get("current-context")
    if current is not None and not isinstance(current, str):
        raise _make_error(place, "current-context: expected a string")
    found.current_context = found.current_context or current or ""
    for kinds in _KINDS:
        known: dict[str, Mapping[str, Any]] = getattr(found, kinds)
        before = set(known)
        for name, entry in _read_entries(document, kinds, place):
            if name in before:
                continue  # the first file that names it counts
            known[name] = _resolve_paths(kinds, entry, folder)


def _read_entries(document: Mapping[str, Any], kinds: str, place: str) -> list[tuple[str, Mapping[str, Any]]]:
    kind, fields = _KINDS[kinds]
    listed = document.get(kinds)
    if listed is None:
        return []
    if not isinstance(listed, list):
        raise _make_error(place, f"{kinds}: expected a list")
    found: list[tuple[str, Mapping[str, Any]]] = []
    for index, item in enumerate(listed):
        where = f"{kinds}[{index}]"
        if not isinstance(item, Mapping):
            raise _make_error(place, f"{where}: expected a mapping")
        name, entry = item.get("name", ""), item.get(kind)
        if not isinstance(name, str):
            raise _make_error(place, f"{where}.name: expected a string")
        if any(name == other for other, _ in found):
            raise _make_error(place, f"{where}: a second entry of the name {write_on_one_line(name)!r}")
        if entry is not None and not isinstance(entry, Mapping):
            raise _make_error(place, f"{where}.{kind}: expected a mapping")
        wrong = _find_wrong_field(entry or {}, fields, f"{where}.{kind}")
        if wrong:
            raise _make_error(place, wrong)
        found.append((name, entry or {}))
    return found


def _find_wrong_field(entry: Mapping[str, Any], fields: Mapping[str, Any], where: str) -> str:
    """Return which known field has another type than it should; empty if none has. Null is as not given."""
    for name, kind in fields.items():
        value, place = entry.get(name), f"{where}.{name}"
        if value is None:
            continue
        if isinstance(kind, list):
            if not isinstance(value, list) or not all(isinstance(one, kind[0]) for one in value):
                return f"{place}: expected a list, each item {_TYPES[kind[0]]}"
        elif isinstance(kind, dict):
            if not isinstance(value, Mapping):
                return f"{place}: expected a mapping"
            wrong = _find_wrong_field(value, kind, place)
            if wrong:
                return wrong
        elif not isinstance(value, kind):
            return f"{place}: expected {_TYPES[kind]}"
    return ""


def _resolve_paths(kinds: str, entry: Mapping[str, Any], folder: str) -> Mapping[str, Any]:
    """Return an entry whose relative paths begin at the folder of its file."""
    changed = dict(entry)
    for name in _PATHS[kinds]:
        if changed.get(name):
            changed[name] = os.path.join(folder, changed[name])
    plugin = changed.get("exec")
    # A bare name is looked up on PATH.
    if plugin and os.sep in (plugin.get("command") or ""):
        changed["exec"] = {**plugin, "command": os.path.join(folder, plugin["command"])}
    return changed


def _make_error(place: str, reason: str) -> KubeconfigError:
    return KubeconfigError(f"{place}: {reason}", cause=f"{place}: {reason}")
