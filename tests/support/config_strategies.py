"""Config that users could write: nearly right, by mistake, or anything at all."""

from typing import Any

from hypothesis import strategies as st
from pulumi_openkruise.chart.contract import ABSENT, KEYS
from pulumi_openkruise.chart.gate_names import SINCE
from pulumi_openkruise.chart.local import ChartFileError, LocalChart
from pulumi_openkruise.chart.platforms import PLATFORMS
from pulumi_openkruise.config.helm_values import merge_values
from pulumi_openkruise.config.stack_config import CONFIG_KEYS

# What a user could write by mistake, and worse: any JSON, any text, next to values that are nearly right.
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
selectors = st.sampled_from(
    ["a", "!a", "a=b", "a!=b", "a in (b,c)", "a>5", "a<5", "", " ", "a in (", "(", "a=b,c", "é"]
)
# The chart's own values: right paths with right and wrong values, wrong paths, and anything below them.
value_paths = st.sampled_from(
    [
        *KEYS,
        *ABSENT,
        "manager",
        "daemon.log",
        "daemon.credentialProvider",
        "helmHooks",
        "manager.replica",
        "x.y",
        "",
    ]
)
chart_values = st.dictionaries(
    value_paths,
    st.sampled_from([key.default for key in KEYS.values()])
    | st.sampled_from(
        ["ImagePullJobGate=true", "KruiseDaemon=False", "A=true,,", "AllAlpha=true", [{}], [None]]
    )
    | json_values,
    max_size=4,
).map(lambda flat: _nested(flat))
gates = st.dictionaries(
    st.sampled_from([*SINCE, "KruiseDeamon", "EnhancedLivenessProbeGate"]) | st.text(max_size=6),
    st.booleans() | json_values,
    max_size=4,
)
versions = st.sampled_from(
    [
        "1.7.0",
        "1.7.3",
        "1.8.3",
        "1.9.0",
        "1.9.1",
        "1.9.0-alpha.4",
        "1.8.3-custom",
        "0.1.0",
        "99.0.0",
        "1.8",
        "9" * 40,
    ]
)
nearly_right = {
    "featureGates": gates,
    "platform": st.sampled_from([*PLATFORMS, "K3S", ""]),
    "imageRegistry": st.sampled_from(["localhost:5000", "a/b", "https://a", "A", ""]) | st.text(max_size=8),
    "imagePullSecrets": st.lists(st.sampled_from(["a", "A", ""]) | json_values, max_size=3),
    "chart": st.sampled_from(
        ["kruise", "./kruise", "oci://a/kruise", "https://a/kruise-1.8.3.tgz", "\0", "a/b", "~"]
    ),
    "chartRepository": st.sampled_from(["https://a", "http://[", "https://u:p@a/b", "oci://a", "a"]),
    "chartVersion": versions,
    "chartDigest": st.sampled_from(["0" * 64, "sha256:" + "F" * 64, "0" * 63]),
    "expectedNodes": st.integers(),
    "virtualNodeSelectors": st.lists(
        selectors | st.text(alphabet="ab!=<>(), in", max_size=12) | json_values, max_size=5
    ),
    "virtualNodePresets": st.lists(st.sampled_from(["liqo", "kwok", "Liqo", ""]) | json_values, max_size=3),
    "values": chart_values
    | st.dictionaries(
        st.sampled_from(["daemon", "manager", "installation", "x"]),
        json_values
        | st.dictionaries(st.sampled_from(["affinity", "nodeAffinity", "namespace"]), json_values),
    ),
    "timeout": st.integers() | st.sampled_from(["1e3", "٣", "1" * 5000]),
    "namespace": st.sampled_from(["default", "a" * 64, "kruise\n"]) | st.text(max_size=8),
}
any_config = st.fixed_dictionaries(
    {}, optional={key: nearly_right.get(key, st.nothing()) | json_values for key in CONFIG_KEYS}
) | st.dictionaries(
    st.sampled_from([*CONFIG_KEYS, "Protect", "chart-version", ""]) | st.text(max_size=8), json_values
)


def _nested(flat: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for path, value in flat.items():
        nested: Any = value
        for part in reversed(path.split(".")):
            nested = {part: nested}
        values = merge_values(values, nested)
    return values


def some_charts(chart: str) -> LocalChart | None:
    """Return a machine on which some charts are, and some are broken."""
    if chart.startswith("./"):
        return LocalChart("kruise", "1.8.3", None)
    if chart == "a/b":
        raise ChartFileError("the folder has no Chart.yaml")
    return None


# With so many keys hardly any config is right: here only what concerns the values is left to chance.
about_values = st.fixed_dictionaries(
    {}, optional={key: nearly_right[key] for key in ("values", "featureGates", "platform", "chartVersion")}
)

right_config = st.fixed_dictionaries(
    {},
    optional={
        "virtualNodeSelectors": st.lists(st.sampled_from(["a=b", "c", "d in (e,f),!g"]), max_size=3),
        "virtualNodePresets": st.lists(st.sampled_from(["liqo", "kwok@1", "all"]), max_size=2),
        "sharedNodeSelectors": st.lists(st.sampled_from(["h=i", "!j,k"]), max_size=2),
        "sharedNodePresets": st.lists(st.sampled_from(["tke-supernode", "windows"]), max_size=2),
        "baseExclusions": st.booleans(),
        "excludeManager": st.booleans(),
        "platform": st.sampled_from(list(PLATFORMS)),
        "featureGates": st.dictionaries(
            st.sampled_from(["TemplateNoDefaults", "PodWebhook", "KruiseDaemon"]), st.booleans()
        ),
        "imageRegistry": st.sampled_from(["localhost:5000", "registry.example.com/mirror"]),
        "imagePullSecrets": st.lists(st.sampled_from(["pull", "a.b"]), max_size=2),
        "chartVersion": st.sampled_from(["1.7.0", "1.8.3", "1.9.1", "1.8.3-custom", "99.0.0"]),
        "namespace": st.sampled_from(["kruise-system", "other"]),
        "releaseName": st.sampled_from(["kruise", "k.v1"]),
        "protect": st.booleans(),
        "guardDestroy": st.booleans(),
        "reapply": st.text(max_size=5),
        "nodeCheck": st.sampled_from(["off", "warn", "fail"]),
        "nodeLabelPolicy": st.sampled_from(["off", "warn"]),
        "setTypeLabel": st.booleans(),
        "nodeLabelSelectors": st.lists(st.sampled_from(["a=b", "c,!d"]), max_size=2),
        "expectedNodes": st.integers(1, 100_000),
        "timeout": st.integers(1, 86_400),
        "values": st.fixed_dictionaries(
            {},
            optional={
                "manager": st.fixed_dictionaries({"replicas": st.integers(0, 9)}),
                "daemon": st.fixed_dictionaries(
                    {"port": st.integers(1, 65_535)},
                    optional={"nodeSelector": st.just({"pool": "x"})},
                ),
            },
        ),
    },
)
"""Config that has to be accepted, whatever is combined."""
