"""Reading a Kubernetes cluster: from a kubeconfig to plain JSON objects. Imports no Pulumi.

``connect`` gives a ``Cluster``, whose ``get`` and ``list`` are all that the commands need; importing this
package imports no HTTP library.
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
from .kubeconfig import address, connect

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
    "address",
    "connect",
]
