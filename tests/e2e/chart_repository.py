"""A chart repository on loopback, with stand-in charts packed as published ones are."""

import hashlib
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml

from sandbox.chart_choice import Chart


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        pass


def pack(folder: Path, charts: Mapping[str, Chart]) -> dict[str, Path]:
    """Pack charts into archives in a folder, with an index that lists them; return them by version."""
    archives, entries = {}, []
    for version, chart in charts.items():
        path = folder / f"kruise-{version}.tgz"
        with tarfile.open(path, "w:gz") as packed:
            packed.add(chart.reference, "kruise")
        entry = {"apiVersion": "v2", "name": "kruise", "version": version}
        entries.append({**entry, "digest": digest(path), "urls": [path.name]})
        archives[version] = path
    index = {"apiVersion": "v1", "entries": {"kruise": entries}}
    (folder / "index.yaml").write_text(yaml.safe_dump(index))
    return archives


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder until the block ends; yields the repository's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def digest(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
