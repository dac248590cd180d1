"""What a shell completes, asked as a shell asks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.documents import BLOCK, command_lines
from tests.support.engine import ROOT

CODE = "import sys; from pulumi_openkruise.cli.app import main; sys.argv[0] = 'pulumi-openkruise'; main()"


def complete(monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
    monkeypatch.setenv("_PULUMI_OPENKRUISE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(("pulumi-openkruise", *words)))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_commands_and_options(monkeypatch: pytest.MonkeyPatch) -> None:
    assert complete(monkeypatch, "che") == ["check"]
    assert "--fail-on" in complete(monkeypatch, "check", "--f")
    assert complete(monkeypatch, "check", "--fail-on", "w") == ["warning"]


def test_codes_and_presets(monkeypatch: pytest.MonkeyPatch) -> None:
    assert complete(monkeypatch, "check", "--explain", "manager-s") == ["manager-single"]
    assert complete(monkeypatch, "presets", "liq") == ["liqo"]
    assert complete(monkeypatch, "presets", "all") == ["all"]


def test_contexts_of_the_kubeconfigs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    first.write_text("contexts:\n- {name: prod, context: {}}\n- {name: dev, context: {}}\n")
    second.write_text("contexts:\n- {name: preview, context: {}}\n")
    monkeypatch.setenv("KUBECONFIG", f"{first}:{second}:{tmp_path / 'none'}")
    assert complete(monkeypatch, "check", "--context", "pr") == ["prod", "preview"]
    assert complete(monkeypatch, "check", "--kubeconfig", str(first), "--context", "pr") == ["prod"]


@pytest.mark.parametrize("content", ["", "5", "contexts: 5", "a: [", "contexts:\n- 5"])
def test_a_kubeconfig_that_is_none_completes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "config"
    path.write_text(content)
    monkeypatch.setenv("KUBECONFIG", str(path))
    assert complete(monkeypatch, "discover", "--context", "p") == []


def test_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_PULUMI_OPENKRUISE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "pulumi-openkruise check --stack-file st")
    monkeypatch.setenv("COMP_CWORD", "3")
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.stdout == "file,st\n"  # bash completes files then


def documented_lines() -> list[tuple[str, str]]:
    """Return the shells and lines of docs/command-line.md."""
    (block,) = [
        block
        for mark, note, block in BLOCK.findall((ROOT / "docs" / "command-line.md").read_text())
        if (mark, note) == ("run", "tests/unit/cli/test_completion.py")
    ]
    return [(line.partition("_source")[0].rpartition("=")[2], line) for line in command_lines(block)]


def test_the_documented_lines_are_for_three_shells() -> None:
    assert [shell for shell, _line in documented_lines()] == ["bash", "zsh", "fish"]


@pytest.mark.parametrize(("shell", "line"), documented_lines(), ids=lambda part: part.split()[0])
def test_a_documented_line_switches_completion_on(shell: str, line: str, tmp_path: Path) -> None:
    (tmp_path / "pulumi-openkruise").write_text(f"#!/bin/sh\nexec '{sys.executable}' -c \"{CODE}\"\n")
    (tmp_path / "pulumi-openkruise").chmod(0o755)
    shown = {
        "bash": "complete -p pulumi-openkruise",
        "zsh": "print -r -- ${_comps[pulumi-openkruise]}",
        "fish": "complete -c pulumi-openkruise",
    }[shell]
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    prepared = "autoload -Uz compinit && compinit -u; " if shell == "zsh" else ""
    env = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run(
        [shell, "-c", f"{prepared}{line}\n{shown}"], capture_output=True, text=True, check=False, env=env
    )
    assert "_pulumi_openkruise_completion" in done.stdout, done.stderr
