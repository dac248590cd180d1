"""A stack's file on its own: everything that `pulumi up` would refuse in it, as far as files show it."""

from ..diagnostics.field_names import NAMESPACE
from ..diagnostics.problem import ConfigError, Problem
from .declared_type import check_types
from .project_config import Project
from .settings_reader import read_settings
from .stack_config import parse_config
from .stack_yaml import read_stack_yaml


def check_stack_file(text: str, project: Project) -> tuple[Problem, ...]:
    """Return every problem of a stack file's config with what its project gives it; empty for none.

    What is encrypted is not checked: only the update sees it.
    """
    try:
        own, secret_keys, has_environment = read_stack_yaml(text, "the file", NAMESPACE)
    except ValueError as error:
        return (Problem("unreadable", "the file", str(error)),)
    missing = [key for key in project.required if key not in own and not has_environment]
    if missing:
        reason = f"lacks {', '.join(missing)}, which Pulumi.yaml requires of every stack"
        return (Problem("missing-key", "config", reason),)
    wrong = check_types(project.types, own, NAMESPACE, "Pulumi.yaml", secret_keys)
    if wrong:
        return tuple(wrong)
    raw = {**project.inherited, **own}
    if "values" in secret_keys:
        del raw["values"]
    try:
        arguments = parse_config(raw, source="", secret_keys=secret_keys - {"values"})
        read_settings(arguments, source="", field_name=arguments.field_name)
    except ConfigError as error:
        return error.problems
    return ()
