"""Stack config: what it means, and what is said about every mistake in it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise import OpenKruise, args_from_config
from pulumi_openkruise.chart.local import ChartReader, LocalChart, ignore_local_files
from pulumi_openkruise.component.errors import InvalidConfigError
from pulumi_openkruise.config.fields import FIELDS
from pulumi_openkruise.config.node_affinity import REQUIRED
from pulumi_openkruise.config.presets import BASE_SELECTORS
from pulumi_openkruise.config.settings import Settings
from pulumi_openkruise.config.settings_reader import read_settings
from pulumi_openkruise.config.stack_config import CONFIG_KEYS, parse_config
from pulumi_openkruise.diagnostics.problem import ConfigError
from pulumi_openkruise.selectors import solve
from ruamel.yaml import YAML

from tests.support.config_strategies import about_values, any_config, right_config, some_charts
from tests.support.engine import RELEASE, Engine, config_texts, new_engine

MESSAGES = YAML(typ="safe").load((Path(__file__).parents[1] / "config" / "messages.yaml").read_text())

EVERY_KEY = {
    "virtualNodeSelectors": ["a=b,!c", "d in (e, f)"],
    "virtualNodePresets": ["kwok"],
    "sharedNodeSelectors": ["g"],
    "sharedNodePresets": ["liqo"],
    "baseExclusions": False,
    "excludeManager": False,
    "platform": "k3s",
    "featureGates": {"TemplateNoDefaults": True},
    "imageRegistry": "registry.example.com/mirror",
    "imagePullSecrets": ["pull"],
    "chart": "kruise",
    "chartRepository": "https://charts.example.com",
    "chartVersion": "1.8.3",
    "chartDigest": "0" * 64,
    "namespace": "kruise-system",
    "createNamespace": True,
    "releaseName": "kruise",
    "releaseNamespace": "default",
    "importRelease": False,
    "formerRelease": "openkruise",
    "formerNamespace": "openkruise-namespace",
    "protect": False,
    "guardDestroy": True,
    "reapply": "after the incident",
    "nodeCheck": "fail",
    "nodeLabelPolicy": "label",
    "setTypeLabel": False,
    "nodeLabelSelectors": ["pool=burst"],
    "expectedNodes": 500,
    "timeout": 60,
    "values": {"manager": {"replicas": 3, "tolerations": [{"operator": "Exists"}]}},
}


def read(
    config: dict[str, Any], *, source: str, read_chart: ChartReader = ignore_local_files, **options: Any
) -> Settings:
    arguments = parse_config(config, source=source, **options)
    return read_settings(arguments, source=source, field_name=arguments.field_name, read_chart=read_chart)


def message(config: dict[str, Any], **options: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        read(config_texts(config), source="config of stack dev", **options)
    return str(caught.value)


def test_every_key_of_the_list_is_known() -> None:
    assert list(CONFIG_KEYS) == list(EVERY_KEY)
    assert list(CONFIG_KEYS.values()) == list(FIELDS)


def test_every_key_becomes_the_argument_of_its_name() -> None:
    arguments = parse_config(config_texts(EVERY_KEY), source="test")
    assert arguments == {CONFIG_KEYS[key]: value for key, value in EVERY_KEY.items()}
    assert type(arguments["timeout"]) is int


def test_what_is_not_set_is_left_out() -> None:
    assert parse_config({}, source="test") == {}


@pytest.mark.parametrize("case", MESSAGES, ids=[case["name"] for case in MESSAGES])
def test_message(case: dict[str, Any]) -> None:
    expected = "\n\n".join(block.rstrip("\n") for block in case["says"])
    count = "1 problem" if len(case["says"]) == 1 else f"{len(case['says'])} problems"
    assert message(case["config"]) == f"config of stack dev: {count}\n\n{expected}"


def test_every_kind_of_problem_has_a_message() -> None:
    codes = set()
    for case in MESSAGES:
        with pytest.raises(ConfigError) as caught:
            read(config_texts(case["config"]), source="test")
        codes |= {problem.code for problem in caught.value.problems}
    assert codes >= {
        "contradiction",
        "control-character",
        "inexpressible",
        "invalid-affinity",
        "invalid-chart",
        "invalid-former-name",
        "invalid-choice",
        "invalid-key",
        "invalid-name",
        "invalid-repository",
        "invalid-value",
        "invalid-version",
        "leaves-no-node",
        "matches-every-node",
        "needless-former-name",
        "needless-import",
        "needless-repository",
        "null-value",
        "out-of-range",
        "owned-value",
        "reserved-namespace",
        "split-selector",
        "syntax",
        "too-large",
        "unknown-key",
        "unknown-preset",
        "wrong-type",
    }


def test_keys_are_named_with_the_namespace_of_the_config() -> None:
    assert "other:protect: expected true or false" in message({"protect": "?"}, namespace="other")


def test_content_of_secret_values_is_never_shown() -> None:
    for values in (
        "hunter2",
        {"manager": "hunter2"},
        {"installation": {"namespace": "hunter2"}, "a": ["hunter2", None]},
    ):
        assert "hunter2" not in message({"values": values, "timeout": "x"}, secret_keys={"values"})


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("values", "[" * 100_000),
        ("values", "9" * 5_000),
        ("virtualNodeSelectors", "9" * 5_000),
        ("timeout", "9" * 5_000),
        ("timeout", "\u0663"),
        ("timeout", "-1"),
    ],
)
def test_texts_that_break_readers(key: str, text: str) -> None:
    assert f"openkruise:{key}: expected" in message({key: text})


@pytest.mark.parametrize("text", ["[1]", '{"a": 1}'])
@pytest.mark.parametrize("key", ["namespace", "reapply", "chart"])
def test_lists_and_mappings_are_no_strings(key: str, text: str) -> None:
    assert f"openkruise:{key}: expected a string, found {text}" in message({key: text})


def test_the_manager_is_judged_unless_it_is_left_out() -> None:
    """What cannot be excluded of all nodes can be of those that the daemon's values require."""
    k = {"matchExpressions": [{"key": "k", "operator": "In", "values": ["3", "9"]}]}
    required = {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [k]}}}
    config = {"virtualNodeSelectors": ["k>5,x=y"], "baseExclusions": False}
    config["values"] = {"daemon": {"affinity": required}}
    assert "Kubernetes cannot express" in message(config)
    assert read(config_texts({**config, "excludeManager": False}), source="test").affinities.manager is None


def test_a_digest_has_one_form() -> None:
    config = {"chart": "./kruise-1.8.3.tgz", "chartDigest": "sha256:" + "AB" * 32}

    def look(_chart: str) -> LocalChart:
        return LocalChart("kruise", "1.8.3", "ab" * 32)

    assert read(config, source="test", read_chart=look).chart_digest == "ab" * 32


@pytest.mark.parametrize("namespace", ["a" * 64, "kruise\n", "1.2", "-a"])
def test_names_that_kubernetes_would_refuse(namespace: str) -> None:
    assert "openkruise:namespace: expected lower-case letters" in message({"namespace": namespace})


def test_no_message_writes_to_the_terminal() -> None:
    said = message({"\x1b[2J": 1, "namespace": "\x1b[2J", "virtualNodeSelectors": ["\x1b[2J\n"]})
    assert "\x1b" not in said


def test_a_mistake_is_no_value_error() -> None:
    # Pulumi wraps a ValueError that comes out of an output, and then prints the traceback of both.
    assert issubclass(InvalidConfigError, pulumi.RunError)
    assert not issubclass(InvalidConfigError, ValueError)


def test_only_values_and_repository_can_be_secret() -> None:
    said = message(
        {"virtualNodeSelectors": ["a"], "timeout": 5}, secret_keys={"virtualNodeSelectors", "timeout"}
    )
    assert said.count("cannot be a secret: the stack's preview, its state or the cluster shows it") == 2


@given(right_config, st.booleans())
def test_right_config_is_accepted(config: dict[str, Any], as_texts: bool) -> None:
    settings = read(config_texts(config) if as_texts else config, source="test")
    assert settings.exclude_manager is config.get("excludeManager", True)
    assert settings.timeout == config.get("timeout", 600 + 60 * (config.get("expectedNodes", 1) // 100))
    values = settings.helm_values()
    assert values["installation"]["namespace"] == config.get("namespace", "kruise-system")
    assert ("manager" in values) >= (settings.exclude_manager and bool(settings.excluded))


@given(any_config | about_values | right_config, st.booleans())
def test_any_config_is_accepted_or_refused_with_one_message(config: dict[str, Any], as_texts: bool) -> None:
    refused: ConfigError | None = None
    arguments = parse_config(config_texts(config) if as_texts else config, source="test")
    assert len(arguments) == len(config)
    try:
        settings = read_settings(arguments, source="test", read_chart=some_charts)
    except ConfigError as error:
        refused = error
    if refused is None:
        assert set(arguments) == {CONFIG_KEYS[key] for key in config}
        assert all(line.severity != "error" and line.code and line.reason for line in settings.warnings)
        values = settings.helm_values()
        # What reaches the chart is one text that it can look into, and JSON.
        assert isinstance(values.get("featureGates", ""), str)
        assert json.loads(json.dumps(values, allow_nan=False)) == values
    else:
        assert refused.problems
        assert all(problem.code and problem.reason for problem in refused.problems)
        assert "\x1b" not in str(refused)


def test_args_from_config_reads_its_own_namespace_in_any_project(
    engine: Engine, set_config: Callable[..., None]
) -> None:
    set_config({"openkruise:timeout": "30", "other:color": "blue", "openkruise-more:x": "y"})
    assert args_from_config() == {"timeout": 30}
    assert args_from_config(pulumi.Config("absent")) == {}


def test_args_from_config_reads_what_a_test_has_set(engine: Engine) -> None:
    pulumi.runtime.set_all_config({"openkruise:timeout": "30"})
    assert args_from_config() == {"timeout": 30}


@pytest.mark.parametrize(
    ("change", "source", "namespace"),
    [
        (lambda arguments: arguments, "config of stack test", "openkruise:namespace"),
        (lambda arguments: {**arguments}, "arguments of OpenKruise 'kruise'", "namespace"),
        (lambda arguments: {**arguments, "timeout": 5}, "arguments of OpenKruise 'kruise'", "namespace"),
    ],
)
def test_mistakes_in_config_reach_the_component_with_all_others_in_copies_too(
    engine: Engine, set_config: Callable[..., None], change: Any, source: str, namespace: str
) -> None:
    set_config({"openkruise:timeouts": "30", "openkruise:protect": "?", "openkruise:namespace": "B"})
    with pytest.raises(pulumi.RunError) as caught:
        engine.run(lambda: OpenKruise("kruise", change(args_from_config())))
    assert str(caught.value).startswith(f"{source}: 3 problems\n\n")
    assert "\n\nopenkruise:timeouts: unknown key\n  did you mean timeout?" in str(caught.value)
    assert "\n\nopenkruise:protect: expected true or false, found" in str(caught.value)
    assert f"\n\n{namespace}: expected lower-case letters" in str(caught.value)
    assert isinstance(caught.value, InvalidConfigError)


def test_args_from_config_keeps_secret_values_secret(engine: Engine, set_config: Callable[..., None]) -> None:
    set_config(
        {"openkruise:values": json.dumps({"daemon": {"socketFile": "b"}})}, secret=("openkruise:values",)
    )
    seen: list[Any] = []

    def program() -> None:
        values: Any = args_from_config()["values"]
        pulumi.export("values", values)
        seen.append(values)

    engine.run(program)
    assert isinstance(seen[0], pulumi.Output)
    assert engine.exports["values"]["4dabf18193072939515e22adb298388d"] == "1b47061264138c4ac30d75fd1eb44270"
    assert engine.exports["values"]["value"] == {"daemon": {"socketFile": "b"}}


SECRET_REPOSITORIES = {
    "in the path": "https://dl.example.com/s3cretM4rker/helm/charts/",
    "in the query": "https://h.example.com/charts?token=s3cretM4rker",
    "beside a login": "https://me:pass@h.example.com/charts?token=s3cretM4rker",
}


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("copied", [True, False], ids=["copied", "as given"])
@pytest.mark.parametrize("address", SECRET_REPOSITORIES.values(), ids=SECRET_REPOSITORIES)
def test_a_secret_repository_is_a_secret_for_provider_and_state(
    set_config: Callable[..., None], address: str, copied: bool, preview: bool
) -> None:
    with new_engine(preview=preview) as engine:
        set_config({"openkruise:chartRepository": address}, secret=("openkruise:chartRepository",))
        args = args_from_config()
        given: Any = {**args, "timeout": 60} if copied else args
        engine.run(lambda: OpenKruise("kruise", given) and None)
        (_is_secret, signature), (_value, options) = sorted(
            engine.of_type(RELEASE).inputs["repositoryOpts"].items()
        )
        assert signature == "1b47061264138c4ac30d75fd1eb44270"
        expected = address.replace("me:pass@", "")
        assert options.pop("repo") == expected
        assert options == ({"username": "me", "password": "pass"} if "pass" in address else {})
        others = [one.inputs for one in engine.registered if one.type != RELEASE]
        assert "s3cretM4rker" not in str(others) + str(engine.outputs)


def test_a_repository_that_is_not_secret_is_none(engine: Engine, set_config: Callable[..., None]) -> None:
    set_config({"openkruise:chartRepository": "https://charts.example.com"})
    engine.run(lambda: OpenKruise("kruise", args_from_config()) and None)
    assert engine.of_type(RELEASE).inputs["repositoryOpts"] == {"repo": "https://charts.example.com"}


@pytest.mark.parametrize(
    "wrong",
    [
        "ftp://h.example.com/s3cretM4rker/charts",
        "s3cretM4rker",
        "https://[s3cretM4rker",
        "oci://h.example.com/s3cretM4rker",
        "https://me:1234/s3cretM4rker@h.example.com/x",
        '["s3cretM4rker"]',
        " https://h.example.com/s3cretM4rker",
    ],
)
def test_no_problem_of_a_secret_repository_shows_it(wrong: str) -> None:
    said = message({"chartRepository": wrong, "timeout": 0}, secret_keys={"chartRepository"})
    assert "openkruise:chartRepository: " in said
    assert "s3cretM4rker" not in said
    assert 'found "' not in said


def test_secret_values_are_checked_with_everything_else_and_stay_secret(
    engine: Engine, set_config: Callable[..., None]
) -> None:
    pool = {"key": "pool", "operator": "In", "values": ["a"]}
    affinity = {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [pool]}]}}}
    gates = "ImagePullJobGate=true,KruiseDaemon=false"
    values = {"daemon": {"affinity": affinity, "port": "hunter2"}, "featureGates": gates}
    secret = ("openkruise:values",)
    set_config({"openkruise:values": json.dumps(values), "openkruise:timeout": "0"}, secret=secret)
    with pytest.raises(InvalidConfigError) as caught:
        engine.run(lambda: OpenKruise("kruise", args_from_config()) and None)
    assert [problem.place for problem in caught.value.problems] == [
        "openkruise:timeout",
        "openkruise:values.daemon.port",
    ]
    assert "hunter2" not in str(caught.value)
    values["daemon"] = {"affinity": affinity, "port": 1}
    set_config({"openkruise:values": json.dumps(values)}, secret=secret)
    engine.run(lambda: OpenKruise("kruise", args_from_config()) and None)
    inputs = engine.of_type(RELEASE).inputs
    assert inputs["values"]["4dabf18193072939515e22adb298388d"] == "1b47061264138c4ac30d75fd1eb44270"
    assert inputs["values"]["value"]["daemon"]["port"] == 1
    outputs = engine.outputs["urn:pulumi:test::openkruise::openkruise:index:OpenKruise::kruise"]
    joined = solve(BASE_SELECTORS, required=affinity["nodeAffinity"][REQUIRED]).affinity
    assert outputs["affinity"] == joined
    assert outputs["daemonDesired"] == 0


def test_what_the_component_says_of_config_names_its_keys(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_, **__: said.append(text))
    pulumi.runtime.set_all_config({"mine:chartVersion": "1.7.3", "mine:namespace": "other"})

    def program() -> None:
        arguments = args_from_config(pulumi.Config("mine"))
        arguments["values"] = pulumi.Output.from_input({"x": "y"})
        OpenKruise("kruise", arguments)

    with pytest.raises(InvalidConfigError, match=r"^config of stack test: 1 problem\n\nmine:values\.x: "):
        engine.run(program)
    assert any(text.startswith("mine:chartVersion: 1.7.3") for text in said)


def test_arguments_of_a_program_are_called_by_their_own_names(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_, **__: said.append(text))
    engine.run(lambda: OpenKruise("kruise", {"chart_version": "1.7.3"}))
    assert any(text.startswith("chart_version: 1.7.3") for text in said)
