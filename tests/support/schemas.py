"""Published JSON Schemas, strict for tests: a field that a schema does not know is an error."""

import json
from typing import Any

from tests.support.engine import ROOT


def load_schema(name: str) -> dict[str, Any]:
    """Return the schema ``docs/schemas/<name>.schema.json``."""
    found: dict[str, Any] = json.loads((ROOT / "docs" / "schemas" / f"{name}.schema.json").read_text())
    return found


def close(schema: Any) -> Any:
    """Return the schema with every object closed."""
    if isinstance(schema, list):
        return [close(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: close(value) for key, value in schema.items()}
    # What `allOf` takes in is known where it is taken in, so only that place may be closed.
    if isinstance(found.get("properties"), dict) and found.get("type") == "object":
        found["unevaluatedProperties"] = False
    return found
