"""The command line, ``pulumi-openkruise``; it may read files and the cluster, but imports no Pulumi.

A subcommand is imported when it runs.
"""

from .app import complete_for_kubectl, main

__all__ = ["complete_for_kubectl", "main"]
