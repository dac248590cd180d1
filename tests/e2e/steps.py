"""What people do with a stack, one step at a time and at random: none of it is a destroy."""

import contextlib
import random
from time import monotonic
from typing import Any, get_args

from sandbox import api, pulumi

from .killing import PointNotReachedError, Victim, end, kill_at
from .other_programs import ORIGINAL, TRANSFORMED, write_program
from .standing import RECORDS, Kubeconfig, Standing
from .urns import COMPONENT, NAMESPACE, RECORD, RELEASE

FLAGS: tuple[tuple[str, ...], ...] = (
    (),
    ("--target", COMPONENT),
    ("--target", NAMESPACE, "--target", RELEASE),
    ("--exclude", COMPONENT),
    ("--exclude", RELEASE),
    ("--exclude", COMPONENT, "--exclude", RECORD),
    ("--refresh",),
    ("--continue-on-error",),
    ("--replace", RELEASE),
    ("--target-replace", NAMESPACE),
)
PROGRAMS = {
    "as it is": 'kruise = OpenKruise("kruise", args_from_config(), pulumi.ResourceOptions({options}))',
    "without the component": "",
    "renamed": 'kruise = OpenKruise("renamed", args_from_config(), pulumi.ResourceOptions({options}))',
    "below a parent": 'above = pulumi.ComponentResource("x:index:Above", "above")\n'
    'kruise = OpenKruise("kruise", args_from_config(), pulumi.ResourceOptions(parent=above, {options}))',
    "twice": 'kruise = OpenKruise("kruise", args_from_config(), pulumi.ResourceOptions({options}))\n'
    'OpenKruise("second", args_from_config())',
}
DELETE_FIRST = TRANSFORMED.format(option="delete_before_replace=True")
"""An option with which the engine deletes a child before it creates another in its place."""
ANOTHER = ("renamed", "below a parent", "twice")
"""Programs with a component that the state does not have: on the other cluster it is a new installation."""
SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"virtualNodeSelectors": ["pool=batch"]},
    {"namespace": "elsewhere"},
    {"namespace": "elsewhere", "releaseNamespace": "kruise-system"},
    {"releaseName": "other"},
    {"createNamespace": "false"},
    {"values": {"crds": {"managed": False}}},
)
STATUSES = ("pending-upgrade", "pending-rollback", "uninstalling", "failed")


class Steps:
    """Runs random steps on a standing installation and keeps what they did and said."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._stack = standing.stack
        self._folder = standing.folder
        self.done: list[str] = []
        """A line for each step."""
        self.output = ""
        """What the last command said."""

    def take(self, chance: random.Random) -> None:
        """Take one random step, two of three times an update."""
        kinds = [*[self._up] * 8, *[self._refresh] * 2, self._stick, self._lose]
        self.output = ""
        self.done.append(chance.choice(kinds)(chance))

    def _up(self, chance: random.Random) -> str:
        """Update with some program, config, kubeconfig and flags, and kill it now and then."""
        name, flags, settings = chance.choice(list(PROGRAMS)), chance.choice(FLAGS), chance.choice(SETTINGS)
        kubeconfig = self._choose_kubeconfig(chance)
        if chance.random() < 0.5:  # else nearly everything is refused for two reasons
            name, settings = "as it is", {}
        options = DELETE_FIRST if chance.random() < 0.25 else ""
        self._standing.may_be_elsewhere |= name in ANOTHER and kubeconfig == "other"
        write_program(self._folder, PROGRAMS[name].format(options=options))
        self._standing.configure(settings, kubeconfig)
        command = ("up", "--yes", "--skip-preview", *flags)
        what = f"{name}{', deletions first' if options else ''}"
        step = f"up {' '.join(flags)}: {what}, {settings}, kubeconfig {kubeconfig}"
        if chance.random() < 0.15:
            return f"killed: {step} -> {self._kill(command, chance)}"
        return f"{step} -> {self._run(command)}"

    def _kill(self, command: tuple[str, ...], chance: random.Random) -> int:
        """Kill the command, its provider or both after some time; end what survives."""
        until = monotonic() + chance.uniform(0.5, 8)
        victim: Victim = chance.choice(get_args(Victim))
        with self._stack.started(*command, folder=self._folder) as running:
            with contextlib.suppress(PointNotReachedError):
                end(kill_at(running.process, lambda: monotonic() > until, victim))
            self.output, code = running.finished()
        pulumi.run(self._stack.state, ["cancel", "--yes", "--stack", self._stack.name], cwd=self._folder)
        return code

    def _refresh(self, chance: random.Random) -> str:
        """Refresh, sometimes by the program, sometimes with another kubeconfig."""
        flags = chance.choice(((), ("--run-program",), ("--clear-pending-creates",)))
        kubeconfig = self._choose_kubeconfig(chance)
        write_program(self._folder, ORIGINAL)
        self._standing.configure(kubeconfig=kubeconfig)
        code = self._run(("refresh", "--yes", "--skip-preview", *flags))
        return f"refresh {' '.join(flags)}: kubeconfig {kubeconfig} -> {code}"

    def _stick(self, chance: random.Random) -> str:
        """Leave the release as an operation that was killed would."""
        status = chance.choice(STATUSES)
        records = self._standing.records()
        if not records:
            return "stick: there is no release"
        newest = max(records.values(), key=lambda one: int(one["metadata"]["labels"]["version"]))
        api.call(
            self._standing.cluster.client,
            "PATCH",
            f"{RECORDS}/{newest['metadata']['name']}",
            {"metadata": {"labels": {"status": status}}},
            content_type="application/merge-patch+json",
        )
        return f"stick: {status}"

    def _lose(self, _chance: random.Random) -> str:
        """Delete Helm's records, as a careless hand does: the release is gone, and its objects are there."""
        for name in self._standing.records():
            api.call(self._standing.cluster.client, "DELETE", f"{RECORDS}/{name}")
        return "lose: Helm's records"

    def _choose_kubeconfig(self, chance: random.Random) -> Kubeconfig:
        """Return the stack's own kubeconfig half of the time, else any."""
        found: Kubeconfig = "own" if chance.random() < 0.5 else chance.choice(get_args(Kubeconfig))
        # A refresh there may find the release gone and forget it; installing it there then loses nothing.
        self._standing.may_be_elsewhere |= found in ("rewritten", "replaced")
        return found

    def _run(self, command: tuple[str, ...]) -> int:
        outcome = self._stack.run(*command, folder=self._folder)
        self.output = outcome.output
        return outcome.code
