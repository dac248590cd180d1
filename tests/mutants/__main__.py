"""``python -m tests.mutants MODULE``: try a module's mutants in the order of a seed until a time limit."""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from .choice import choose_tests, read_contexts
from .mutations import find_mutants

ROOT = Path(__file__).parents[2]
COMPONENTS = ROOT / "components"


def main() -> int:
    """Print each survivor and a summary; returns 2 if the tests fail without any change, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("module", type=Path, help="a file below components/pulumi_openkruise")
    parser.add_argument(
        "--seed", type=int, default=0, help="order of the mutants; the same seed, the same order"
    )
    parser.add_argument(
        "--limit", type=int, default=300, help="seconds after which no further mutant is tried"
    )
    parser.add_argument(
        "--tests", nargs="*", help="what pytest runs; by default the tests of the module's folder"
    )
    arguments = parser.parse_args()
    module = arguments.module.resolve().relative_to(COMPONENTS)
    tests = arguments.tests or [_tests_of(module)]
    source = (COMPONENTS / module).read_text()
    mutants = find_mutants(source)
    random.Random(arguments.seed).shuffle(mutants)
    end = time.monotonic() + arguments.limit
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        copy = Path(scratch) / "components"
        shutil.copytree(COMPONENTS, copy, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        before = time.monotonic()
        data = Path(scratch) / "coverage"
        if not _passes(copy, tests, timeout=None, seed=arguments.seed, coverage=data):
            print(f"{' '.join(tests)} fails without any change", file=sys.stderr)
            return 2
        usual = time.monotonic() - before
        contexts = read_contexts(_report(data, module), module)
        print(f"{len(mutants)} mutants of {module}; {' '.join(tests)} takes {usual:.0f} s", flush=True)
        tried = survived = 0
        for mutant in mutants:
            if time.monotonic() > end:
                break
            (copy / module).write_text(mutant.source)
            tried += 1
            # Tests that run the line notice soon. Others may, too: a result may have been kept from another.
            chosen = choose_tests(source, mutant.line, contexts)
            stages = [chosen, tests] if chosen else [tests]
            # A mutant that loops for ever is noticed too.
            if all(_passes(copy, stage, timeout=3 * usual + 10, seed=arguments.seed) for stage in stages):
                survived += 1
                print(f"survived: {module}:{mutant.line}: {mutant.before}  ->  {mutant.after}", flush=True)
    killed = tried - survived
    print(f"{tried} of {len(mutants)} tried, {killed} killed, {survived} survived (seed {arguments.seed})")
    return 0


def _tests_of(module: Path) -> str:
    """Return the nearest folder of unit tests that mirrors a module's."""
    folder = ROOT / "tests" / "unit" / module.relative_to(module.parts[0]).parent
    while not folder.exists():
        folder = folder.parent
    return str(folder.relative_to(ROOT))


def _passes(
    components: Path, tests: list[str], *, timeout: float | None, seed: int, coverage: Path | None = None
) -> bool:
    """Return whether tests pass with a copy of the package; write which test runs which line to a path."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--hypothesis-seed={seed}",
    ]
    environment = {**os.environ, "PYTHONPATH": str(components), "PYTHONDONTWRITEBYTECODE": "1"}
    if coverage:
        command += [f"--cov={components}", "--cov-context=test", "--cov-report="]
        environment["COVERAGE_FILE"] = str(coverage)
    try:
        done = subprocess.run(
            [*command, *tests], cwd=ROOT, env=environment, capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _report(data: Path, module: Path) -> dict[str, Any]:
    """Return coverage's report of a module; an empty one if no test imports it."""
    command = [sys.executable, "-m", "coverage", "json", "-q", "--show-contexts", f"--data-file={data}"]
    done = subprocess.run([*command, f"--include=*/{module}", "-o", "-"], capture_output=True, check=False)
    report: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {"files": {}}
    return report


if __name__ == "__main__":
    sys.exit(main())
