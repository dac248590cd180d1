"""What an installation can be told, and whether it is right; pure: data in, settings or problems out."""
