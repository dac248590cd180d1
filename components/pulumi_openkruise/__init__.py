"""OpenKruise for Pulumi, kept off virtual nodes by an exact node affinity.

``OpenKruise`` is the component, ``OpenKruiseArgs`` its arguments, ``args_from_config`` reads them from the
config of the stack. ``pulumi_openkruise.selectors`` is the pure core, usable without Pulumi running.
"""

from importlib.metadata import version

from .component import OpenKruise, OpenKruiseArgs
from .config import args_from_config

__version__ = version("pulumi-openkruise")

__all__ = ["OpenKruise", "OpenKruiseArgs", "__version__", "args_from_config"]
