"""Exceptions of libraries in this program's words: with their own where nothing was secret, without else."""

import json
import ssl
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi_openkruise.foreign.error_text import describe_error, hide, write_on_one_line
from ruamel.yaml import YAML

MARKER = "s3cret-marker"


def header() -> None:
    connection = HTTPConnection("127.0.0.1", 1)
    connection.putrequest("GET", "/", skip_host=True)
    connection.putheader("Authorization", f"Bearer {MARKER}\nx")


RAISING: list[Callable[[], Any]] = [
    header,
    lambda: json.loads(f'{{"token": {MARKER}}}'),
    lambda: yaml.safe_load(f"token: [{MARKER}"),
    lambda: yaml.safe_load(f"token: *{MARKER}"),
    lambda: YAML(typ="safe", pure=True).load(f"token: [{MARKER}\n"),
    lambda: YAML(typ="safe", pure=True).load(f"a: !{MARKER} x\n"),
    lambda: f"{MARKER}\ud800".encode(),
    lambda: f"{MARKER}".encode("latin-1").decode("ascii") + b"\xff".decode(),
    lambda: dict[str, str]()[MARKER],
    lambda: int(MARKER),
    lambda: Path(f"/nowhere/{MARKER}").read_text(),
    lambda: ssl.create_default_context().load_verify_locations(cadata=MARKER),
    lambda: (_ for _ in ()).throw(RecursionError(MARKER)),
]


@pytest.mark.parametrize("action", RAISING)
def test_nothing_of_a_secret_input_is_passed_on(action: Callable[[], Any]) -> None:
    with pytest.raises(Exception) as caught:
        action()
    said = describe_error(caught.value, secret=True)
    assert MARKER not in said
    assert said == write_on_one_line(said) != ""


def test_a_secret_input_still_gives_the_position_of_the_error() -> None:
    with pytest.raises(ValueError) as caught:
        json.loads('{"a":\n  oops}')
    assert describe_error(caught.value, secret=True) == "not valid JSON at line 2, column 3"
    with pytest.raises(UnicodeDecodeError) as undecodable:
        b"ab\xff".decode()
    assert describe_error(undecodable.value, secret=True) == "not UTF-8 at byte 2"


def test_an_exception_without_secrets_keeps_its_words() -> None:
    assert describe_error(ValueError("of  this\n\x1b[31mkind"), secret=False) == "of this ?[31mkind"
    assert describe_error(KeyError(), secret=False) == "KeyError"


def test_words_of_others_are_short_and_plain() -> None:
    assert write_on_one_line("a\r\n\tb\x00\x9b\u202e") == "a b???"
    assert len(write_on_one_line("x" * 1000)) == 300
    assert hide("Bearer abcd abc", ["abc", "abcd", ""]) == "Bearer *** ***"
