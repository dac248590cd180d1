"""The config of an installation and of a fleet, and its checks; pure: data in, settings or problems out."""
