"""The sandbox's command line."""

import os
import shlex
import shutil
import sys
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import click
import yaml

from sandbox import build as builder
from sandbox import chart_choice, pulumi, table
from sandbox.chart_versions import VERSIONS
from sandbox.cluster import link_openkruise, running, start_cluster
from sandbox.errors import SandboxError
from sandbox.installed import find_installed, installed_project, project_folder
from sandbox.manager import describe, start_manager, wait_for_manager
from sandbox.processes import alive, names, stop_all
from sandbox.programs import KRUISE_VERSION, MANAGERS, OPENKRUISE
from sandbox.progress import clock
from sandbox.state import ROOT, State, open_state


class _Errors(click.Group):
    """Prints a :class:`SandboxError` as text, not as a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SandboxError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(1)


@click.group(cls=_Errors)
@click.option("--state-dir", help="The sandbox's folder (default: $SANDBOX_DIR, else .sandbox of the clone).")
@click.pass_context
def main(context: click.Context, state_dir: str | None) -> None:
    """Run a throw-away Kubernetes cluster and a Pulumi of real parts, on loopback."""
    context.obj = open_state(state_dir)


@main.command()
@click.option("--with-helm", is_flag=True, help="Build the Helm command line as well.")
@click.option("--with-yaml", is_flag=True, help="Build Pulumi's language host for YAML as well.")
def build(with_helm: bool, with_yaml: bool) -> None:
    """Build the programs that are not in the cache."""
    optional = {"helm": with_helm, "pulumi-language-yaml": with_yaml}
    extra = [name for name, wanted in optional.items() if wanted]
    for name, folder in builder.build(extra, find_installed(_say)).items():
        click.echo(f"{name:28} {folder}")


@main.command()
@click.pass_obj
def start(state: State) -> None:
    """Start the cluster, without installing anything."""
    _start(state)


@main.command()
@click.option("--output", type=click.Choice(["table", "json"]), default="table")
@click.pass_obj
def up(state: State, output: str) -> None:
    """Build, start, `pulumi up` on stack sandbox, and show the nodes.

    For a new cluster, what does the work of OpenKruise's images is built last: nothing before needs it.
    """
    begin = time.monotonic()
    if not (ROOT / "Pulumi.yaml").exists():
        raise SandboxError(f"There is no Pulumi.yaml in {ROOT}.")
    unneeded = MANAGERS - chart_choice.needed_managers()
    folders = _start(state, spared=unneeded if state.kubeconfig.exists() else OPENKRUISE)
    later = OPENKRUISE - unneeded - folders.keys()
    chosen = chart_choice.choose(state, folders)
    click.echo(chosen.why, err=True)
    config = stack_config(state, chosen)
    command = [
        "up",
        "--yes",
        "--skip-preview",
        "--non-interactive",
        "--stack",
        pulumi.STACK,
        "--config-file",
        str(config),
    ]
    project = project_folder(state, folders)
    if output == "json":
        done = pulumi.run(state, command, cwd=project)
        click.echo(done.stdout, err=True)
    else:
        done = pulumi.run(state, command, cwd=project, capture=False)
    if done.returncode != 0:
        raise SandboxError("`pulumi up` failed; see above.")
    if not later:
        wait_for_manager(state)
    _table(state, output)
    click.echo(f"Up after {clock(time.monotonic() - begin)}. `make down` stops it.", err=True)
    click.echo(f"Your own `pulumi` commands (see `env`) take {_stack_options(state)}", err=True)
    if later:
        _say("Now OpenKruise's manager is built. Until it answers, pods outside kruise-system are refused.")
        link_openkruise(state, builder.build(given=folders, spared=unneeded))
        wait_for_manager(state)
        _say(f"OpenKruise's manager answers after {clock(time.monotonic() - begin)}.")


@main.command()
@click.option("--output", type=click.Choice(["table", "json"]), default="table")
@click.pass_obj
def status(state: State, output: str) -> None:
    """Show what runs, and the nodes."""
    if not names(state):
        raise SandboxError(f"No sandbox is running in {state.directory}.")
    for name in names(state):
        click.echo(f"{name:28} {'runs' if alive(state, name) else 'has stopped'}", err=True)
    click.echo(f"{'OpenKruise':28} {describe(state)}", err=True)
    if running(state):
        _table(state, output)


@main.command()
@click.pass_obj
def stop(state: State) -> None:
    """Stop the processes and keep the data; `start` goes on from there."""
    state.must_be_ours()
    stop_all(state)


@main.command()
@click.pass_obj
def down(state: State) -> None:
    """Stop exactly what was started here and throw the cluster and its state away."""
    state.must_be_ours()
    stop_all(state)
    # Only what a sandbox has made: whatever else was put into its folder stays.
    for name in ("bin", "logs", "run", "pki", "pulumi", "etcd", "chart", "kruise-certs"):
        shutil.rmtree(state.directory / name, ignore_errors=True)
    for name in (
        "kubeconfig",
        "ports.json",
        "chart.json",
        "manager.json",
        "egress.yaml",
        "audit.yaml",
        "kwok-real.yaml",
        "kwok-virtual.yaml",
    ):
        (state.directory / name).unlink(missing_ok=True)
    # Last, so that a `down` that was interrupted can be repeated.
    state.marker.unlink(missing_ok=True)
    if state.directory.is_dir() and not any(state.directory.iterdir()):
        state.directory.rmdir()


@main.command()
@click.option("--version", type=click.Choice(list(VERSIONS)), default=KRUISE_VERSION, show_default=True)
@click.pass_obj
def chart(state: State, version: str) -> None:
    """Assemble the stand-in chart of a version in the sandbox's folder, and print its path."""
    state.claim()
    click.echo(chart_choice.stand_in(state, builder.build(), version))


@main.command()
@click.pass_obj
def env(state: State) -> None:
    """Print the environment for one's own `pulumi` and `kubectl` commands: eval "$(... env)"."""
    for name, value in pulumi.environment(state).items():
        click.echo(f"export {name}={shlex.quote(value)}")
    # Past `eval`, to people: with the committed file Pulumi installs another chart and writes a salt into it.
    click.echo(f"# `pulumi up`, `preview` and `destroy` take {_stack_options(state)}", err=True)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _start(state: State, spared: Collection[str] = ()) -> dict[str, Path]:
    state.claim()
    folders = builder.build(given=find_installed(_say), spared=spared)
    start_cluster(state, folders)
    start_manager(state)
    pulumi.prepare(state, folders["pulumi-resource-kubernetes"])
    return folders


def stack_config(state: State, chosen: chart_choice.Chart) -> Path:
    """Return the config file for the sandbox's stack, which is created if it does not exist."""
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["name"]
    salt = pulumi.prepare_stack(state, project, pulumi.STACK)
    base = ROOT / "stacks" / f"Pulumi.{pulumi.STACK}.yaml"
    return pulumi.write_config(state, pulumi.STACK, chosen.config(), base=base, salt=salt)


def _stack_options(state: State) -> str:
    project = installed_project(state)
    folder = f"--cwd {shlex.quote(str(project))} " if project.is_dir() else ""
    return f"{folder}--stack {pulumi.STACK} --config-file {shlex.quote(str(pulumi.config_file(state)))}"


def _table(state: State, output: str) -> None:
    selectors = pulumi.outputs(state).get("selectors") or []
    table.show(table.rows(state, [str(text) for text in selectors]), output)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main(prog_name="python -m sandbox")
