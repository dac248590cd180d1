"""The Helm values that config keys other than ``values`` set: platform, gates, registry, pull secrets."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..diagnostics.field_names import FieldName
from ..diagnostics.problem import Problem, show
from ..foreign.addresses import strip_login
from .gates import check_gates, render_gates
from .platforms import PLATFORMS, applies, describe_platform
from .registries import find_partial_mirror
from .version import Version

_REGISTRY = r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
_SECRET_NAME = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"

OWNED = {"featureGates": "feature_gates", "imagePullSecrets": "image_pull_secrets"}
"""Helm values that are one string or one list, each with the config key that sets it: the user's own would
replace what the key sets."""


def derive_values(given: Mapping[str, Any], chart: Version) -> dict[str, Any]:
    """Return the Helm values that these keys set; the user's own ``values`` override them.

    ``given`` holds only fields without problems.
    """
    platform = PLATFORMS.get(given.get("platform", ""))
    if platform is not None and not applies(platform, chart):
        platform = None
    values: dict[str, Any] = {
        section: dict(part) for section, part in (platform.values if platform else {}).items()
    }
    gates = {**(platform.gates if platform else {}), **given.get("feature_gates", {})}
    if gates:
        values["featureGates"] = render_gates(gates)
    registry = given.get("image_registry")
    if registry is not None:
        from .contract import KEYS  # loaded only for this key

        for section in ("manager", "helmHooks"):
            key = KEYS[f"{section}.image.repository"]
            if chart.includes(key.since):
                values.setdefault(section, {})["image"] = {"repository": f"{registry}/{key.default}"}
    secrets = [name for _index, name in given.get("image_pull_secrets", ())]
    if secrets:
        values["imagePullSecrets"] = [{"name": name} for name in secrets]
    return values


def check_derived(
    given: Mapping[str, Any], chart: Version | None, field_name: FieldName
) -> Iterator[Problem]:
    """Yield the problems of these keys, and an ``info`` that says what the platform sets."""
    name = given.get("platform")
    platform = PLATFORMS.get(name) if name is not None else None
    if platform is not None and chart is not None:
        yield _report_platform(str(name), chart, field_name)
    elif name is not None and platform is None:
        yield _unknown_platform(name, field_name("platform"))
    if chart is not None:
        beside = platform.gates if platform is not None else {}
        where = field_name("feature_gates")
        yield from check_gates(given.get("feature_gates", {}), chart, where, beside)
    registry = given.get("image_registry")
    if registry is not None and not re.fullmatch(_REGISTRY, registry, re.ASCII):
        reason = f"expected a registry's host, with a path if it has one, found {show(strip_login(registry))}"
        remedy = "write registry.example.com/mirror, without https:// and without an image's name"
        yield Problem("invalid-registry", field_name("image_registry"), reason, (), remedy)
    else:
        yield from _check_hook_image(given, chart, field_name)
    for index, secret in given.get("image_pull_secrets", ()):
        if not re.fullmatch(_SECRET_NAME, secret, re.ASCII) or len(secret) > 253:
            reason = (
                f"expected a Secret's name, lower-case letters, digits, '-' and '.', found {show(secret)}"
            )
            yield Problem("invalid-name", f"{field_name('image_pull_secrets')}[{index}]", reason)


def _check_hook_image(
    given: Mapping[str, Any], chart: Version | None, field_name: FieldName
) -> Iterator[Problem]:
    """Warn of a registry that is known to lack the image of the pre-delete Job, which a destroy runs."""
    from .contract import KEYS  # loaded only where it is needed

    key = KEYS["helmHooks.image.repository"]
    if chart is not None and not chart.includes(key.since):
        return
    own: Any = given.get("values", {})
    for part in ("helmHooks", "image", "repository"):
        own = own.get(part) if isinstance(own, Mapping) else None
    registry = given.get("image_registry")
    place, image = field_name("image_registry"), f"{registry}/{key.default}" if registry else ""
    if own is not None:
        place = f"{field_name('values')}.helmHooks.image.repository"
        image = own if isinstance(own, str) else ""
    mirror = find_partial_mirror(image)
    if mirror is not None:
        yield Problem(
            "hook-image-missing",
            place,
            f"{mirror.description} has no image kruise-helm-hook, which the chart's pre-delete Job runs: "
            "`pulumi destroy` waits for it until its timeout, and leaves the release uninstalling",
            (),
            f"set {field_name('values')}.helmHooks.image.repository to one that has it, as "
            f"docker.io/{key.default}",
            severity="warning",
        )


def _unknown_platform(name: str, where: str) -> Problem:
    """Suggest only names that begin alike: eks is spelled like k3s, whose setting would be wrong for it."""
    letters = re.sub(r"[^a-z0-9]", "", name.lower())
    meant = [known for known in PLATFORMS if known.replace("-", "").startswith(letters)]
    every = f"known platforms: {', '.join(PLATFORMS)}"
    remedy = f"{every}; others need no setting, or one that docs/platforms.md names"
    if len(letters) > 2 and meant:
        remedy = f"did you mean {meant[0]}? {remedy}"
    return Problem("unknown-platform", where, f"unknown platform {show(name)}", (), remedy)


def _report_platform(name: str, chart: Version, field_name: FieldName) -> Problem:
    platform = PLATFORMS[name]
    values = describe_platform(platform)
    if not applies(platform, chart):
        reason = f"{name} sets nothing with chart {chart.text}, but {values} from {platform.since} on"
    else:
        reason = f"{name} sets {values}: {platform.why}"
    return Problem("platform", field_name("platform"), reason, severity="info")


def has_daemon(values: Mapping[str, Any]) -> bool:
    """Tell whether the chart creates the DaemonSet: its template searches the gates for this substring."""
    gates = values.get("featureGates", "")
    return not (isinstance(gates, str) and "KruiseDaemon=false" in gates)


def refuse_late_gate(where: str, instead: str) -> Problem:
    """Return the problem of an output in ``values`` that turns the daemon on or off: unknown in preview."""
    reason = "whether there is a daemon has to be known in preview"
    return Problem("late-gate", where, reason, (), f"set KruiseDaemon in {instead}")
