"""Helm values of an installation with these selectors and values, without the rest of its settings."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_openkruise.chart.version import parse_version
from pulumi_openkruise.config.helm_values import read_values, render_values


def helm_values(
    excluded: Sequence[str],
    *,
    namespace: str,
    exclude_manager: bool = True,
    values: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Render the values for chart 1.8.3."""
    affinities, _problems = read_values(
        values or {},
        excluded=excluded,
        namespace=namespace,
        contract=parse_version("1.8.3"),
        exclude_manager=exclude_manager,
    )
    assert affinities is not None
    return render_values(affinities, namespace=namespace, values=values or {})
