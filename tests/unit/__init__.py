"""Tests without cluster, plugin or Go, in the package's folders. May use loopback and temporary files."""
