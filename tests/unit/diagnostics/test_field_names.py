"""What messages call a field, in each place where a user can write it."""

from pulumi_openkruise.config.fields import FIELDS
from pulumi_openkruise.diagnostics.field_names import argument_name, config_field_name, config_key, setting


def test_every_field_has_a_key_of_its_own() -> None:
    keys = [config_key(name) for name in FIELDS]
    assert len(set(keys)) == len(FIELDS)
    assert all(key.isalnum() and key[0].islower() for key in keys)


def test_a_field_is_called_what_the_user_wrote() -> None:
    assert argument_name("node_check") == "node_check"
    assert config_key("node_check") == "nodeCheck"
    assert config_field_name()("node_check") == "openkruise:nodeCheck"
    assert config_field_name("other")("timeout") == "other:timeout"


def test_config_is_set_by_a_command_and_an_argument_in_the_program() -> None:
    assert setting(config_field_name(), "protect", "false") == (
        "pulumi config set openkruise:protect false && pulumi up"
    )
    assert (
        setting(argument_name, "protect", "False") == "set protect to False in the program, then `pulumi up`"
    )
