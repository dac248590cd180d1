"""The command line, ``pulumi-openkruise``; may read and write files, ask and repair clusters; no Pulumi.

A subcommand is imported when it runs.
"""

from .app import complete_for_kubectl, main

__all__ = ["complete_for_kubectl", "main"]
