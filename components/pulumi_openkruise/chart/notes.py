"""What is to be said about some versions of the chart, whatever their values are."""

from collections.abc import Iterator

from ..diagnostics.problem import ConfigProblem
from .version import Version

NOTES: dict[str, str] = {
    "1.7.3": "still installs OpenKruise v1.7.2 (values.manager.image.tag); 1.7.5 is the fixed one",
    "1.9.0": (
        "its manager can panic on cluster versions with a +, as GKE's and EKS's (kruise#2502), "
        "and its CRDs cannot be taken back to 1.8"
    ),
    "1.9.1": "its EnableExternalCerts does not work (charts#203), and its CRDs cannot be taken back to 1.8",
}
"""By version, only what somebody who installs it has to know."""


def version_problems(chart: Version, where: str, *, values_given: bool) -> Iterator[ConfigProblem]:
    """Yield a warning for a version with a trap, and one where values cannot be judged with certainty."""
    if chart.text in NOTES and chart.knowledge != "nearest":
        yield ConfigProblem("version-note", where, f"{chart.text}: {NOTES[chart.text]}", severity="warning")
    if not values_given:
        return
    if chart.knowledge == "part":
        reason = (
            f"{chart.text}: its values are not wholly known here, only those of 1.9.0-alpha.4 and the new "
            "webhookConfiguration.aksIntegration; a key beyond them is a warning, no error"
        )
        yield ConfigProblem("unknown-contract", where, reason, severity="warning")
    elif chart.knowledge == "nearest":
        from .contract import FIRST  # what the chart takes: where a chart is known, nobody asks

        nearest = f"{FIRST} to 1.8.3"
        reason = (
            f"{chart.text}: no chart of OpenKruise's whose values are known here, so they are held against "
            f"those of {nearest}; a key beyond them is a warning, no error"
        )
        yield ConfigProblem("unknown-contract", where, reason, severity="warning")
