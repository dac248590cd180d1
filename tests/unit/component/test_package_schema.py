"""What programs in other languages see of the component; the golden file shows what a change means to them.

``UPDATE_SCHEMA=1 python -m pytest tests/unit/component/test_package_schema.py`` writes it.
"""

import ast
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from pulumi_openkruise.chart.platforms import PLATFORMS
from pulumi_openkruise.component.package_schema import NAMESPACE, complete_schema
from pulumi_openkruise.component.plugin import _Provider
from pulumi_openkruise.config.fields import FIELDS
from ruamel.yaml import YAML

from tests.support.engine import ROOT

GOLDEN = Path(__file__).parent / "golden_schema.json"
COMPONENT = "openkruise:index:OpenKruise"


def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_Provider("1.2.3").schema or "{}")
    return found


def test_the_schema_is_the_golden_one() -> None:
    """A removed input, a narrower type or a new required field breaks other people's programs."""
    found = json.dumps(schema(), indent=2) + "\n"
    if os.environ.get("UPDATE_SCHEMA"):
        GOLDEN.write_text(found)
    assert found == GOLDEN.read_text(), "UPDATE_SCHEMA=1 writes it"


def test_enums_are_what_the_config_accepts() -> None:
    types = schema()["types"]
    values = {token: [one["value"] for one in found["enum"]] for token, found in types.items()}
    assert values == {
        "openkruise:index:Platform": list(PLATFORMS),
        "openkruise:index:NodeCheck": ["off", "warn", "fail"],
        "openkruise:index:NodeLabelPolicy": ["off", "warn", "label"],
    }
    names = [one["name"] for found in types.values() for one in found["enum"]]
    assert all(re.fullmatch(r"[A-Z][A-Za-z0-9]*", name) for name in names)


def test_python_programs_have_the_same_choices() -> None:
    """``Literal`` is seen by type checkers only, so it is read from the source."""
    tree = ast.parse((ROOT / "components/pulumi_openkruise/component/args.py").read_text())
    literals = {
        node.targets[0].id: ast.literal_eval(node.value.slice)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Subscript)
        and ast.unparse(node.value.value) == "Literal"
    }
    assert literals == {
        "Platform": tuple(PLATFORMS),
        "NodeCheck": ("off", "warn", "fail"),
        "NodeLabelPolicy": ("off", "warn", "label"),
    }


def test_descriptions_speak_no_languages_names() -> None:
    component = schema()["resources"][COMPONENT]
    texts = [
        field["description"]
        for part in ("inputProperties", "properties")
        for field in component[part].values()
    ]
    python_names = {name for name in FIELDS if "_" in name} | {"None", "True", "False", "dict", "docs/"}
    assert not [text for text in texts for name in python_names if name in text]


def test_counts_are_optional_since_a_cluster_may_be_out_of_reach() -> None:
    assert not {"daemonDesired", "daemonReady"} & set(schema()["resources"][COMPONENT]["required"])


def test_the_sdks_have_names_of_their_own() -> None:
    """Without a namespace the Python SDK would be called as this distribution is."""
    assert schema()["namespace"] == NAMESPACE
    assert f"{NAMESPACE}-{schema()['name']}" != "pulumi-openkruise"


def test_addresses_come_from_the_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    class Metadata(dict[str, str]):
        def get_all(self, _name: str) -> list[str]:
            return ["Homepage, https://example.com/", "Documentation, https://example.com/docs"]

    plain = {"Summary": "s", "Keywords": "a,b", "License-Expression": "Apache-2.0", "Author": "them"}
    monkeypatch.setattr("importlib.metadata.metadata", lambda _name: Metadata(plain))
    found = complete_schema(
        {
            "resources": {
                COMPONENT: {"inputProperties": {"platform": {}, "nodeCheck": {}, "nodeLabelPolicy": {}}}
            }
        }
    )
    assert found["homepage"] == "https://example.com/"
    assert "repository" not in found
    assert found["keywords"][-2:] == ["a", "b"]


def test_the_plugins_folder_starts_the_provider() -> None:
    folder = ROOT / "plugin"
    runtime = YAML(typ="safe").load((folder / "PulumiPlugin.yaml").read_text())["runtime"]
    assert runtime == {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}}
    requirements = (folder / "requirements.txt").read_text().splitlines()
    assert [line for line in requirements if not line.startswith("#")] == [".."]
    assert (folder / "__main__.py").read_text().endswith("import main\n\nmain()\n")
    # Pulumi refuses a folder with both files: "detected both".
    assert not (folder / "Pulumi.yaml").exists()
    assert not (ROOT / "PulumiPlugin.yaml").exists()
