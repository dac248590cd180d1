"""Which proxy of the environment leads to an address, by Go's rules (golang.org/x/net/http/httpproxy)."""

import os
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit


def find_environment_proxy(address: str) -> str | None:
    """Return the environment's proxy for an address; None where there is none, and for loopback."""
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if host == "localhost" or _is_loopback(host) or _is_excluded(host, port, _read_variable("no_proxy")):
        return None
    found = _read_variable(f"{parts.scheme}_proxy")
    if not found:
        return None
    return found if "://" in found else f"http://{found}"


def _read_variable(name: str) -> str:
    return os.environ.get(name.upper()) or os.environ.get(name) or ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_excluded(host: str, port: int, listed: str) -> bool:
    """Whether NO_PROXY names a host: by address, network or domain, with a port or without."""
    for entry in filter(None, (one.strip().lower() for one in listed.split(","))):
        if entry == "*":
            return True
        if "/" in entry:
            if _is_in_network(host, entry):
                return True
            continue
        name, _colon, number = (
            entry.rpartition(":") if entry.count(":") == 1 or "]" in entry else (entry, "", "")
        )
        name = (name or entry).strip("[]")
        if number.isdecimal() and int(number) != port:
            continue
        name = name.removeprefix("*") if name.startswith("*.") else name
        if host == name or (name.startswith(".") and host.endswith(name)):
            return True
        if not _is_address(name) and host.endswith(f".{name}"):
            return True
    return False


def _is_in_network(host: str, network: str) -> bool:
    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
