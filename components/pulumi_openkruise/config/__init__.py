"""The configuration of an installation, and its checks; pure: data in, settings or problems out."""
