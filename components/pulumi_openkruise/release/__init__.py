"""What Helm knows of an installation: its release records. Imports no Pulumi."""
