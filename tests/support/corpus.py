"""The nodes of tests/corpus, as the API server would give them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ruamel.yaml import YAML

from tests.support.engine import ROOT

GROUPS = ("described", "stripped", "misleading", "real", "later", "reported")
NODE_INFO = (
    "architecture",
    "bootID",
    "containerRuntimeVersion",
    "kernelVersion",
    "kubeProxyVersion",
    "kubeletVersion",
    "machineID",
    "operatingSystem",
    "osImage",
    "systemUUID",
)


@dataclass(frozen=True)
class Sample:
    """One node of the corpus, with what is known of it."""

    group: str
    id: str
    truth: Literal["virtual", "real"]
    source: str
    node: dict[str, Any]
    kind: str | None = None
    shows: bool = True


@lru_cache(maxsize=1)
def corpus() -> tuple[Sample, ...]:
    """Read all samples, with the fields that an API server would fill in."""
    samples = []
    for group in GROUPS:
        entries = YAML(typ="safe", pure=True).load(ROOT / "tests" / "corpus" / f"{group}.yaml")
        for entry in entries:
            node = entry["node"]
            node["status"]["nodeInfo"] = {**dict.fromkeys(NODE_INFO, ""), **node["status"]["nodeInfo"]}
            samples.append(
                Sample(
                    group,
                    entry["id"],
                    entry["nodes"],
                    entry["source"],
                    node,
                    entry.get("kind"),
                    entry.get("shows", True),
                )
            )
    return tuple(samples)
