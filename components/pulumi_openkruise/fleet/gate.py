"""One cluster as ``check`` sees it, with the kubeconfig of its own stack; never with the environment's."""

from collections.abc import Mapping
from typing import Any

from ..checks import Report, check, expect_settings
from ..config.settings import read_settings
from ..config.stack_config import parse_config
from ..diagnostics.field_names import NAMESPACE, config_field_name
from ..diagnostics.problem import ConfigError
from ..diagnostics.unavailable import Unavailable
from .file import GATES, Gate

CONNECT_SECONDS, READ_SECONDS = 3.0, 10.0


def check_cluster(stack: str, config: Mapping[str, Any], *, live: bool = False) -> Report | Unavailable:
    """Return what ``check`` says of a stack's cluster; ``config`` is as ``Stack.config`` reads it."""
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
    source = f"config of stack {stack}"
    try:
        # No message shows what is in a secret.
        arguments = parse_config(raw, source=source, secret_keys=secret_keys)
        settings = read_settings(arguments, source=source, field_name=config_field_name())
        expected = expect_settings(settings, source)
        cluster = connect(
            str(kubeconfig),
            known.get("kubernetes:context"),
            known.get("kubernetes:cluster"),
            connect_seconds=CONNECT_SECONDS,
            read_seconds=READ_SECONDS,
        )
        release = (expected.release_namespace, expected.release_name)
        snapshot = survey(
            cluster, classify=classify, namespace=expected.namespace, release=release, live=live
        )
    except ConfigError as error:
        return Unavailable(str(error))
    except ClusterError as error:
        return Unavailable(error.cause)
    return check(snapshot, expected)


def stopping(report: Report | Unavailable, gate: Gate) -> list[str]:
    """Return what stops a wave, a line each: findings as bad as the gate or worse, or no look at all."""
    if gate == "off":
        return []
    if isinstance(report, Unavailable):
        return [f"cannot be looked at: {report.reason}"]
    bad = GATES[1 : GATES.index(gate) + 1]
    return [
        f"{finding.severity} {finding.code}: {finding.what}; {finding.remedy}"
        for finding in report.findings
        if finding.severity in bad
    ]
