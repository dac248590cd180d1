"""The one exception that the command line prints without a traceback."""


class SandboxError(Exception):
    """Something a person can act on: what was found, what was expected and what to do."""
