"""Kubeconfig and HTTP client; it may read the kubeconfig and talk to the API server.

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
