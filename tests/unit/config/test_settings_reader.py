"""Settings: what is in force without a key, and what is added once all values are known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise.chart.late_value import LateValue
from pulumi_openkruise.chart.local import LocalChart
from pulumi_openkruise.config.node_affinity import DAEMON, MANAGER, Pods
from pulumi_openkruise.config.settings import Settings
from pulumi_openkruise.config.settings_reader import add_values, read_settings
from pulumi_openkruise.config.stack_config import parse_config
from pulumi_openkruise.diagnostics.problem import ConfigError

DEFAULTS = {
    "chart": "kruise",
    "chart_repository": "https://openkruise.github.io/charts/",
    "chart_version": "1.8.3",
    "chart_version_stated": False,
    "chart_digest": None,
    "create_namespace": True,
    "exclude_manager": True,
    "former_namespace": None,
    "former_release": None,
    "guard_destroy": False,
    "has_daemon": True,
    "import_release": False,
    "namespace": "kruise-system",
    "node_check": "warn",
    "protect": True,
    "reapply": "",
    "release_name": "kruise",
    "release_namespace": "kruise-system",
    "timeout": 600,
}


def settings_of(**config: object) -> Settings:
    return read_settings(parse_config(config, source="stack"), source="stack")


def test_what_is_in_force_without_a_key() -> None:
    found = settings_of()
    assert {name: getattr(found, name) for name in DEFAULTS} == DEFAULTS
    assert (found.values, found.derived, found.warnings) == ({}, {}, ())
    assert found.selectors == (
        "kubernetes.io/os=windows", "openkruise.io/virtual-node=true", "type=virtual-kubelet",
    )  # fmt: skip


def test_settings_print_no_value_which_may_be_a_secret() -> None:
    found = settings_of(values={"manager": {"replicas": 3}}, namespace="hidden")
    assert "replicas" not in f"{found}{found!r}"
    assert "hidden" not in f"{found}{found!r}"


def test_a_chart_that_is_no_bare_name_has_no_repository_and_its_own_version() -> None:
    found = settings_of(chart="oci://example.com/charts/kruise", chartVersion="1.7.5")
    assert (found.chart_repository, found.chart_version) == (None, "1.7.5")


@pytest.mark.parametrize("version", ["1.7.5", "v1.7.5"])
def test_what_is_known_of_a_chart_on_this_machine_comes_from_it(version: str) -> None:
    """The version that the chart states counts, even if this module does not know its values."""
    config = {"chart": "./kruise.tgz"}
    found = read_settings(
        config, source="test", read_chart=lambda _: LocalChart("kruise", version, "ab" * 32)
    )
    assert (found.chart_version, found.archive_digest) == (version, "ab" * 32)
    unread = read_settings(config, source="test")
    assert (unread.chart_version, unread.archive_digest) == ("1.8.3", None)


@pytest.mark.parametrize("given", [{}, {"chart_version": "1.8.3"}])
def test_a_version_is_stated_where_the_config_has_one(given: dict[str, object]) -> None:
    assert read_settings(given, source="test").chart_version_stated is bool(given)


@pytest.mark.parametrize("kept_off", [True, False])
def test_the_manager_is_kept_off_virtual_nodes_unless_it_may_run_there(kept_off: bool) -> None:
    found = read_settings({"exclude_manager": kept_off}, source="test")
    assert (found.affinities.manager is not None) is kept_off


def test_values_known_late_must_not_switch_the_daemon_off() -> None:
    before = settings_of()
    with pytest.raises(ConfigError) as caught:
        add_values(before, {"featureGates": "KruiseDaemon=false"}, source="stack")
    assert "values.featureGates: whether there is a daemon has to be known in preview" in str(caught.value)
    assert [problem.remedy for problem in caught.value.problems] == ["set KruiseDaemon in feature_gates"]
    added = add_values(before, {"manager": {"replicas": 3}}, source="stack")
    assert added.values == {"manager": {"replicas": 3}}
    assert added.affinities == before.affinities


@pytest.mark.parametrize(
    ("given", "warned"),
    [
        ({}, False),
        ({"values": {"manager": {"replicas": 3}}}, True),
        ({"feature_gates": {"TemplateNoDefaults": True}}, True),
    ],
)
def test_that_a_charts_values_are_not_known_is_said_where_any_are_given(
    given: dict[str, object], warned: bool
) -> None:
    chart = {"chart": "fork", "chart_repository": "https://charts.example.com", "chart_version": "1.8.7"}
    found = read_settings({**chart, **given}, source="test").warnings
    assert ("unknown-contract" in [problem.code for problem in found]) is warned


def test_only_fields_without_problems_are_compared_with_the_values() -> None:
    """What a field with a mistake in it stands for is not known."""
    values = {"featureGates": "PodWebhook=false"}
    for gate, compared in ((True, True), (7, False)):
        with pytest.raises(ConfigError) as caught:
            read_settings({"feature_gates": {"TemplateNoDefaults": gate}, "values": values}, source="test")
        assert ("owned-value" in [problem.code for problem in caught.value.problems]) is compared


@pytest.mark.parametrize(
    ("section", "late"), [("daemon", (DAEMON,)), ("manager", (MANAGER,)), ("installation", ())]
)
def test_the_pods_whose_nodes_are_not_known_yet(section: str, late: tuple[Pods, ...]) -> None:
    assert read_settings({"values": {section: LateValue()}}, source="test").late_pods == late


ESCAPED = {"name": "a", "value": r"b\,c"}


def test_values_that_are_known_later_bring_the_warnings_that_are_new() -> None:
    before = read_settings(
        {"values": {"daemon": {"extraEnvs": [ESCAPED, LateValue()]}}, "chart_version": "1.7.3"}, source="test"
    )
    assert [problem.code for problem in before.warnings if problem.place.startswith("values")] == [
        "escaped-comma"
    ]
    after = add_values(before, {"daemon": {"extraEnvs": [ESCAPED, ESCAPED]}}, source="test")
    (new,) = after.warnings
    assert (new.code, new.severity) == ("escaped-comma", "warning")
    assert new.place == "values.daemon.extraEnvs[1].value"
    assert add_values(before, {"daemon": {"extraEnvs": [ESCAPED]}}, source="test").warnings == ()


def test_values_that_are_known_later_are_refused_for_their_errors_alone() -> None:
    before = read_settings({"values": {"daemon": {"extraEnvs": LateValue()}}}, source="test")
    with pytest.raises(ConfigError) as caught:
        add_values(before, {"daemon": {"extraEnvs": [ESCAPED], "port": "x"}}, source="test")
    assert [problem.place for problem in caught.value.problems] == ["values.daemon.port"]


def test_values_that_are_known_later_are_judged_by_the_other_settings() -> None:
    """By the chart's version, the namespace, other keys' gates, and whether the manager is kept off."""
    before = read_settings(
        {
            "base_exclusions": False,
            "exclude_manager": False,
            "virtual_node_selectors": ["pool=a"],
            "namespace": "mine",
            "feature_gates": {"TemplateNoDefaults": True},
            "chart_version": "1.7.3",
        },
        source="test",
    )
    good = {"manager": {"nodeSelector": {"pool": "a"}}, "installation": {"namespace": "mine"}}
    after = add_values(before, good, source="test")
    assert (after.affinities.manager, after.values) == (None, good)
    bad = {"manager": {"replcas": 3}, "featureGates": "PodWebhook=false"}
    with pytest.raises(ConfigError) as caught:
        add_values(before, bad, source="test")
    said = [(problem.place, problem.reason) for problem in caught.value.problems]
    assert sorted(said) == [
        ("values.featureGates", "would replace what other keys have set here"),
        ("values.manager.replcas", "the chart 1.7.3 has no such key"),
    ]


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("999999999", "expected whole seconds from 1 to 86400, found 999999999"),
        ("9999999999", "expected whole seconds from 1 to 86400, found 9999999999"),
        ("-1", "expected whole seconds from 1 to 86400, found -1"),
        ("7" * 10_000, f"expected whole seconds from 1 to 86400, found {'7' * 57}..."),
        ("1e9", "expected a whole number"),
        ("\u0663", "expected a whole number"),
    ],
)
def test_a_number_of_any_length_is_judged_by_its_range(number: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings_of(timeout=number)
    assert f"timeout: {says}" in str(caught.value)


def test_a_stacks_own_lists_are_added_to_the_shared_ones() -> None:
    found = settings_of(
        sharedNodeSelectors=["pool=shared", "pool=both"],
        virtualNodeSelectors=["pool=own", "pool=both"],
        sharedNodePresets=["kwok@1"],
        virtualNodePresets=["aws-virtual-kubelet@1"],
        baseExclusions=False,
    )
    alone = [
        settings_of(**{key: [entry]}, baseExclusions=False)
        for key, entry in (
            ("sharedNodeSelectors", "pool=shared"),
            ("virtualNodeSelectors", "pool=own"),
            ("virtualNodeSelectors", "pool=both"),
            ("sharedNodePresets", "kwok@1"),
            ("virtualNodePresets", "aws-virtual-kubelet@1"),
        )
    ]
    assert set(found.selectors) == {selector for one in alone for selector in one.selectors}
    assert set(found.presets) == {"kwok@1", "aws-virtual-kubelet@1"}
    # Which list an entry is in makes no difference to the affinity, so it may move between the files.
    moved = settings_of(
        virtualNodeSelectors=["pool=shared", "pool=both", "pool=own"],
        sharedNodePresets=["kwok@1", "aws-virtual-kubelet@1"],
        baseExclusions=False,
    )
    assert moved.affinities == found.affinities


@pytest.mark.parametrize("key", ["sharedNodeSelectors", "virtualNodeSelectors"])
def test_an_empty_list_takes_nothing_from_the_other(key: str) -> None:
    other = ({"sharedNodeSelectors", "virtualNodeSelectors"} - {key}).pop()
    found = settings_of(**{key: [], other: ["pool=x"]}, baseExclusions=False)
    assert found.selectors == ("pool=x",)


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (
            {"nodeCheck": "loud"},
            ("invalid-choice", "node_check", 'expected off, warn or fail, found "loud"'),
        ),
        ({"nodeLabelPolicy": "loud"}, ("invalid-choice", "node_label_policy", None)),
        (
            {"virtualNodePresets": ["liqo", "kwokk"]},
            ("unknown-preset", "virtual_node_presets[1]", 'unknown preset "kwokk"'),
        ),
    ],
)
def test_a_choice_that_there_is_not(config: dict[str, object], problem: tuple[str, str, str | None]) -> None:
    with pytest.raises(ConfigError) as caught:
        settings_of(**config)
    (found,) = caught.value.problems
    code, place, reason = problem
    assert (found.code, found.place) == (code, place)
    assert reason in (None, found.reason)


def test_off_as_yaml_reads_it_is_a_choice() -> None:
    assert settings_of(nodeCheck="false").node_check == "off"
    assert settings_of(nodeCheck="fail").node_check == "fail"


SPLIT = [("a in (x", "y)"), ("b notin (u", "v)"), ("a=b,c in (x", "y),!d")]
BROKEN = [("c in (x", "y z)"), ("e", "f)"), ("g in (x", "h=(y)")]
GOOD = [("a=b", "!c"), ("a in (x,y)", "b")]


@given(st.lists(st.sampled_from([*SPLIT, *BROKEN, *GOOD]), min_size=1, max_size=6))
def test_each_selector_that_yaml_has_split_is_found(pairs: list[tuple[str, str]]) -> None:
    """Also after what only looks like one, and where its second half is the first half of nothing."""
    try:
        settings_of(virtualNodeSelectors=[half for pair in pairs for half in pair])
        found = {}
    except ConfigError as error:
        found = {problem.place: problem for problem in error.problems}
    for number, (first, second) in enumerate(pairs):
        here, after = (f"virtual_node_selectors[{2 * number + place}]" for place in (0, 1))
        is_split = here in found and found[here].code == "split-selector"
        assert is_split == ((first, second) in SPLIT)
        if is_split:
            assert found[here].remedy == f'put it in quotes: "{first}, {second}"'
            assert after not in found
        assert ((first, second) in GOOD) == (here not in found and after not in found)
