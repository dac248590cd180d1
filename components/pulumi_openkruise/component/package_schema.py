"""The package's schema for other languages: what Pulumi's analyzer cannot read from annotations.

https://www.pulumi.com/docs/iac/extending-pulumi/schema/ describes the format. The analyzer takes no
``Literal`` and knows no metadata, so enums, metadata and the SDKs' namespace are added to what it found.
"""

from typing import Any

from ..chart.platforms import PLATFORMS

PACKAGE = "openkruise"
NAMESPACE = "pulumi-openkruise"
"""Scope of the generated SDKs: ``@pulumi-openkruise/openkruise``, ``pulumi_openkruise_openkruise``.

Without one the generated Python SDK has this distribution's own name, and pip can install only one of them.
"""

_COMPONENT = f"{PACKAGE}:index:OpenKruise"
_ENUMS: dict[str, tuple[str, str, dict[str, str]]] = {
    "platform": (
        "Platform",
        "An environment that needs settings of its own.",
        {name: f"Needed because {platform.why}." for name, platform in PLATFORMS.items()},
    ),
    "nodeCheck": (
        "NodeCheck",
        "How misplaced daemons are reported after an update.",
        {
            "off": "Check nothing.",
            "warn": "Warn, and let the update succeed.",
            "fail": "Fail the update after everything was applied; in preview, before.",
        },
    ),
    "nodeLabelPolicy": (
        "NodeLabelPolicy",
        "What the API server does about virtual nodes that register.",
        {
            "off": "Nothing.",
            "warn": "Warn of nodes that no selector excludes (ValidatingAdmissionPolicy, Kubernetes 1.30).",
            "label": "Label them, so that no daemon reaches them (MutatingAdmissionPolicy, Kubernetes 1.36).",
        },
    ),
}
"""Inputs that take one of a few strings: the type's name, its description, and each value with its own."""


def complete_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the analyzer's schema with enums, metadata and hints for the generators of SDKs.

    The wire format is the analyzer's: the values of an enum are plain strings.
    """
    component = schema["resources"][_COMPONENT]
    inputs = dict(component["inputProperties"])
    types = dict(schema.get("types", {}))
    for key, (name, description, values) in _ENUMS.items():
        token = f"{PACKAGE}:index:{name}"
        types[token] = {
            "type": "string",
            "description": description,
            "enum": [
                {"name": _spell_identifier(value), "value": value, "description": meaning}
                for value, meaning in values.items()
            ],
        }
        plain = {field: value for field, value in inputs[key].items() if field != "type"}
        inputs[key] = {**plain, "$ref": f"#/types/{token}"}
    return {
        **schema,
        **_read_metadata(),
        "namespace": NAMESPACE,
        "types": types,
        "resources": {**schema["resources"], _COMPONENT: {**component, "inputProperties": inputs}},
    }


def _spell_identifier(value: str) -> str:
    """Return the name of an enum's value in generated code: ``eks-custom-cni`` is ``EksCustomCni``."""
    return "".join(part.capitalize() for part in value.split("-"))


def _read_metadata() -> dict[str, Any]:
    """Return what the distribution says of itself; addresses only where its publisher wrote them there."""
    from importlib.metadata import metadata  # slow to import, and only a plugin needs it

    found = metadata("pulumi-openkruise")
    addresses = dict(line.split(", ", 1) for line in found.get_all("Project-URL") or [])
    known = {"homepage": addresses.get("Homepage"), "repository": addresses.get("Repository")}
    return {
        "displayName": "OpenKruise",
        "description": found["Summary"],
        "keywords": ["category/infrastructure", "kind/component", *(found["Keywords"] or "").split(",")],
        "license": found["License-Expression"],
        "publisher": found["Author"],
        **{field: address for field, address in known.items() if address},
    }
