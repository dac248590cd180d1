"""Assembles the stand-in chart: the templates in ``chart/`` and what upstream generates from its Go types.

CRDs, webhook rules and RBAC rules come from the Go module ``github.com/openkruise/kruise``, so the API server
and OpenKruise's own manager meet the definitions they were made for. They reach the chart as data files below
``upstream/``, which Helm hands to templates unrendered: braces in a CRD's description stay braces.
``chart_versions`` lists the versions of the chart and the module that each is made from.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from sandbox.chart_versions import TEMPLATES_VERSION, VERSIONS, ChartVersion
from sandbox.errors import SandboxError

TEMPLATES = Path(__file__).parent / "chart"

_NOT_KUBE_SYSTEM = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]}
_NOT_KRUISE = {"key": "control-plane", "operator": "NotIn", "values": ["openkruise"]}

# Two API groups whose rules the published chart gives the manager in a role of their own.
_CERTS_API_GROUPS = frozenset({"admissionregistration.k8s.io", "apiextensions.k8s.io"})


class ChartBuildError(SandboxError):
    """The module is not laid out as expected; the message says what was missing and where."""


def prepare_chart(module_dir: Path, out_dir: Path, version: str = TEMPLATES_VERSION) -> Path:
    """Write the chart of that version to ``out_dir/kruise`` and return that directory.

    ``module_dir`` is the unpacked module of the version's release, as
    ``go list -m -f '{{.Dir}}' github.com/openkruise/kruise`` names it. The same module gives the same bytes.
    An existing chart is replaced as a whole, and only after the new one is complete. Raises
    ``ChartBuildError`` where the module lacks something, and for a version that ``chart_versions`` lacks.
    """
    if version not in VERSIONS:
        raise ChartBuildError(f"version {version}: the stand-in has the versions {', '.join(VERSIONS)}")
    chart_version = VERSIONS[version]
    files = _upstream_files(module_dir, chart_version)
    chart = out_dir / "kruise"
    out_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out_dir, prefix=".kruise-") as scratch:
        fresh = Path(scratch) / "kruise"
        shutil.copytree(TEMPLATES, fresh)
        _stamp(fresh, chart_version)
        for name, text in files.items():
            path = fresh / "upstream" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if chart.exists():
            chart.rename(Path(scratch) / "previous")
        fresh.rename(chart)
    return chart


def _stamp(chart: Path, version: ChartVersion) -> None:
    """Replace the number in the templates by the version's own, and add the values that it has."""
    for name, replaced in (
        ("Chart.yaml", {f"ersion: {TEMPLATES_VERSION}\n": f"ersion: {version.version}\n"}),
        (
            "values.yaml",
            {
                f"tag: v{TEMPLATES_VERSION}\n": f"tag: {version.tag}\n",
                f"OpenKruise {TEMPLATES_VERSION} chart": f"OpenKruise {version.version} chart",
                **{line: line + more for line, more in version.added_values.items()},
            },
        ),
    ):
        text = (chart / name).read_text(encoding="utf-8")
        for old, new in replaced.items():
            if old not in text:
                raise ChartBuildError(f"{TEMPLATES / name}: has no {old!r} to replace")
            text = text.replace(old, new)
        (chart / name).write_text(text, encoding="utf-8")


def _upstream_files(module_dir: Path, version: ChartVersion) -> dict[str, str]:
    """Return the data files of the chart, text by name below ``upstream/``."""
    config = module_dir / "config"
    files = {f"crds/{name}": text for name, text in _crds(config / "crd", version)}
    files["webhooks.yaml"] = _dump(_webhooks(config / "webhook", version))
    generated = _rules(config / "rbac" / "role.yaml")
    manager = [rule for rule in generated if not version.without_rules_for.intersection(rule["resources"])]
    certs = [rule for rule in manager if _CERTS_API_GROUPS.issuperset(rule["apiGroups"])]
    rules = {
        "manager": [rule for rule in manager if rule not in certs],
        "certs": certs,
        "leader-election": _rules(config / "rbac" / "leader_election_role.yaml"),
        "daemon": _rules(config / "rbac" / "daemon_role.yaml"),
        "daemon-secret": _rules(config / "daemonconfig" / "config" / "rbac.yaml"),
    }
    return files | {f"rules/{name}.yaml": _dump({"rules": role}) for name, role in rules.items()}


def _crds(directory: Path, version: ChartVersion) -> Iterator[tuple[str, str]]:
    """Yield name and text of each CRD that upstream installs, with the conversion patches that it applies."""
    kustomization = _load_one(directory / "kustomization.yaml")
    patches = (_load_one(directory / path) for path in kustomization.get("patchesStrategicMerge", []))
    conversions = {patch["metadata"]["name"]: patch["spec"]["conversion"] for patch in patches}
    for path in map(Path, kustomization["resources"]):
        crd = _load_one(directory / path)
        name = crd["metadata"]["name"]
        if name in version.unpublished_crds:
            continue
        conversion = conversions.pop(name, None)
        if conversion is not None:
            crd["spec"]["conversion"] = conversion
        if version.removed_api_version:
            _remove_api_version(crd, version.removed_api_version)
        yield path.name, _dump(crd)
    if conversions:
        raise ChartBuildError(f"{directory}: conversion patches without a CRD: {sorted(conversions)}")


def _remove_api_version(crd: dict[str, Any], removed: str) -> None:
    """Take an API version from a CRD that also has another; with one version left nothing is converted."""
    others = [version for version in crd["spec"]["versions"] if version["name"] != removed]
    if others:
        crd["spec"]["versions"] = others
        if len(others) == 1:
            crd["spec"].pop("conversion", None)


def _webhooks(directory: Path, version: ChartVersion) -> dict[str, list[dict[str, Any]]]:
    """Return the webhooks by kind of configuration, without what depends on values.

    Upstream's patches distinguish two groups, and so does the published chart: webhooks with a namespace
    selector concern every pod and leave Kruise's own namespace alone; webhooks with an object selector guard
    objects against deletion, and their failure policy is Ignore. Both leave kube-system alone.
    """
    patches = {
        webhook["name"]: webhook
        for configuration in _load(directory / "patch_manifests.yaml")
        for webhook in configuration["webhooks"]
    }
    result = {
        configuration["kind"]: [
            _webhook(webhook, patches.pop(webhook["name"], {}))
            for webhook in configuration["webhooks"]
            if webhook["name"] not in version.unpublished_webhooks
        ]
        for configuration in _load(directory / "manifests.yaml")
    }
    if patches:
        raise ChartBuildError(f"{directory}: patches without a webhook: {sorted(patches)}")
    return result


def _webhook(generated: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Return a webhook as generated, path at the top, with the published chart's selectors and policy."""
    webhook = {key: value for key, value in generated.items() if key != "clientConfig"}
    webhook["path"] = generated["clientConfig"]["service"]["path"]
    if "namespaceSelector" in patch:
        webhook["namespaceSelector"] = {"matchExpressions": [_NOT_KRUISE, _NOT_KUBE_SYSTEM]}
    if "objectSelector" in patch:
        webhook["objectSelector"] = patch["objectSelector"]
        webhook["namespaceSelector"] = {"matchExpressions": [_NOT_KUBE_SYSTEM]}
        webhook["failurePolicy"] = "Ignore"
    return webhook


def _rules(path: Path) -> list[dict[str, Any]]:
    """Return the rules of the one role in a file, which may hold a binding as well."""
    roles = [document for document in _load(path) if "rules" in document]
    if len(roles) != 1:
        raise ChartBuildError(f"{path}: expected one role with rules, found {len(roles)}")
    rules: list[dict[str, Any]] = roles[0]["rules"]
    return rules


def _load_one(path: Path) -> dict[str, Any]:
    documents = _load(path)
    if len(documents) != 1:
        raise ChartBuildError(f"{path}: expected one document, found {len(documents)}")
    return documents[0]


def _load(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ChartBuildError(
            f"{path}: no such file; expected the unpacked Go module github.com/openkruise/kruise"
        ) from None
    # The C loader takes a second off the 400 kB of CRDs; both read the same.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    documents: Iterable[Any] = yaml.load_all(text, Loader=loader)
    return [document for document in documents if document]


class _Dumper(yaml.SafeDumper):
    """Writes shared objects out in full: Helm reads aliases, people read past them."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _dump(data: Any) -> str:
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, width=2**31, allow_unicode=True)
    return text


def main(arguments: list[str]) -> int:
    """Build the chart: ``python -m sandbox.chart_build MODULE_DIR OUT_DIR [VERSION]``."""
    if len(arguments) not in (2, 3):
        print("usage: python -m sandbox.chart_build MODULE_DIR OUT_DIR [VERSION]", file=sys.stderr)
        return 2
    try:
        print(prepare_chart(Path(arguments[0]), Path(arguments[1]), *arguments[2:]))
    except ChartBuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
