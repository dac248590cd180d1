"""What an update may do to an installation, and how a stuck one is recovered; pure."""
