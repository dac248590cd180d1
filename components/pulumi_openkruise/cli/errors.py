"""The one error of a command that a user can mend; every part of the command line may raise it."""

import click


class UnusableInputError(click.ClickException):
    """Input that the command cannot work with; the message says where, why and what to do."""

    exit_code = 2
