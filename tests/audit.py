"""Ask for known vulnerabilities of what is installed: ``python -m tests.audit PIP_AUDIT SITE_PACKAGES``.

Ends with 1 for a known vulnerability. Where the data cannot be reached, as behind a mirror of PyPI that has
none, it says how much was not audited, and ends with 0: then the rest of a run still counts.
"""

import json
import subprocess
import sys
from typing import Any

PATIENCE = 300


def judge(report: str) -> tuple[list[str], int]:
    """Return the lines to print of pip-audit's JSON, and the exit code; anything else is no data."""
    try:
        found: Any = json.loads(report)
        packages = [dict(one) for one in found["dependencies"]]
        known = [_describe(one, flaw) for one in packages for flaw in one.get("vulns", ())]
    except (ValueError, TypeError, KeyError):
        return ["NOT AUDITED: pip-audit gave no answer"], 0
    skipped = [one for one in packages if "vulns" not in one]
    lines = [*known, f"{len(packages) - len(skipped)} packages audited, {len(known)} known vulnerabilities"]
    if skipped or not packages:
        lines.append(f"NOT AUDITED: {len(skipped)} packages, of which no data could be reached")
    return lines, 1 if known else 0


def _describe(package: Any, flaw: Any) -> str:
    fixed = ", ".join(flaw["fix_versions"]) or "none"
    return f"{package['name']} {package['version']}: {flaw['id']}, mended in {fixed}"


def main(program: str, folder: str) -> int:
    """Run pip-audit on what is installed in a folder, print what it found, and return the exit code."""
    command = [program, "--skip-editable", "--format", "json", "--progress-spinner", "off", "--path", folder]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        report = done.stdout
    except (OSError, subprocess.TimeoutExpired):
        report = ""
    lines, code = judge(report)
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
