"""What a role grants and what was asked for, as sets of the same thing: one verb on one resource."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

# Verbs that name no object when they are asked for, so that no rule can limit them to some; a role that is
# about to be made has no name to escalate yet.
_NAMELESS = frozenset({"create", "list", "watch", "deletecollection", "escalate"})


HOME = "kruise-system"
"""The namespace whose grants a Role gives; all others a ClusterRole gives."""


@dataclass(frozen=True, order=True)
class Grant:
    """One verb on one resource (or subresource, ``pods/log``) of one API group, in ``HOME`` or everywhere."""

    group: str
    resource: str
    verb: str
    namespace: str = ""

    def __str__(self) -> str:
        where = f" in {self.namespace}" if self.namespace else ""
        return f"{self.verb} {self.resource}{'.' + self.group if self.group else ''}{where}"

    def is_one_of(self, others: Iterable["Grant"]) -> bool:
        """Whether one of these is the same verb on the same resource, wherever."""
        return any(
            (one.group, one.resource, one.verb) == (self.group, self.resource, self.verb) for one in others
        )


Roles = Sequence[Mapping[str, Any]]
"""A ClusterRole, and a Role in ``HOME``."""


def granted(roles: Roles) -> set[Grant]:
    """Return everything that the roles grant."""
    return {
        Grant(group, resource, verb, role["metadata"].get("namespace", ""))
        for role in roles
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def without(roles: Roles, grant: Grant) -> Roles:
    """Return the roles, that one grant taken away; every rule has one group and one resource."""
    changed = []
    for role in roles:
        rules = []
        for rule in role["rules"]:
            verbs = list(rule["verbs"])
            here = role["metadata"].get("namespace", "") == grant.namespace
            if here and (rule["apiGroups"], rule["resources"]) == ([grant.group], [grant.resource]):
                verbs = [verb for verb in verbs if verb != grant.verb]
            if verbs:
                rules.append({**rule, "verbs": verbs})
        changed.append({**role, "rules": rules})
    return changed


def asked(log: Path, start: int = 0) -> dict[Grant, set[str]]:
    """Every grant that the requests in an audit log took, with the objects' names, from byte *start* on.

    Requests that were refused and still did no harm are left out, and so are those that every user may make.
    """
    found: dict[Grant, set[str]] = {}
    for grant, name, is_refused in _requests(log, start):
        if not is_refused:
            names = found.setdefault(grant, set())
            if name:
                names.add(name)
    return found


def refused(log: Path, start: int = 0) -> set[Grant]:
    """Return what requests in an audit log, from byte *start* on, asked for without having it."""
    return {grant for grant, _name, is_refused in _requests(log, start) if is_refused}


def _requests(log: Path, start: int) -> Iterator[tuple[Grant, str, bool]]:
    """Yield what each request needs, the name of its object, if it has one, and whether it was refused."""
    with log.open("rb") as lines:
        lines.seek(start)
        for line in lines:
            event = json.loads(line)
            reference = event.get("objectRef")
            if reference is None:
                continue
            group = reference.get("apiGroup", "")
            if group in ("authorization.k8s.io", "authentication.k8s.io"):
                continue
            resource = "/".join(filter(None, (reference["resource"], reference.get("subresource"))))
            # A request for a namespace names it as its own, and no Role can allow it.
            home = HOME if reference.get("namespace") == HOME and resource != "namespaces" else ""
            is_refused = event.get("responseStatus", {}).get("code") == 403
            yield Grant(group, resource, event["verb"], home), reference.get("name", ""), is_refused


def rules(grants: Mapping[Grant, Iterable[str]], nameless: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Return rules granting exactly these, each for one resource; *nameless* resources are never named."""
    by_resource: dict[tuple[str, str], list[Grant]] = {}
    for grant in sorted(grants):
        by_resource.setdefault((grant.group, grant.resource), []).append(grant)
    found = []
    for (group, resource), members in by_resource.items():
        open_verbs = [g.verb for g in members if g.verb in _NAMELESS or resource in nameless]
        named = [g for g in members if g.verb not in open_verbs]
        base = {"apiGroups": [group], "resources": [resource]}
        if open_verbs:
            found.append({**base, "verbs": open_verbs})
        if named:
            names = sorted({name for grant in named for name in grants[grant]})
            found.append({**base, "resourceNames": names, "verbs": [grant.verb for grant in named]})
    return found


def read(path: Path) -> Roles:
    """Return the roles in a manifest."""
    documents = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    return [one for one in documents if one["kind"] in ("ClusterRole", "Role")]
