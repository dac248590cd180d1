"""The group of subcommands, the exit codes, and how errors are shown.

Exit codes of all subcommands: 0 clean, 1 findings, 2 unusable input (or anything else that kept the command
from doing its work).
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from traceback import format_exc

import click

from .output.streams import WRITE_ERRORS, discard_output, end_errors, open_closed_streams, write_error
from .signals import end_on_signals

CLEAN, FINDINGS, UNUSABLE = 0, 1, 2

COMPLETE = "_PULUMI_OPENKRUISE_COMPLETE"
"""The variable by which a shell asks for its completion script, and then for completions."""

COMMANDS: dict[str, tuple[str, str]] = {
    "affinity": ("affinity", "Print the node affinity that keeps the daemon off virtual nodes."),
    "check": ("check", "Check a cluster against a stack's selectors, and its OpenKruise for known faults."),
    "discover": ("discover", "Find the virtual nodes, and propose the config that excludes them."),
    "recover": ("recover", "Recover an installation whose `up` or `destroy` was interrupted."),
    "fleet": ("fleet", "Show how many clusters stand, and in which waves they are updated."),
    "migrate-storage": (
        "migrate_storage",
        "Store custom resources in the API version that another chart needs.",
    ),
    "values": ("values", "Print the chart's values for Helm, Argo CD or Flux, affinities computed."),
    "schema": ("schema", "Print a JSON Schema for stack files, which editors read."),
    "policy": ("policy", "Print an admission policy that labels virtual nodes when they register."),
    "presets": ("presets", "List the known kinds of nodes, and what each preset excludes."),
}
"""Subcommands: the module that holds a click command of the same name, and one line of help."""


_DEFAULT_DIRECTIVE, _NO_FILES_DIRECTIVE = 0, 4
"""Bits that end an answer to kubectl's completion: complete files, or do not (cobra's ShellCompDirective)."""


class _LazyGroup(click.Group):
    """A group that imports a subcommand only to run it or to show its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _help = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f".{module}", __package__), cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_module, text) in COMMANDS.items()])


@click.group(
    cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="pulumi-openkruise", message="%(package)s %(version)s")
def commands() -> None:
    """Keep OpenKruise's daemon off virtual nodes, and its installation in order.

    \b
    Exit codes: 0  clean
                1  findings
                2  unusable input, or the cluster cannot be read
    """


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line with these arguments, or those of the process, and exit."""
    end_on_signals()
    code = run(args, as_plugin=os.path.basename(sys.argv[0]).startswith("kubectl-"))
    end_errors()
    sys.exit(code)


def run(args: Sequence[str] | None = None, *, as_plugin: bool = False) -> int:
    """Run the command line and return its exit code; errors are printed, not raised.

    ``as_plugin`` says that kubectl has started it: kubectl finds a plugin by its script's name,
    ``kubectl-openkruise``, and users call it ``kubectl openkruise``.
    """
    name = "kubectl openkruise" if as_plugin else "pulumi-openkruise"
    open_closed_streams()
    try:
        code = commands.main(args=args, prog_name=name, complete_var=COMPLETE, standalone_mode=False)
    except click.UsageError as error:
        message = error.format_message()
        if not message.startswith("Usage:"):  # else it is the whole help, for want of a subcommand
            usage = f"{error.ctx.get_usage()}\n" if error.ctx else ""
            message = f"{usage}Error: {message}"
        write_error(message)
        return UNUSABLE
    except click.ClickException as error:
        write_error(error.format_message())
        return UNUSABLE
    except click.Abort:
        return 130
    except OSError as error:
        if error.filename is not None or error.errno not in WRITE_ERRORS:
            return _report_unforeseen(error)
        # click writes the help itself.
        discard_output()
        write_error(f"standard output: cannot be written: {error.strerror}")
        return UNUSABLE
    except Exception as error:
        return _report_unforeseen(error)
    return code if isinstance(code, int) else CLEAN


def _report_unforeseen(error: Exception) -> int:
    """Report an error that is a fault of this program; Python's own exit code would be that of findings.

    Its words are left out: a library's exception may quote the kubeconfig or the stack that it read.
    """
    from ..foreign.error_text import describe_error  # a command that works does without the parser of YAML

    kind = type(error).__name__
    words = describe_error(error, secret=True)
    message = f"Internal error: {kind}{'' if words == kind else f': {words}'}\n"
    message += "Please report it; PULUMI_OPENKRUISE_DEBUG=1 shows where it happened, and what the error says"
    if os.environ.get("PULUMI_OPENKRUISE_DEBUG"):
        message = format_exc()
    write_error(message)
    return UNUSABLE


def complete_for_kubectl() -> None:
    """Print what completes the arguments of the process, as kubectl asks for a plugin's completions.

    kubectl runs ``kubectl_complete-openkruise`` with the words so far. It reads one completion per line,
    with a tab before its description, and the directive at the end.
    """
    from click.shell_completion import ShellComplete

    *words, typed = sys.argv[1:] or [""]
    found = ShellComplete(commands, {}, "kubectl openkruise", COMPLETE).get_completions(words, typed)
    plain = [item for item in found if item.type == "plain"]
    lines = [f"{item.value}\t{item.help}" if item.help else str(item.value) for item in plain]
    directive = _NO_FILES_DIRECTIVE if len(plain) == len(found) else _DEFAULT_DIRECTIVE
    click.echo("\n".join([*lines, f":{directive}"]))
