"""What one cluster's update is made of, as digests: an update runs where one of them has changed."""

import hashlib
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

Release = Mapping[str, str]
"""What one cluster's update is made of: the digest of each part by the names in ``PARTS``."""
_PACKAGES = ("pulumi-openkruise", "pulumi", "pulumi-kubernetes")
PARTS = {
    "config": "its stack file",
    "program": "the project's program",
    "packages": "the versions of pulumi-openkruise, pulumi or pulumi-kubernetes",
}
"""The parts of a release, in words."""


def program_digest(project: Path, left_out: Iterable[Path]) -> str:
    """Return the digest of the project's files as they lie there, without those in ``left_out``.

    The files are those that git tracks; outside of a repository all that are not hidden.
    """
    hidden = {path.resolve() for path in left_out}
    digest = hashlib.sha256()
    for name in sorted(_files(project)):
        path = project / name
        if path.is_file() and not any(one in hidden for one in (path.resolve(), *path.resolve().parents)):
            digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _files(project: Path) -> list[str]:
    command = ["git", "-C", str(project), "ls-files", "-z", "--cached", "."]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=30)
        return [name for name in done.stdout.decode().split("\0") if name]
    except (OSError, subprocess.SubprocessError):
        found = (path.relative_to(project) for path in project.rglob("*") if path.is_file())
        return [str(path) for path in found if not any(part.startswith(".") for part in path.parts)]


def text_digest(text: str) -> str:
    """Return the digest of a string, 16 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def package_versions() -> str:
    """Return the versions of the packages that make an update, as one line."""
    found = []
    for name in _PACKAGES:
        with suppress(PackageNotFoundError):
            found.append(f"{name} {version(name)}")
    return ", ".join(found)


def abbreviate(release: Release) -> str:
    """Return a short name for a release, 12 hexadecimal digits: the same for the same parts."""
    return text_digest(repr(sorted(release.items())))[:12]


def describe_change(old: Release, new: Release) -> list[str]:
    """Return in words which parts of a release differ."""
    return [words for part, words in PARTS.items() if old.get(part) != new.get(part)]


def plan_attempts(targets: Mapping[str, str], begun: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return the attempt of each cluster of a wave: its release by short name, and which attempt it is.

    ``begun`` has the attempts of earlier runs, of every wave, because a cluster may have moved to another
    wave. Each change of a release is a new attempt. So if a change is reverted before its update has
    succeeded, the attempt differs from the recorded one although the release does not, and the cluster that
    the failed update left behind is updated again.
    """
    attempts = {}
    for name, target in targets.items():
        known = (one[name].split(" #") for one in begun if name in one)
        number, last = max(((int(number), last) for last, number in known), default=(0, ""))
        attempts[name] = f"{target} #{number if last == target else number + 1}"
    return attempts
