"""Kubeconfig and HTTP client; it may read files, run exec plugins and use the network.

``connect`` returns a ``Cluster``, whose ``get`` and ``list`` are all that the commands need. Importing this
folder imports no HTTP library.
"""

from .client import Cluster
from .errors import (
    ClusterError,
    ClusterUnreachableError,
    ConflictError,
    ForbiddenError,
    KubeconfigError,
    NotFoundError,
    RefusedError,
    UnauthorizedError,
)
from .kubeconfig import connect, find_address

__all__ = [
    "Cluster",
    "ClusterError",
    "ClusterUnreachableError",
    "ConflictError",
    "ForbiddenError",
    "KubeconfigError",
    "NotFoundError",
    "RefusedError",
    "UnauthorizedError",
    "connect",
    "find_address",
]
