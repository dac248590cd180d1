"""Registries that are known to lack an image of the chart: data, with sources."""

from typing import NamedTuple


class PartialMirror(NamedTuple):
    """A registry that mirrors the manager's image and not that of the pre-delete hook."""

    host: str
    description: str
    source: str


WITHOUT_HOOK: tuple[PartialMirror, ...] = (
    PartialMirror(
        "openkruise-registry.cn-shanghai.cr.aliyuncs.com",
        "OpenKruise's mirror in China",
        "openkruise.io, installation: it names this registry for manager.image.repository alone; "
        "openkruise/kruise#1181",
    ),
)
"""All that are known; another registry may lack the image too, which only a request to it would show."""


def find_partial_mirror(image: str) -> PartialMirror | None:
    """Return what is known of the registry of an image, given with or without a tag; None for nothing."""
    host = image.partition("/")[0].lower()
    return next((one for one in WITHOUT_HOOK if one.host == host), None)
