"""What a shell completes, asked as a shell asks."""

import subprocess
import sys
from pathlib import Path

import pytest

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
