"""One cluster as ``check`` sees it, with the kubeconfig of its own stack; never with the environment's."""

from collections.abc import Mapping
from typing import Any

from ..checks import Expected, Report, Snapshot, check, expect_settings
from ..checks.daemon_changes import DaemonChange, compare_daemons
from ..config.settings import read_settings
from ..config.stack_config import parse_config
from ..diagnostics.field_names import NAMESPACE
from ..diagnostics.problem import ConfigError
from ..diagnostics.unavailable import Unavailable
from .file import GATES, Gate

CONNECT_SECONDS, READ_SECONDS = 3.0, 10.0
Config = Mapping[str, Mapping[str, Any]]
"""A stack's whole config by full key, as ``Stack.config`` reads it."""


def check_cluster(stack: str, config: Config, *, live: bool = False) -> Report | Unavailable:
    """Return what ``check`` reports of a stack's cluster; ``live`` also compares objects with manifests."""
    found = _survey(stack, config, live)
    return found if isinstance(found, Unavailable) else check(*found)


def preview_daemons(stack: str, config: Config) -> list[DaemonChange] | Unavailable:
    """Return which kinds of nodes of a stack's cluster would gain or lose the daemon by its update."""
    found = _survey(stack, config, live=False)
    return found if isinstance(found, Unavailable) else compare_daemons(*found)


def _survey(stack: str, config: Config, live: bool) -> tuple[Snapshot, Expected] | Unavailable:
    # Imported here: it takes longer than everything else in this program.
    from ..cluster import ClusterError, connect
    from ..detection import classify
    from ..inventory.survey import survey

    known = {key: entry.get("value") for key, entry in config.items()}
    kubeconfig = known.get("kubernetes:kubeconfig")
    if not kubeconfig:
        return Unavailable(f"stack {stack} has no kubernetes:kubeconfig")
    prefix = f"{NAMESPACE}:"
    raw = {key.removeprefix(prefix): value for key, value in known.items() if key.startswith(prefix)}
    secret_keys = {key for key in raw if config[f"{prefix}{key}"].get("secret")}
    try:
        # No message shows what is in a secret.
        given = parse_config(raw, source=f"config of stack {stack}", secret_keys=secret_keys)
        settings = read_settings(given, source=given.source, field_name=given.field_name)
        expected = expect_settings(settings, given.source)
        cluster = connect(
            str(kubeconfig),
            known.get("kubernetes:context"),
            known.get("kubernetes:cluster"),
            connect_seconds=CONNECT_SECONDS,
            read_seconds=READ_SECONDS,
        )
        release = (expected.release_namespace, expected.release_name)
        namespace = expected.namespace
        return survey(cluster, classify=classify, namespace=namespace, release=release, live=live), expected
    except ConfigError as error:
        return Unavailable(str(error))
    except ClusterError as error:
        return Unavailable(error.cause)


def stopping(report: Report | Unavailable, gate: Gate) -> list[str]:
    """Return what stops a wave, a line each: findings as bad as the gate or worse, or a failed inspection."""
    if gate == "off":
        return []
    if isinstance(report, Unavailable):
        return [f"the cluster cannot be inspected: {report.reason}"]
    bad = GATES[1 : GATES.index(gate) + 1]
    return [
        f"{finding.severity} {finding.code}: {finding.what}; {finding.remedy}"
        for finding in report.findings
        if finding.severity in bad
    ]
