"""Reading a Kubernetes cluster: from a kubeconfig to plain JSON objects. Imports no Pulumi.

``connect`` gives a ``Cluster``, whose ``get`` and ``list`` are all that the commands need; importing this
package imports no HTTP library.
"""

from .access import address, connect
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
from .reading import Cluster

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
