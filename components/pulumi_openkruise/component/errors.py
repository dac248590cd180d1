"""The exception for a user's mistake, which Pulumi shows without a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import pulumi

from ..diagnostics.problem import ConfigError


class InvalidConfigError(ConfigError, pulumi.RunError):
    """Arguments or stack config that cannot be used.

    Pulumi ends a program that raises a ``RunError`` with the message alone, without a traceback.
    """


@contextmanager
def convert_errors() -> Iterator[None]:
    """Context manager: convert a ConfigError raised inside into an InvalidConfigError."""
    try:
        yield
    except ConfigError as error:
        raise InvalidConfigError(error.problems, source=error.source) from None
