"""The config of a stack as `pulumi config --json` prints it, by namespace."""

from pulumi_openkruise.config.config_json import ConfigJson, select_namespace

CONFIG: ConfigJson = {
    "kubernetes:context": {"value": "prod", "secret": False},
    "openkruise:chartVersion": {"value": "1.9.0", "secret": False},
    "openkruise:presets": {"value": '["kwok"]', "objectValue": ["kwok"], "secret": False},
    "openkruise:values": {"value": "{}", "secret": True},
    "openkruise-other:values": {"value": "{}", "secret": True},
    "openkruise:": {"value": "nameless"},
    "name": {"value": "without a namespace"},
}


def test_a_namespace_has_its_own_keys_with_lists_as_lists() -> None:
    assert select_namespace(CONFIG, "openkruise") == (
        {"chartVersion": "1.9.0", "presets": ["kwok"], "values": "{}"},
        {"values"},
    )
    assert select_namespace(CONFIG, "kubernetes") == ({"context": "prod"}, set())
    assert select_namespace(CONFIG, "none") == ({}, set())
