"""The file of accepted findings: which findings of `check` do not count, why, and until when."""

import re
from datetime import date
from typing import Any

from ...checks.acceptance import Acceptance
from ...checks.registry import CODES
from ...config.yaml_data import load_yaml
from ...diagnostics.problem import find_nearest
from ...diagnostics.wording import replace_unprintable
from ..errors import UnusableInputError
from .files import read_text

# Python 3.11 and newer take 2027-W26-3 and 20270630 for dates, too.
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_KEYS = {"code", "object", "reason", "until"}
_EXAMPLE = """accepted:
  - code: real-node-without-daemon
    object: gpu-*  # optional
    reason: these nodes are being replaced
    until: 2027-06-30"""


def read_acceptances(path: str) -> list[Acceptance]:
    """Read the file; raises UnusableInputError that names everything wrong in it at once."""
    text = read_text(path)
    try:
        data = load_yaml(text, path)
    except ValueError as error:
        raise UnusableInputError(str(error)) from None
    entries = data.get("accepted") if isinstance(data, dict) and set(data) == {"accepted"} else None
    if not isinstance(entries, list):
        raise UnusableInputError(f"{path}: expected a list under the one key accepted, as in:\n{_EXAMPLE}")
    problems: list[str] = []
    found = [
        _read_acceptance(entry, f"{path}: accepted[{place}]", problems) for place, entry in enumerate(entries)
    ]
    if problems:
        raise UnusableInputError("\n".join(map(replace_unprintable, problems)))
    return [one for one in found if one is not None]


def _read_acceptance(entry: Any, place: str, problems: list[str]) -> Acceptance | None:
    """Return one entry; what is wrong with it is added to ``problems``."""
    if not isinstance(entry, dict):
        problems.append(f"{place}: expected a mapping with code, reason, until and, where wanted, object")
        return None
    before = len(problems)
    for key in entry:
        if key not in _KEYS:
            hint = find_nearest(str(key), _KEYS)
            problems.append(f"{place}: unknown key {key}{f', did you mean {hint}?' if hint else ''}")
    code, reason, pattern = (entry.get(key) for key in ("code", "reason", "object"))
    if not isinstance(code, str) or code not in CODES:
        hint = find_nearest(code, CODES) if isinstance(code, str) else None
        found = f"found {code!r}" if "code" in entry else "found none"
        problems.append(
            f"{place}.code: expected a code of a finding, {found}{f', did you mean {hint}?' if hint else ''}"
        )
    if not isinstance(reason, str) or not reason.strip():
        problems.append(f"{place}.reason: expected a sentence that says why the finding is accepted")
    if pattern is not None and (not isinstance(pattern, str) or not pattern.strip()):
        problems.append(f"{place}.object: expected a name as findings show it, or a pattern with * and ?")
    until = _read_day(entry.get("until"))
    if until is None:
        problems.append(f"{place}.until: expected the last day on which it holds, as 2027-06-30")
    if len(problems) > before or until is None:
        return None
    return Acceptance(str(code), str(reason).strip(), until, str(pattern or "").strip(), place)


def _read_day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else None
    except ValueError:
        return None
