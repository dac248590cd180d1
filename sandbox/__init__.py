"""A Kubernetes cluster and a Pulumi of real parts, from published Go modules; see ``python -m sandbox``."""
