"""Standard streams that are closed or full: no internal error, and no exit code of findings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pulumi_openkruise.cli.output.streams import write_error

FULL = Path("/dev/full")
COMMANDS = ("affinity a=b", "affinity a=b --explain", "presets", "policy", "--help")
"""They write by each way that there is: plain text, tables, files for others, click's own help."""

needs_full = pytest.mark.skipif(not FULL.exists(), reason="Linux alone has /dev/full")


def shell(line: str) -> "subprocess.CompletedProcess[bytes]":
    """Run the program with streams that a shell redirects."""
    command = ["sh", "-c", f'"$0" -m pulumi_openkruise {line}', sys.executable]
    return subprocess.run(command, capture_output=True, check=False, env=dict(os.environ))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_closed_output_drops_what_is_printed(command: str) -> None:
    done = shell(f"{command} >&-")
    assert done.returncode == 0
    assert b"rror" not in done.stderr


@needs_full
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_output_is_said(command: str) -> None:
    done = shell(f"{command} >/dev/full")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == b"standard output: cannot be written: No space left on device"
    assert b"Internal" not in done.stderr


@pytest.mark.parametrize("target", ["&-", pytest.param("/dev/full", marks=needs_full)])
def test_errors_that_cannot_be_written_keep_their_exit_code(target: str) -> None:
    assert shell(f"affinity 'a in (' 2>{target}").returncode == 2
    assert shell(f"nonsense 2>{target}").returncode == 2
    assert shell(f"policy 2>{target}").returncode == 0  # prints a note


def test_nothing_on_standard_error_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    write_error("a\x1b]0;owned\x07\x1b[2J\x9b1A\r\u202eb\nc")
    assert capsys.readouterr().err == "a\\x1b]0;owned\\x07\\x1b[2J\\x9b1A\\r\\u202eb\nc\n"


def test_a_closed_input_is_empty() -> None:
    done = shell("affinity <&-")
    assert (done.returncode, done.stderr) == (
        2,
        b"standard input: no selectors; for an empty list write []\n",
    )
    assert shell("affinity --stack-file - <&-").returncode == 0
