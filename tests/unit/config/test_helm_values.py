"""Helm values as pure data."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from pulumi_openkruise.chart.late_value import LateValue
from pulumi_openkruise.chart.version import parse_version
from pulumi_openkruise.config.helm_values import has_late_placement, merge_values, read_values
from pulumi_openkruise.config.node_affinity import DAEMON, MANAGER
from pulumi_openkruise.selectors import ALWAYS_TRUE, affinity_matches, solve

from tests.support.rendering import helm_values

LATE = LateValue()
SELECTORS = ["b=c,d", "a=b"]
AFFINITY = solve(SELECTORS).affinity
REQUIRED = {"requiredDuringSchedulingIgnoredDuringExecution": AFFINITY}


REQUIRED_KEY = "requiredDuringSchedulingIgnoredDuringExecution"
DAEMON_PLACE = f"daemon.affinity.nodeAffinity.{REQUIRED_KEY}"


def term(key: str, operator: str, *values: str) -> Any:
    expression = {"key": key, "operator": operator, "values": list(values)}
    return {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}


def required(*path_and_selector: Any) -> Any:
    """Nest a node selector, the last argument, under the keys of a path."""
    *path, node_selector = path_and_selector
    nested: Any = {REQUIRED_KEY: node_selector}
    for key in reversed(path):
        nested = {key: nested}
    return nested


def problems(values: Any, excluded: Sequence[str] = SELECTORS, *, exclude_manager: bool = True) -> list[str]:
    _affinities, found = read_values(
        values,
        excluded=excluded,
        namespace="kruise-system",
        contract=parse_version("1.8.3"),
        field_name=lambda name: "selectors" if name == "virtual_node_selectors" else name,
        exclude_manager=exclude_manager,
    )
    return [f"{problem.code} {problem.place}" for problem in found]


def test_keys_stand_in_canonical_order() -> None:
    values = {"z": {"b": 1, "a": [{"d": 1, "c": 2}]}, "daemon": {"port": 1}, "a": 0}
    assert json.dumps(helm_values(SELECTORS, namespace="n", values=values)) == json.dumps(
        {
            "a": 0,
            "daemon": {"affinity": {"nodeAffinity": REQUIRED}, "port": 1},
            "installation": {"createNamespace": False, "namespace": "n"},
            "manager": {"nodeAffinity": REQUIRED},
            "z": {"a": [{"c": 2, "d": 1}], "b": 1},
        }
    )


def test_maps_merge_and_lists_replace() -> None:
    values = {"manager": {"tolerations": [{"operator": "Exists"}]}, "installation": {"roleListGroups": []}}
    written = helm_values(SELECTORS, namespace="n", values=values)
    assert written["manager"] == {"nodeAffinity": REQUIRED, "tolerations": [{"operator": "Exists"}]}
    assert written["installation"] == {"createNamespace": False, "namespace": "n", "roleListGroups": []}


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3, "d": 4}}, {"a": {"b": 1, "c": 3, "d": 4}}),
        ({"a": {"b": 1}}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"a": {"b": 2}}, {"a": {"b": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        # What is known later may be a map, too: what lies over it counts once both are known.
        ({"a": LATE, "c": 1}, {"a": {"b": 2}, "c": 3}, {"a": LATE, "c": 3}),
        ({"a": LATE}, {"a": 2}, {"a": 2}),
        ({"a": {"b": 1}}, {"a": LATE}, {"a": LATE}),
    ],
)
def test_maps_merge_and_everything_else_is_replaced(base: Any, over: Any, merged: Any) -> None:
    assert merge_values(base, over) == merged


def test_a_tuple_is_a_list() -> None:
    written = helm_values(SELECTORS, namespace="n", values={"z": ({"b": 1, "a": 2},)})
    assert json.dumps(written["z"]) == '[{"a": 2, "b": 1}]'


@pytest.mark.parametrize(
    ("own", "namespace", "good"),
    [("mine", "mine", True), ("kruise-system", "mine", True), ("other", "mine", False), (7, "mine", True)],
)
def test_values_may_repeat_the_namespace_or_the_charts_own(own: Any, namespace: str, good: bool) -> None:
    """The computed value replaces it; what is no string is reported by its type alone."""
    _affinities, found = read_values(
        {"installation": {"namespace": own}},
        excluded=SELECTORS,
        namespace=namespace,
        contract=parse_version("1.8.3"),
    )
    assert [problem.code for problem in found if problem.code == "owned-value"] == ["owned-value"] * (
        not good
    )


def test_manager_that_is_not_kept_off() -> None:
    assert "manager" not in helm_values(SELECTORS, namespace="n", exclude_manager=False)


def test_nothing_to_exclude() -> None:
    written = helm_values([], namespace="n")
    assert written["daemon"]["affinity"]["nodeAffinity"] == {
        "requiredDuringSchedulingIgnoredDuringExecution": ALWAYS_TRUE
    }
    assert "manager" not in written


def test_nothing_given_is_changed_or_shared() -> None:
    values = {"manager": {"replicas": 1}}
    before = json.dumps([values, AFFINITY, ALWAYS_TRUE])
    for excluded in (SELECTORS, []):
        written = helm_values(excluded, namespace="n", values=values)
        written["daemon"]["affinity"]["nodeAffinity"][
            "requiredDuringSchedulingIgnoredDuringExecution"
        ].clear()
        written["installation"].clear()
    assert json.dumps([values, AFFINITY, ALWAYS_TRUE]) == before


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"daemon": {"port": 1}, "manager": {}, "installation": {"namespace": "kruise-system"}},
        {"installation": {"createNamespace": True}},
        {"installation": {"createNamespace": False}, "imagePullSecrets": [], "manager": {"replicas": 3.0}},
    ],
)
def test_good_values(values: Any) -> None:
    assert problems(values) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"daemon": {"affinity": []}}, ["invalid-affinity values.daemon.affinity"]),
        (
            {"daemon": {"affinity": {"nodeAffinty": {}}}},
            ["invalid-affinity values.daemon.affinity.nodeAffinty"],
        ),
        ({"manager": {"nodeAffinity": {"x": 1}}}, ["invalid-affinity values.manager.nodeAffinity.x"]),
        (
            required("manager", "nodeAffinity", []),
            [f"invalid-affinity values.manager.nodeAffinity.{REQUIRED_KEY}"],
        ),
        (required("daemon", "affinity", "nodeAffinity", {}), [f"invalid-affinity values.{DAEMON_PLACE}"]),
        (
            required("daemon", "affinity", "nodeAffinity", term("a", "In", "b")),
            [f"leaves-no-node values.{DAEMON_PLACE}"],
        ),
        (
            {"daemon": {"nodeSelector": {"BAD KEY!": "x", "c": "bad value!", "d": True}}},
            [
                "wrong-type values.daemon.nodeSelector.d",
                "invalid-affinity values.daemon.nodeSelector.BAD KEY!",
                "invalid-affinity values.daemon.nodeSelector.c",
            ],
        ),
        ({"daemon": {"nodeSelector": {"-": "x"}}}, ["invalid-affinity values.daemon.nodeSelector.-"]),
        ({"daemon": {"nodeSelector": {"a": "b"}}}, ["leaves-no-node values.daemon.nodeSelector"]),
        ({"installation": {"namespace": "x"}}, ["owned-value values.installation.namespace"]),
        ({"installation": {"createNamespace": 0}}, ["wrong-type values.installation.createNamespace"]),
        ({"daemon": "x", "manager": []}, ["wrong-type values.daemon", "wrong-type values.manager"]),
        ({"daemon": None}, ["null-value values.daemon"]),
        ({"manager": {"tolerations": [{"key": None}]}}, ["null-value values.manager.tolerations[0].key"]),
        ({"manager": {"tolerations": ({"key": None},)}}, ["null-value values.manager.tolerations[0].key"]),
        ({1: "x"}, ["invalid-values values"]),
        ({"daemon": {None: 1}}, ["invalid-values values.daemon"]),
        ({"daemon": {"nodeSelector": {1: "x"}}}, ["invalid-values values.daemon.nodeSelector"]),
        # What is not data is reported as that alone.
        (required("daemon", "affinity", "nodeAffinity", b"x"), [f"invalid-values values.{DAEMON_PLACE}"]),
        # Of gates a backslash is an error of its own, reported once.
        (
            {"featureGates": r"PodWebhook=true\,TemplateNoDefaults=true"},
            ["wrong-value values.featureGates"],
        ),
        # A warning beside it hides no mistake.
        (
            {"daemon": {"affinity": [], "extraEnvs": [{"name": "a", "value": r"b\,c"}]}},
            [
                "escaped-comma values.daemon.extraEnvs[0].value",
                "invalid-affinity values.daemon.affinity",
            ],
        ),
        ({"manager": {"replicas": float("nan")}}, ["invalid-values values.manager.replicas"]),
        (
            {"featureGates": {1, 2}, "crds": b"x"},
            ["invalid-values values.featureGates", "invalid-values values.crds"],
        ),
    ],
)
def test_bad_values(values: Any, expected: list[str]) -> None:
    assert problems(values) == expected


def test_the_exclusion_is_solved_alone_only_where_it_is_used_alone() -> None:
    """What cannot be excluded of all nodes can be of those that a workload's pods may run on anyway."""
    own = required("daemon", "affinity", "nodeAffinity", term("k", "In", "3", "9"))
    asks = {"daemon": {"nodeSelector": {"k": "9"}}}
    for values in (own, asks, merge_values(own, asks)):
        for exclude_manager, expected in ((False, []), (True, ["inexpressible selectors"])):
            assert problems(values, excluded=["k>5,x=y"], exclude_manager=exclude_manager) == expected, values
        written = helm_values(["k>5,x=y"], namespace="n", values=values, exclude_manager=False)["daemon"]
        node_selector = written["affinity"]["nodeAffinity"][REQUIRED_KEY]
        assert affinity_matches(node_selector, {"k": "9", "x": "z"})
        assert not affinity_matches(node_selector, {"k": "9", "x": "y"})


def test_what_is_found_good_can_be_written() -> None:
    """Without the nodeSelector the terms would be too many; with it there is one for each name."""
    selectors = [f"a{n}=x,b{n}=y" for n in range(12)]
    names = [
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [f"node-{n}"]}]}
        for n in range(9)
    ]
    values = required("daemon", "affinity", "nodeAffinity", {"nodeSelectorTerms": names})
    values["daemon"]["nodeSelector"] = {f"a{n}": "z" for n in range(12)}
    assert problems(values, excluded=selectors, exclude_manager=False) == []
    written = helm_values(selectors, namespace="n", values=values, exclude_manager=False)["daemon"]
    assert len(written["affinity"]["nodeAffinity"][REQUIRED_KEY]["nodeSelectorTerms"]) == 9
    del values["daemon"]["nodeSelector"]
    assert problems(values, excluded=selectors, exclude_manager=False) == [f"too-large values.{DAEMON_PLACE}"]


def test_each_problem_has_its_own_place() -> None:
    own = required("daemon", "affinity", "nodeAffinity", term("a", "In", "b"))
    assert problems(own, excluded=["x", "!x"]) == ["leaves-no-node selectors"]
    assert problems(merge_values(own, {"daemon": {"nodeSelector": {"a": "c"}}}), excluded=[]) == [
        "contradiction values.daemon.nodeSelector"
    ]
    assert problems(required("daemon", "affinity", "nodeAffinity", {"nodeSelectorTerms": [{}]})) == [
        f"contradiction values.{DAEMON_PLACE}"
    ]
    asks = {"daemon": {"nodeSelector": {"a": "b"}}, "manager": {"nodeSelector": {"a": "b"}}}
    assert problems(asks) == [f"leaves-no-node values.{pods}.nodeSelector" for pods in ("daemon", "manager")]
    assert problems(asks, exclude_manager=False) == ["leaves-no-node values.daemon.nodeSelector"]


def test_terms_that_no_node_satisfies_are_reported_and_left_out() -> None:
    terms = [{}, *term("pool", "In", "a")["nodeSelectorTerms"], *term("pool", "In", "b")["nodeSelectorTerms"]]
    values = required("daemon", "affinity", "nodeAffinity", {"nodeSelectorTerms": terms})
    place = f"values.{DAEMON_PLACE}.nodeSelectorTerms"
    assert problems(values) == [f"dead-term {place}[0]"]
    values["daemon"]["nodeSelector"] = {"pool": "b"}
    assert problems(values) == [f"dead-term {place}[0]", f"dead-term {place}[1]"]


@pytest.mark.parametrize("nest", [lambda inner: [inner], lambda inner: {"a": inner}])
def test_lists_count_as_levels_too(nest: Any) -> None:
    deep: Any = "x"
    for _level in range(80):
        deep = nest(deep)
    (problem,) = [text for text in problems({"manager": {"tolerations": deep}}) if text[:9] == "invalid-v"]
    assert problem.startswith("invalid-values values.manager.tolerations")


@pytest.mark.parametrize("nest", [lambda inner: [inner], lambda inner: (inner,), lambda inner: {"a": inner}])
def test_sixty_four_levels_below_the_values_are_data(nest: Any) -> None:
    deep: Any = "x"
    for _level in range(63):
        deep = nest(deep)
    assert not [text for text in problems({"a": deep}) if text[:9] == "invalid-v"]
    assert [text for text in problems({"a": nest(deep)}) if text[:9] == "invalid-v"]


@pytest.mark.parametrize(
    ("key", "value", "remedy"),
    [
        (r"pool\.example\.com/name", "a", r"write pool.example.com/name: the \ is for helm's --set"),
        (r"pool\.example\.com/na me", "a", ""),  # not a label without it either
        (r"pool\.example\.com/name", "not a value", ""),
        ("BAD KEY", "a", ""),
    ],
)
def test_a_label_copied_from_set_is_named_as_that(key: str, value: str, remedy: str) -> None:
    values = {"daemon": {"nodeSelector": {key: value}}}
    _affinities, found = read_values(
        values, excluded=SELECTORS, namespace="kruise-system", contract=parse_version("1.8.3")
    )
    assert [problem.remedy for problem in found if problem.place.endswith(f"nodeSelector.{key}")] == [remedy]


def test_a_term_that_no_node_satisfies_is_a_warning() -> None:
    values = required("daemon", "affinity", "nodeAffinity", {"nodeSelectorTerms": [{}]})
    values["daemon"]["affinity"]["nodeAffinity"][REQUIRED_KEY]["nodeSelectorTerms"].append(
        {"matchExpressions": [{"key": "a", "operator": "Exists"}]}
    )
    _affinities, found = read_values(
        values, excluded=SELECTORS, namespace="kruise-system", contract=parse_version("1.8.3")
    )
    assert [(problem.code, problem.severity) for problem in found] == [("dead-term", "warning")]


def test_values_that_hold_themselves() -> None:
    values: dict[str, Any] = {}
    values["daemon"] = values
    assert problems(values)[0].startswith("invalid-values values.daemon.daemon")


def test_a_required_affinity_is_joined_and_the_rest_passes_through() -> None:
    pool = term("pool", "In", "a", "b")
    preferred = [{"weight": 1, "preference": {"matchExpressions": [{"key": "x", "operator": "Exists"}]}}]
    spread = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "z"}]}}
    node_affinity = {REQUIRED_KEY: pool, "preferredDuringSchedulingIgnoredDuringExecution": preferred}
    values = {"daemon": {"affinity": {"nodeAffinity": node_affinity, **spread}}}
    assert problems(values) == []
    affinity = helm_values(SELECTORS, namespace="n", values=values)["daemon"]["affinity"]
    assert affinity["podAntiAffinity"] == spread["podAntiAffinity"]
    joined = affinity["nodeAffinity"]
    assert joined["preferredDuringSchedulingIgnoredDuringExecution"] == preferred
    assert joined[REQUIRED_KEY] == solve(["b=c,d", "a=b"], required=pool).affinity
    for pool_value, a, expected in (("a", "b", False), ("b", "c", True), ("c", "c", False)):
        assert affinity_matches(joined[REQUIRED_KEY], {"pool": pool_value, "a": a}) is expected


def test_the_managers_affinity_is_joined_only_where_it_is_kept_off() -> None:
    values = required("manager", "nodeAffinity", term("pool", "In", "a"))
    kept_off = helm_values(SELECTORS, namespace="n", values=values)["manager"]["nodeAffinity"][REQUIRED_KEY]
    assert kept_off == solve(["b=c,d", "a=b"], required=term("pool", "In", "a")).affinity
    free = helm_values(SELECTORS, namespace="n", values=values, exclude_manager=False)
    assert free["manager"] == values["manager"]


def test_nothing_to_exclude_leaves_what_is_required() -> None:
    values = required("daemon", "affinity", "nodeAffinity", term("pool", "In", "b", "a"))
    written = helm_values([], namespace="n", values=values)["daemon"]["affinity"]["nodeAffinity"]
    assert written[REQUIRED_KEY] == term("pool", "In", "a", "b")


@pytest.mark.parametrize(
    ("values", "late"),
    [
        ({}, []),
        ({"daemon": {"resources": LATE, "affinity": {}, "nodeSelector": {"a": "b"}}}, []),
        ({"daemon": LATE}, [DAEMON]),
        ({"daemon": {"affinity": LATE}}, [DAEMON]),
        ({"daemon": {"affinity": {"podAffinity": LATE}}}, [DAEMON]),
        ({"daemon": {"nodeSelector": {"a": LATE}}}, [DAEMON]),
        ({"daemon": "no section", "manager": LATE}, [MANAGER]),
        ({"manager": {"nodeAffinity": {REQUIRED_KEY: LATE}}}, [MANAGER]),
        ({"manager": {"nodeSelector": LATE}, "daemon": {"affinity": [LATE]}}, [DAEMON, MANAGER]),
    ],
)
def test_which_values_known_late_can_move_pods(values: Any, late: Any) -> None:
    assert [pods for pods in (DAEMON, MANAGER) if has_late_placement(values, pods)] == late


def _join(values: Any, excluded: Sequence[str]) -> Any:
    joined, found = read_values(
        values, excluded=excluded, namespace="kruise-system", contract=parse_version("1.8.3")
    )
    assert joined is not None, found
    return joined


def test_a_placement_of_which_a_part_is_known_late_is_left_out_whole() -> None:
    """Joined with its other part, it could seem to leave no node, or other nodes than it will."""
    plain = _join({}, SELECTORS)
    whole = {"nodeAffinity": {REQUIRED_KEY: term("x", "In", "y")}}
    assert _join({"daemon": {"affinity": whole}}, SELECTORS) != plain
    assert _join({"daemon": {"affinity": {**whole, "podAffinity": LATE}}}, SELECTORS) == plain
    node_selector = {"a": "b", "late": LATE}
    assert _join({"daemon": {"nodeSelector": node_selector}}, ["a=b"]) == _join({}, ["a=b"])
    manager = whole["nodeAffinity"]
    assert _join({"manager": {"nodeAffinity": manager}}, SELECTORS) != plain
    assert _join({"manager": {"nodeAffinity": {**manager, "more": [LATE]}}}, SELECTORS) == plain
    # What is known beside it counts.
    beside = {"affinity": whole, "nodeSelector": {"late": LATE}, "resources": LATE}
    assert _join({"daemon": beside}, SELECTORS) == _join({"daemon": {"affinity": whole}}, SELECTORS)
