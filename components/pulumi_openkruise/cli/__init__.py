"""The command line, ``pulumi-openkruise``. Imports no Pulumi; a subcommand is imported when it is run."""

from .app import main

__all__ = ["main"]
