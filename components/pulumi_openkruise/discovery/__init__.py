"""Which config would exclude the virtual nodes of a cluster; pure: classified nodes in, a proposal out."""

from .nodes import ClassifiedNode, Group, classify_node, find_exclusions, group_nodes
from .proposal import Proposal, propose

__all__ = [
    "ClassifiedNode",
    "Group",
    "Proposal",
    "classify_node",
    "find_exclusions",
    "group_nodes",
    "propose",
]
