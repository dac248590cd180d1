"""Runs ``check`` on one cluster, with the kubeconfig of its own stack and never with the environment's."""

from ..checks import Expected, Report, Snapshot, check, expect_settings
from ..checks.daemon_changes import compare_daemons, describe_changes
from ..config.config_json import ConfigJson, select_namespace
from ..config.fleet_file import Gate
from ..config.settings_reader import read_settings
from ..config.stack_config import parse_config
from ..diagnostics.field_names import NAMESPACE
from ..diagnostics.problem import ConfigError
from ..diagnostics.unavailable import Unavailable
from .record import Stack


def check_cluster(stack: Stack, config: ConfigJson, *, live: bool = False) -> Report | Unavailable:
    """Return what ``check`` reports of a stack's cluster; ``live`` also compares objects with manifests."""
    found = _survey(stack, config, live)
    return found if isinstance(found, Unavailable) else check(*found)


def preview_daemons(stack: Stack, config: ConfigJson) -> list[str]:
    """Return which kinds of nodes would gain or lose the daemon by a stack's update, a line each."""
    found = _survey(stack, config, live=False)
    return describe_changes(found if isinstance(found, Unavailable) else compare_daemons(*found))


def _survey(stack: Stack, config: ConfigJson, live: bool) -> tuple[Snapshot, Expected] | Unavailable:
    # Imported here: it takes longer than everything else in this program.
    from ..cluster import ClusterError, connect
    from ..cluster.kubeconfig_file import find_stack_kubeconfig
    from ..detection import classify
    from ..inventory.survey import survey

    provider, _secret = select_namespace(config, "kubernetes")
    kubeconfig = find_stack_kubeconfig(provider.get("kubeconfig"), str(stack.folder))
    if kubeconfig is None:
        return Unavailable(f"stack {stack.name} has no kubernetes:kubeconfig")
    raw, secret_keys = select_namespace(config, NAMESPACE)
    try:
        # No message shows what is in a secret.
        given = parse_config(raw, source=f"config of stack {stack.name}", secret_keys=secret_keys)
        settings = read_settings(given, source=given.source, field_name=given.field_name)
        expected = expect_settings(settings, given.source)
        chosen = provider.get("context"), provider.get("cluster")
        cluster = connect(kubeconfig, *chosen, connect_seconds=3.0, read_seconds=10.0)
        place, release = expected.namespace, (expected.release_namespace, expected.release_name)
        return survey(cluster, classify=classify, namespace=place, release=release, live=live), expected
    except ConfigError as error:
        return Unavailable(str(error))
    except ClusterError as error:
        return Unavailable(error.cause)


def find_stopping(report: Report | Unavailable, gate: Gate) -> list[str]:
    """Return what stops a wave, a line each: findings as severe as the gate, or an unreadable cluster."""
    if gate == "off":
        return []
    if isinstance(report, Unavailable):
        return [f"the cluster cannot be inspected: {report.reason}"]
    return [f"{one.severity} {one.code}: {one.what}; {one.remedy}" for one in report.find_failing(gate)]
