"""Exceptions of libraries in this program's words: with their own where nothing was secret, without else."""

import html
import json
import random
import ssl
import string
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from pulumi_openkruise.foreign import error_text
from pulumi_openkruise.foreign.error_text import _READ, LONGEST, describe_error, hide, write_on_one_line
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


def make_secret(length: int) -> str:
    """Return what a token looks like: the same one each time, and no two parts of it alike."""
    letters = string.ascii_letters + string.digits + "-_."
    return "".join(random.Random(length).choices(letters, k=length))


def shows(text: str, secret: str, length: int = 8) -> bool:
    """Whether a text has as many characters in a row that a secret has, too."""
    return any(secret[at : at + length] in text for at in range(len(secret) - length + 1))


@pytest.mark.parametrize("length", [12, 40, 900, 3000, 30_000])
@pytest.mark.parametrize("bound", [0, 200, LONGEST, 500, _READ])
@pytest.mark.parametrize("filler", ["x ", "x       ", "\n" * 8])
def test_no_part_of_a_secret_is_shown_wherever_the_words_are_cut(
    length: int, bound: int, filler: str
) -> None:
    secret = make_secret(length)
    inside = {1, 7, 8, 9, 15, 16, 17, length // 2, length - 1, length}
    for before in sorted({max(0, bound - part) for part in inside} | {bound}):
        start = (filler * bound)[:before]
        for longest in (LONGEST, 500):
            shown = write_on_one_line(f"{start}{secret} is not known", longest, [secret])
            assert len(shown) <= longest
            assert not shows(shown, secret)


@pytest.mark.parametrize("part", [8, 15, 16, 200, 899])
def test_no_part_of_a_secret_is_shown_that_its_program_has_cut(part: int) -> None:
    secret = make_secret(900)
    assert write_on_one_line(f"no: {secret[:part]}", secrets=[secret]) == "no: ***"
    if part >= 16:
        assert write_on_one_line(f"no: {secret[:part]}... not known", secrets=[secret]).startswith("no: ***")
        assert write_on_one_line(f"... {secret[-part:]} is no token", secrets=[secret]).endswith(
            "*** is no token"
        )


def test_a_secret_on_several_lines_is_hidden() -> None:
    secret = make_secret(900)
    lines = "\n".join(secret[at : at + 76] for at in range(0, 900, 76))
    assert not shows(write_on_one_line(f"token:\n{lines}", 3000, [secret]), secret)


@pytest.mark.parametrize("secret", ["my  pass word", 'p"w\\x<&>', "pä%ss/wörd", "a\tb\tcdef", "it's mine"])
@pytest.mark.parametrize(
    "write",
    [
        str,
        lambda secret: json.dumps(secret),
        lambda secret: json.dumps(secret, ensure_ascii=False),
        lambda secret: quote(secret, safe=""),
        html.escape,
        lambda secret: " ".join(secret.split()),
        lambda secret: "  ".join(secret.split()),
    ],
    ids=["as it is", "JSON", "JSON with letters", "percent", "HTML", "one space", "two spaces"],
)
def test_a_secret_is_hidden_in_each_form_in_which_a_program_repeats_it(
    secret: str, write: Callable[[str], str]
) -> None:
    shown = write_on_one_line(f"login <{write(secret)}> refused", secrets=[secret])
    assert shown in ("login <***> refused", 'login <"***"> refused')


def test_a_short_secret_is_hidden_where_it_is_a_word() -> None:
    """Within words it would make every message unreadable, and say by that what it is."""
    assert hide("is this a list of admin:is?", ["is"]) == "*** this a list of admin:***?"
    assert hide("abcd xabcdx abc xabcx", ["abcd", "abc"]) == "*** x***x *** xabcx"
    assert hide("a b", [" ", ""]) == "a b"


def test_the_words_around_a_secret_stay() -> None:
    secret = make_secret(900)
    assert hide(f"a {secret}{secret} b {secret[:15]} c", [secret]) == f"a *** b {secret[:15]} c"
    assert hide("nothing of it", [secret, "other"]) == "nothing of it"
    assert write_on_one_line(f"https://me:{secret}@h/ {secret}", secrets=[secret]) == "https://***@h/ ***"


@pytest.mark.parametrize("part", ["x", "aa://", "aa:/", "'aa://x@", " a", "\n", "a:b@h/ "])
def test_logins_are_looked_for_in_few_characters(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that sends what is made for it would take the time of a look otherwise."""
    sizes: list[int] = []

    def measure(text: str) -> str:
        sizes.append(len(text))
        return text

    monkeypatch.setattr(error_text, "hide_logins", measure)
    for secrets in ([], ["a"], [part], [make_secret(900)]):
        assert len(write_on_one_line(part * 100_000, secrets=secrets)) <= LONGEST
    assert max(sizes) <= 5_000


def test_as_many_characters_are_read_as_are_shown() -> None:
    assert error_text._LONGEST_LINE * 2 <= _READ
