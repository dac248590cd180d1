"""Which versions of Kubernetes each minor version of OpenKruise runs on, and why."""

from typing import NamedTuple

Minor = tuple[int, int]


class Support(NamedTuple):
    """What upstream says of Kubernetes for one minor version of OpenKruise."""

    oldest: Minor
    """Helm refuses the chart on anything older (``kubeVersion`` in its Chart.yaml)."""
    tested_from: Minor
    """The oldest that upstream tests with."""
    built_for: Minor
    """The version of Kubernetes' own libraries that it is built with, and the newest that upstream names."""


SUPPORT: dict[Minor, Support] = {
    (1, 7): Support((1, 18), (1, 18), (1, 28)),
    (1, 8): Support((1, 18), (1, 18), (1, 30)),
    (1, 9): Support((1, 18), (1, 24), (1, 32)),
}
"""By minor version of OpenKruise (chart index, change log of 1.7.0, 1.8.0 and 1.9.0, openkruise.io)."""

RUN_HERE: tuple[Minor, Minor] = ((1, 33), (1, 36))
"""The versions with which this repository's end-to-end tests run: the oldest emulated, the newest real."""


class Reason(NamedTuple):
    """Why a bound is where it is."""

    why: str
    source: str


REASONS = (
    Reason(
        "1.18 or newer: kubeVersion of the chart. The API versions of its CRDs, webhooks and roles need "
        "nothing newer: every version from 1.16 on serves them. On nodes whose runtime speaks only CRI "
        "v1alpha2 the daemon does not work; featureGates KruiseDaemon: false leaves it out",
        "Chart.yaml and templates of the charts, change log of 1.6.0",
    ),
    Reason(
        "up to 1.36, as far as tests ran: nothing that the chart creates uses an API that Kubernetes has "
        "removed",
        "tests/e2e",
    ),
)


def find_support(kruise: Minor) -> Support | None:
    """Return what is known of a minor version of OpenKruise; a newer one is taken for the newest known."""
    return SUPPORT[max(SUPPORT)] if kruise > max(SUPPORT) else SUPPORT.get(kruise)


def format_minor(minor: Minor) -> str:
    """Return a minor version as people write it: ``1.8``."""
    return f"{minor[0]}.{minor[1]}"
