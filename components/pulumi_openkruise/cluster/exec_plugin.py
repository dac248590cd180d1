"""Credentials from an exec plugin, by client-go's rules (``plugin/pkg/client/auth/exec/exec.go``).

Stricter than kubectl in two things: a plugin gets no terminal, and has a time limit. What it writes on
standard error reaches the user on one line, without escapes (kubectl CVE-2021-25743) and without the values
that the kubeconfig gives it; what it answers never does.
"""

import atexit
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ..foreign.error_text import describe_error, write_on_one_line
from .errors import KubeconfigError

PLUGIN_SECONDS = 60.0
"""How long a plugin may take; one that opens a browser waits for a person."""
VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_LARGEST = 1 << 20
_SECRET = 8
"""Characters from which on a value given to a plugin is taken for a secret: not ``true``, not ``eu-west``."""
_OPTION = re.compile(r"--[a-z][a-z-]*")
"""The name of an option, which is no secret and says what is wrong."""

_STARTING_SECONDS = 5.0
"""How long an exit waits for a thread that starts a plugin at that moment."""
_starting = threading.Lock()
_running: set[int] = set()
"""Process groups of the plugins that have not ended, on whatever thread they are waited for."""


@dataclass(frozen=True)
class PluginAnswer:
    """What a plugin gave; none of it is ever shown."""

    token: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    expires: datetime | None = None


def run_plugin(
    plugin: Mapping[str, Any], cluster: Mapping[str, Any], source: str, seconds: float = PLUGIN_SECONDS
) -> PluginAnswer:
    """Return what a plugin answers; ``plugin`` is a user's ``exec``, ``cluster`` the cluster it is asked for.

    Raises KubeconfigError for one that fails, hangs, or answers something else.
    """
    version, command = plugin.get("apiVersion") or "", plugin.get("command") or ""
    failure = _Failure(source, command, plugin.get("installHint") or "")
    if version not in VERSIONS:
        raise failure(f"its apiVersion is not one of {', '.join(VERSIONS)}")
    mode = plugin.get("interactiveMode") or ("" if version == VERSIONS[0] else "IfAvailable")
    if mode not in ("Never", "IfAvailable", "Always"):
        raise failure("its interactiveMode is not one of Never, IfAvailable, Always")
    if mode == "Always":
        raise failure("it needs a terminal, and plugins get none here: log in first")
    path = shutil.which(command)
    if path is None:
        raise failure("there is no such program", installation=True)
    if not os.path.dirname(command) and not os.path.isabs(path):  # Go's exec.ErrDot
        raise failure("cannot run a program that PATH finds relative to the current folder: write its path")
    info = {
        "apiVersion": version,
        "kind": "ExecCredential",
        "spec": {
            "interactive": False,
            **({"cluster": _describe_cluster(cluster)} if plugin.get("provideClusterInfo") else {}),
        },
    }
    environment = {**os.environ, "KUBERNETES_EXEC_INFO": json.dumps(info)}
    for variable in plugin.get("env") or ():
        name, value = variable.get("name"), variable.get("value")
        if not isinstance(name, str) or not name or not isinstance(value, (str, type(None))):
            raise failure("its env: expected a list, each item with a name and a value, both strings")
        environment[name] = value or ""
    try:
        code, output, errors = _run([path, *(plugin.get("args") or ())], environment, seconds)
    except subprocess.TimeoutExpired:
        raise failure(f"it has not ended within {seconds:g} seconds") from None
    except (OSError, ValueError) as error:
        raise failure(describe_error(error, secret=True)) from None
    if code != 0:
        said = write_on_one_line(errors.decode(errors="replace"), secrets=_list_secrets(plugin))
        raise failure(f"exit code {code}" + (f": {said}" if said else ""))
    return _read_answer(output, version, failure)


def _list_secrets(plugin: Mapping[str, Any]) -> list[str]:
    """Return what a plugin was given that may be secret: values of its env, arguments, values of options."""
    values = [variable.get("value") or "" for variable in plugin.get("env") or ()]
    for argument in plugin.get("args") or ():
        if not _OPTION.fullmatch(argument):
            values += [argument, argument.partition("=")[2]]
    return [value for value in values if len(value) >= _SECRET]


class _Failure:
    """Makes the error of one plugin."""

    def __init__(self, source: str, command: str, hint: str) -> None:
        self._place, self._hint = (
            f"{source}: exec plugin {write_on_one_line(command)}",
            write_on_one_line(hint),
        )

    def __call__(self, reason: str, *, installation: bool = False) -> KubeconfigError:
        text = f"{self._place}: {reason}"
        ways = (self._hint,) if installation and self._hint else ()
        return KubeconfigError(text, cause=text, ways_out=ways)


def _run(command: list[str], environment: Mapping[str, str], seconds: float) -> tuple[int, bytes, bytes]:
    """Run a plugin in a process group of its own, which ends as a whole when its time is over."""
    with _starting:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        _running.add(process.pid)
    with process:
        try:
            output, errors = process.communicate(timeout=seconds)
        except BaseException:  # an interrupt of the user, too
            _kill_group(process.pid)
            raise
        finally:
            _running.discard(process.pid)
    return process.returncode, output[:_LARGEST], errors[:_LARGEST]


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


@atexit.register
def _kill_running() -> None:
    """End the plugins that a daemon thread waits for: an exit interrupts the main thread alone."""
    _starting.acquire(timeout=_STARTING_SECONDS)  # for good: from now on none begins
    for group in tuple(_running):
        _kill_group(group)


def _read_answer(output: bytes, version: str, failure: _Failure) -> PluginAnswer:
    try:
        found = json.loads(output)
    except (ValueError, RecursionError) as error:
        raise failure(f"its answer is {describe_error(error, secret=True)}") from None
    if not isinstance(found, Mapping) or found.get("kind") != "ExecCredential":
        raise failure("its answer is not an ExecCredential")
    if found.get("apiVersion") != version:
        raise failure(f"its answer's apiVersion is not {version}")
    status = found.get("status")
    if not isinstance(status, Mapping):
        raise failure("its answer has no status")
    names = ("token", "clientCertificateData", "clientKeyData", "expirationTimestamp")
    values = [status.get(name) or "" for name in names]
    if not all(isinstance(value, str) for value in values):
        raise failure("its status has a field that is not a string")
    token, certificate, key, expires = values
    if not token and not certificate and not key:
        raise failure("its answer has neither a token nor a certificate")
    if bool(certificate) != bool(key):
        raise failure("its answer has only one of clientCertificateData and clientKeyData")
    return PluginAnswer(token.strip(), certificate, key, _parse_moment(expires, failure) if expires else None)


def _parse_moment(text: str, failure: _Failure) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise failure("its answer's expirationTimestamp is not a time as in RFC 3339") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)


def _describe_cluster(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """Return a cluster in the form in which a plugin gets it (``ExecCredentialSpec.cluster``)."""
    names = (
        "server",
        "tls-server-name",
        "insecure-skip-tls-verify",
        "certificate-authority-data",
        "proxy-url",
    )
    about = {name: cluster[name] for name in names if cluster.get(name)}
    for extension in cluster.get("extensions") or ():
        if isinstance(extension, Mapping) and extension.get("name") == "client.authentication.k8s.io/exec":
            about["config"] = extension.get("extension")
    return about
