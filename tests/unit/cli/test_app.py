"""What holds for every subcommand: an unforeseen error does not end with the exit code of findings."""

import click
import pytest
from pulumi_openkruise.cli.app import COMMANDS, UNUSABLE, commands, run


@pytest.mark.parametrize("debug", ["", "1"])
def test_an_unforeseen_error_is_no_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], debug: str
) -> None:
    def fail(_context: click.Context, _name: str) -> None:
        raise RuntimeError("\x1b[2J the sky")

    monkeypatch.setattr(commands, "get_command", fail)
    monkeypatch.setenv("PULUMI_OPENKRUISE_DEBUG", debug)
    assert run(["presets"]) == UNUSABLE
    out, err = capsys.readouterr()
    assert (out, "\x1b" in err) == ("", False)
    assert ("Traceback" in err, "Internal error" in err) == (bool(debug), not debug)
    # What a foreign exception says may be a secret that it read: only who asks for it sees it.
    assert ("the sky" in err) == bool(debug)
    assert "RuntimeError" in err


@pytest.mark.parametrize("name", [*sorted(set(COMMANDS) - {"fleet"}), "fleet check", "fleet list"])
def test_every_command_has_examples_and_takes_o_for_output(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert run([*name.split(), "--help"]) == 0
    text = capsys.readouterr().out
    assert "Examples:" in text
    assert f"  pulumi-openkruise {name}" in text
    assert "Exit codes:" in text
    assert "-o, --output" in text
    usual = {"values": "helm", "policy": "kyverno"}.get(name, "table")  # these two print files, and no table
    assert usual in text.partition("-o, --output")[2].partition("]")[0]
