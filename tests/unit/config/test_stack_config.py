"""Stack config decoded: what each kind of field is made of, and what stays in the place of the rest."""

import copy
import json
from typing import Any

import pytest
from pulumi_openkruise.config.fields import Undecoded
from pulumi_openkruise.config.settings_reader import read_settings
from pulumi_openkruise.config.stack_config import parse_config
from pulumi_openkruise.diagnostics.problem import Problem
from pulumi_openkruise.foreign.addresses import SecretAddress


def decode(key: str, value: Any, *secret_keys: str) -> Any:
    """Return the only argument of one key, or the problem that stands in its place."""
    (found,) = parse_config({key: value}, source="the stack", secret_keys=secret_keys).values()
    return found.problem if isinstance(found, Undecoded) else found


def fault(key: str, expected: str, found: str, remedy: str) -> Problem:
    return Problem("wrong-type", f"openkruise:{key}", f"expected {expected}, found {found}", (), remedy)


YAML_LIST = 'write a YAML list, one `- "..."` a line'
NO_STRING = "write the string itself, not a list or a mapping"
DIGITS = "write digits alone; of seconds, 600 for ten minutes"
GATES = ("featureGates", "a mapping of feature gates to true or false")
GATE_LINES = "write one `Name: true` a line below the key"
VALUES = ("values", "a mapping of Helm values")


@pytest.mark.parametrize(
    ("key", "text", "decoded"),
    [
        ("protect", "true", True),
        ("protect", "false", False),
        ("protect", "True", fault("protect", "true or false", '"True"', "")),
        ("timeout", "600", 600),
        ("timeout", "-5", -5),
        ("timeout", "--5", fault("timeout", "a whole number", '"--5"', DIGITS)),
        ("timeout", "1.5", fault("timeout", "a whole number", '"1.5"', DIGITS)),
        ("timeout", "", fault("timeout", "a whole number", '""', DIGITS)),
        ("timeout", "9" * 101, int("9" * 100)),
        ("chart", "5", "5"),
        ("chart", "null", "null"),
        ("chart", "[]", fault("chart", "a string", "[]", NO_STRING)),
        ("chart", "{}", fault("chart", "a string", "{}", NO_STRING)),
        ("chart", "[" * 100_000, "[" * 100_000),
        ("virtualNodeSelectors", '["a"]', ["a"]),
        ("virtualNodeSelectors", "a", fault("virtualNodeSelectors", "a list of strings", '"a"', YAML_LIST)),
        ("virtualNodeSelectors", "{}", fault("virtualNodeSelectors", "a list of strings", "{}", YAML_LIST)),
        ("featureGates", '{"A": true}', {"A": True}),
        ("featureGates", "A=true", fault(*GATES, '"A=true"', GATE_LINES)),
        ("values", '{"a": 1}', {"a": 1}),
        ("values", "[1]", fault(*VALUES, "[1]", "write YAML below the key, as in a values file")),
    ],
)
def test_a_string_is_decoded_by_the_kind_of_its_field(key: str, text: str, decoded: Any) -> None:
    found = decode(key, text)
    assert found == decoded
    assert type(found) is type(decoded)


@pytest.mark.parametrize("value", [7, True, None, ["a"], {"a": 1}, 1.5], ids=repr)
def test_what_is_no_string_is_taken_as_decoded(value: Any) -> None:
    for key in ("protect", "timeout", "chart", "virtualNodeSelectors", "featureGates", "values"):
        assert decode(key, value) is value


@pytest.mark.parametrize("key", ["namespace", "chartDigest", "timeout", "virtualNodeSelectors"])
def test_what_is_shown_elsewhere_cannot_be_secret(key: str) -> None:
    reason = "cannot be a secret: the stack's preview, its state or the cluster shows it in plain text"
    problem = Problem("needless-secret", f"openkruise:{key}", reason, (), "set it again without --secret")
    assert decode(key, "5", key) == problem


@pytest.mark.parametrize(("key", "plain"), [("values", {"a": 1}), ("chartRepository", "https://a:b@x.test/")])
def test_values_and_a_repositorys_login_may_be_secret(key: str, plain: Any) -> None:
    assert decode(key, json.dumps(plain) if key == "values" else plain, key) == plain


def test_a_chart_that_cannot_be_secret_is_told_what_can_be() -> None:
    problem = decode("chart", "https://store.example/kruise-1.8.3.tgz?token=s3cret", "chart")
    assert problem.code == "needless-secret"
    assert "openkruise:chartRepository, which may be a secret" in problem.remedy
    assert "s3cret" not in str(problem)


@pytest.mark.parametrize("namespace", ["openkruise", "east"])
def test_a_repository_knows_that_it_is_secret_and_a_copy_of_the_arguments_keeps_it(namespace: str) -> None:
    raw = {"chartRepository": "https://h.example/s3cret/"}
    given = parse_config(raw, source="stack", namespace=namespace, secret_keys={"chartRepository"})
    for kept in (given, {**given}, dict(given, timeout=5), copy.deepcopy(dict(given))):
        address = kept["chart_repository"]
        assert (address, type(address)) == (raw["chartRepository"], SecretAddress)
        assert address.shown == f"{namespace}:chartRepository"
        assert "s3cret" not in repr(kept)
    (plain,) = parse_config(raw, source="stack").values()
    assert type(plain) is str


@pytest.mark.parametrize("unread", [None, {"secure": "v1:abc"}])
def test_a_repository_that_a_file_has_encrypted_only_is_taken_as_good(unread: Any) -> None:
    """No command can decrypt it; one in plain text is checked."""
    found = decode("chartRepository", unread, "chartRepository")
    assert isinstance(found, SecretAddress)
    read_settings({"chart_repository": found}, source="stack")


@pytest.mark.parametrize("wrong", [{"a": "s3cret"}, ["s3cret"], '["s3cret"]', 7], ids=repr)
def test_a_secret_repository_of_another_type_is_refused_without_its_content(wrong: Any) -> None:
    problem = decode("chartRepository", wrong, "chartRepository")
    assert problem.reason == "expected a string, found a secret that is something else"
    assert "s3cret" not in str(problem)


def test_no_problem_shows_the_content_of_a_secret() -> None:
    remedy = "write YAML below the key, as in a values file"
    assert decode("values", "s3cret", "values") == fault(*VALUES, "a secret that is something else", remedy)
    assert decode("values", "no secret", "protect") == fault(*VALUES, '"no secret"', remedy)


@pytest.mark.parametrize(
    ("key", "below"),
    [
        ("values.manager.replicas", "values"),
        ("featureGates.PodWebhook", "featureGates"),
        ("chart.version", None),
        ("value.manager", None),
        (".values", None),
        ("colour", None),
        ("virtualNodeSelectors.0", None),
    ],
)
def test_a_key_with_a_dot_may_be_meant_as_nesting_where_something_is_nested(
    key: str, below: str | None
) -> None:
    problem = decode(key, "1")
    assert (problem.code, problem.place) == ("unknown-key", f"openkruise:{key}")
    if below is None:
        assert problem.reason == "unknown key"
    else:
        assert problem.reason == "unknown key, whose dot is a part of its name"
        assert problem.remedy == (
            f"write it below openkruise:{below}, or set it by `pulumi config set --path`, "
            "which takes the dot for nesting"
        )


def test_no_mistake_hides_another_key() -> None:
    raw = {"colour": "blue", "chart": "secret", "timeout": "x", "protect": "true", "reapply": "now"}
    found = parse_config(raw, source="the stack", namespace="mine", secret_keys=("chart",))
    problems = {key: value.problem.code for key, value in found.items() if isinstance(value, Undecoded)}
    assert problems == {"mine:colour": "unknown-key", "chart": "needless-secret", "timeout": "wrong-type"}
    assert (found["protect"], found["reapply"]) == (True, "now")
    assert (found.source, found.field_name("timeout")) == ("the stack", "mine:timeout")
