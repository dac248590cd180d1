"""What the shell completes: contexts, codes of findings, presets. A completion that fails offers nothing."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import click
from click.shell_completion import CompletionItem


def complete_contexts(context: click.Context, _option: click.Parameter, typed: str) -> list[CompletionItem]:
    """Offer the contexts of the kubeconfig that is named, or that kubectl takes."""
    paths = context.params.get("kubeconfig") or os.environ.get("KUBECONFIG") or "~/.kube/config"
    found: list[str] = []
    for path in str(paths).split(os.pathsep):
        with suppress(Exception):
            found += _list_contexts(Path(path).expanduser())
    return _list_completions(typed, ((name, "") for name in dict.fromkeys(found)))


def complete_codes(_context: click.Context, _option: click.Parameter, typed: str) -> list[CompletionItem]:
    """Offer the codes of findings, each with what it finds."""
    from ..checks.registry import CODES

    return _list_completions(typed, ((name, code.title) for name, code in CODES.items()))


def complete_presets(_context: click.Context, _option: click.Parameter, typed: str) -> list[CompletionItem]:
    """Offer the known kinds of nodes and groups of presets, each with what it is."""
    from ..catalogue import KINDS
    from ..config.presets import GROUPS

    groups = ((name, "a group of presets") for name in GROUPS)
    return _list_completions(typed, (*((kind.name, kind.description) for kind in KINDS.values()), *groups))


def _list_contexts(path: Path) -> list[str]:
    from ..config.yaml_data import load_yaml

    document = load_yaml(path.read_text(encoding="utf-8"), str(path))
    return [str(one["name"]) for one in document["contexts"]]


def _list_completions(typed: str, offered: Iterable[tuple[str, str]]) -> list[CompletionItem]:
    return [
        CompletionItem(name, help=help_text or None) for name, help_text in offered if name.startswith(typed)
    ]
