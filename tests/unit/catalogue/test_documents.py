"""docs/platforms.md says what the tables of runtimes and sockets say."""

from pulumi_openkruise.catalogue.runtimes import DISTRIBUTIONS, RANGES, UPSTREAM_SOCKETS
from pulumi_openkruise.detection.runtimes import find_location

from tests.support.documents import check_table, markdown


def test_places_of_sockets() -> None:
    rows = []
    for one in DISTRIBUTIONS:
        shown = f"label `{'='.join(one.label)}`" if one.label else f"kubelet `...{one.kubelet[1:]}...`"
        setting = f"`daemon.socketLocation: {find_location(one.socket)}`"
        platform = f"`platform: {one.platform}`, which sets {setting}" if one.platform else setting
        rows.append([one.name, f"`{one.socket}`", shown, platform, one.source])
    rows += [
        [f"{runtime} elsewhere", f"`{path}`", "", "the default", "its own default configuration"]
        for runtime, path in UPSTREAM_SOCKETS.items()
    ]
    columns = ["distribution", "socket", "a node shows it by", "setting", "source"]
    check_table("platforms.md", "sockets", markdown(columns, rows))


def test_runtimes() -> None:
    rows = [[one.description, ", ".join(one.cri), one.upgrade or "nothing", one.source] for one in RANGES]
    columns = ["container runtime", "serves CRI", "what it needs for OpenKruise 1.6 and newer", "source"]
    check_table("platforms.md", "runtimes", markdown(columns, rows))
