"""docs/values.md and docs/platforms.md say what the chart's data say."""

from pulumi_openkruise.chart.contract import ABSENT, FIRST, KEYS
from pulumi_openkruise.chart.effective_gates import CHART_DEFAULT, FORCED_OFF, FORCED_ON
from pulumi_openkruise.chart.gate_names import SINCE
from pulumi_openkruise.chart.platforms import PLATFORMS, describe_platform

from tests.support.documents import check_table, markdown


def test_keys_without_effect() -> None:
    rows = [[f"`{path}`", key.dead] for path, key in KEYS.items() if key.dead]
    check_table("values.md", "dead", markdown(["key", "why"], rows))


def test_keys_that_do_not_exist() -> None:
    rows = [[f"`{path}`", absent.reason, absent.remedy] for path, absent in ABSENT.items()]
    check_table("values.md", "absent", markdown(["key", "what is true", "instead"], rows))


def test_keys_that_came_later() -> None:
    rows = [[f"`{path}`", key.since] for path, key in KEYS.items() if key.since != FIRST]
    check_table("values.md", "later", markdown(["key", "from"], rows))


def test_gates_that_rule_others() -> None:
    rows = [[f"`{name}: false`", "off", _names(others)] for name, others in FORCED_OFF.items()]
    rows += [[f"`{name}: true`", "on", _names(others)] for name, others in FORCED_ON.items()]
    check_table("values.md", "forced", markdown(["with", "is always", "gate"], rows))


def test_gates() -> None:
    rows = [
        [since, _names([name for name in SINCE if SINCE[name] == since])]
        for since in dict.fromkeys(SINCE.values())
    ]
    check_table("values.md", "gates", markdown(["from", "gates"], rows))
    assert set(CHART_DEFAULT) < set(SINCE)


def test_platforms() -> None:
    rows = [
        [
            f"`{name}`",
            f"`{describe_platform(platform)}`",
            f"{platform.why}{_from(platform.since)}",
            platform.source,
        ]
        for name, platform in PLATFORMS.items()
    ]
    check_table("platforms.md", "platforms", markdown(["platform", "sets", "why", "source"], rows))


def _names(names: object) -> str:
    return ", ".join(f"`{name}`" for name in names)  # type: ignore[attr-defined]


def _from(since: str) -> str:
    return "" if since == FIRST else f"; before chart {since} it sets nothing"
