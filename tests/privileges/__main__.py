"""Write the roles in deploy/, from what the API server was asked for in the life of a release.

Run it when the component or the provider has come to ask for something else: ``make roles``.
"""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from sandbox import build, chart_choice
from sandbox.manager import wait_for_manager
from sandbox.state import State
from tests.e2e.conftest import sandbox_command
from tests.e2e.observing import Cluster

from .grants import HOME, Grant, asked, rules
from .installer import InstallerStack, bind, make_account
from .life import steps
from .manifest import INSTALLER, OPTIONAL, READER, header
from .reading import COMMANDS, run, trouble

# To create a role one must hold what it grants, or these verbs; the API server does not log that it looked.
_ESCALATION = [
    Grant("rbac.authorization.k8s.io", resource, verb)
    for resource in ("clusterroles", "roles")
    for verb in ("bind", "escalate")
]
# Helm numbers the releases' records.
_NUMBERED = ("secrets",)
# What the commands look at in any namespace and under any name.
_UNNAMED = ("secrets", "pods/log", "customresourcedefinitions")


class _Dumper(yaml.SafeDumper):
    """Writes shared lists out in full."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _write(path: Path, name: str, found: Mapping[Grant, Iterable[str]], nameless: Iterable[str]) -> None:
    documents = []
    for kind, namespace in (("ClusterRole", ""), ("Role", HOME)):
        here = {grant: names for grant, names in found.items() if grant.namespace == namespace}
        metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
        documents.append(
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": kind,
                "metadata": metadata,
                "rules": rules(here, nameless),
            }
        )
    text = yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=110)
    path.write_text(header(path) + text, encoding="utf-8")


def main() -> None:
    """Live the life as an administrator of the account's name, and write down what that took."""
    state = State(Path(tempfile.mkdtemp(prefix="openkruise-privileges-")))
    try:
        started = sandbox_command(state, "start")
        if started.returncode != 0:
            raise SystemExit(started.stderr)
        charts = chart_choice.stand_ins(state, build.build())
        everything = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
        role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"}
        kubeconfig = make_account(state)
        bind(state, [{**role, "metadata": {"name": "everything"}, "rules": everything}])
        stack = InstallerStack(state, charts["1.7.5"], kubeconfig)
        cluster, log = Cluster(state), state.logs / "audit.log"
        found: dict[Grant, set[str]] = {}
        for name, step in steps(stack, cluster, charts):
            print(name, flush=True)
            start = log.stat().st_size
            step()
            for grant, names in asked(log, start).items():
                found.setdefault(grant, set()).update(names)
            if name == "upgrade over a change of storage":
                wait_for_manager(state)
                start = log.stat().st_size
                trouble(cluster)
                for command in COMMANDS:
                    run(command, kubeconfig)
                _write(READER, "openkruise-reader", asked(log, start), _UNNAMED)
        for grant in _ESCALATION:
            for other in list(found):
                if (other.group, other.resource, other.verb) == (grant.group, grant.resource, "get"):
                    found[replace(grant, namespace=other.namespace)] = found[other]
        found = {grant: names for grant, names in found.items() if not grant.is_one_of(OPTIONAL)}
        _write(INSTALLER, "openkruise-installer", found, _NUMBERED)
    finally:
        sandbox_command(state, "down")


if __name__ == "__main__":
    main()
