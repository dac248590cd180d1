"""What `pulumi destroy` would delete, and what would keep it from completing."""

import re
from collections.abc import Iterator, Sequence

from ..chart.crds import OWN_KINDS
from ..chart.registries import find_partial_mirror
from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import pluralize, shorten
from ..inventory.definitions import FinalizedResource
from ..inventory.helm_records import find_latest
from ..inventory.json_access import items, mapping, name_of, number, strings, text
from ..inventory.pods import explain_not_ready, is_daemon, is_manager, name_pod
from ..inventory.snapshot import Object, Snapshot
from .expected import Expected
from .finding import Code, Finding, ObjectReference, Severity, make

GUARDED = ("CloneSet.apps.kruise.io", "StatefulSet.apps.kruise.io", "DaemonSet.apps.kruise.io")
"""The kinds that the chart's own pre-delete hook checks for (openkruise/kruise cmd/helm_hook)."""

DELETES = Code(
    "destroy-deletes",
    "warning",
    "custom resources that a destroy would delete",
    "the chart keeps its CustomResourceDefinitions in its templates: uninstalling deletes them, and with "
    "them every object of their kinds in the cluster",
    "keep copies: kubectl get <kind> --all-namespaces -o yaml; or do not destroy",
)
REFUSES = Code(
    "destroy-hook-refuses",
    "info",
    "custom resources that make the chart's pre-delete hook refuse the uninstallation",
    "`pulumi destroy` fails with BackoffLimitExceeded and leaves the release uninstalling",
    "delete these objects first, or keep the installation",
)
JOB_HANGS = Code(
    "destroy-job-hangs",
    "error",
    "a pre-delete Job that does not complete",
    "the destroy that created it waits for it, or has failed and left the release uninstalling",
    "while the destroy runs, wait for its timeout. Then fix what keeps the pod from running (`kubectl "
    "cordon` a virtual node), `pulumi-openkruise recover`, `pulumi destroy --run-program`: Helm replaces "
    "the Job",
)
OTHERS = Code(
    "destroy-namespace-in-use",
    "error",
    "foreign pods in the namespace that the stack owns",
    "a destroy deletes the namespace with everything in it",
    "move them to another namespace",
)
HOOK_IMAGE = Code(
    "destroy-hook-image",
    "error",
    "a pre-delete Job whose image is in a registry that is known to lack it",
    "its pod never starts: `pulumi destroy` waits until its timeout and leaves the release uninstalling",
    "set helmHooks.image.repository in values to a registry that has the image, then `pulumi up`",
)
LEFT = Code(
    "destroy-leaves-resources",
    "error",
    "custom resources that are being deleted and wait for a finalizer; a warning for others with a finalizer",
    "only OpenKruise's manager takes its finalizers away, and a destroy removes the manager: these objects "
    "and their CustomResourceDefinition may stay `Terminating` forever, and nothing of their kind can be "
    "created again",
    "delete them and wait until they are gone, while the manager runs; then destroy",
)
CODES = (DELETES, REFUSES, LEFT, JOB_HANGS, OTHERS, HOOK_IMAGE)

_IMAGE = re.compile(r"^[ -]*image:[ ]*[\"']?([^\s\"'#]+)", re.MULTILINE)


def check_custom_resources(snapshot: Snapshot, expected: Expected) -> Iterator[Finding]:
    """Yield what is deleted with the CustomResourceDefinitions; custom resources must have been listed."""
    assert not isinstance(snapshot.custom_resources, Unavailable)
    found = {kind: names for kind, names in snapshot.custom_resources.items() if names}
    own = {kind: names for kind, names in found.items() if kind.partition(".")[0] not in OWN_KINDS}
    if own:
        total = sum(map(len, own.values()))
        evidence = [f"{pluralize(len(names), kind)}: {shorten(names)}" for kind, names in sorted(own.items())]
        what = f"{pluralize(total, 'custom resource')} of {pluralize(len(own), 'kind')}"
        yield make(
            DELETES,
            what,
            evidence,
            [_refer_to_custom_resource(kind, name) for kind, names in own.items() for name in names],
        )
    guarded = {kind: names for kind, names in own.items() if kind in GUARDED}
    if guarded:
        evidence = [
            f"{pluralize(len(names), kind)}: {shorten(names)}" for kind, names in sorted(guarded.items())
        ]
        yield make(REFUSES, REFUSES.title, evidence)


def check_finalizers(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield custom resources with finalizers, those that are being deleted apart from the others.

    An ImagePullJob has one from its first reconciliation on (openkruise/kruise
    pkg/controller/imagepulljob, ``addProtectionFinalizer``).
    """
    for is_deleted in (True, False):
        found = {
            kind: [one for one in resources if one.is_deleted is is_deleted]
            for kind, resources in sorted(snapshot.finalized.items())
        }
        objects = [_refer_to_custom_resource(kind, one.name) for kind, some in found.items() for one in some]
        if not objects:
            continue
        evidence = [
            f"{kind} with {_list_finalizers(some)}: {shorten(one.name for one in some)}"
            for kind, some in found.items()
            if some
        ]
        count = pluralize(len(objects), "custom resource")
        what = f"{count} in deletion, waiting for a finalizer" if is_deleted else f"{count} with a finalizer"
        severity: Severity = LEFT.severity if is_deleted else "warning"
        state = "in deletion" if is_deleted else "present"
        yield make(LEFT, what, evidence, objects, severity=severity, identity=(state,))


def _list_finalizers(resources: Sequence[FinalizedResource]) -> str:
    return shorten(sorted({finalizer for one in resources for finalizer in one.finalizers}))


def check_jobs(snapshot: Snapshot, expected: Expected) -> Iterator[Finding]:
    """Yield a pre-delete Job that exists and has not succeeded; Jobs must have been read."""
    assert not isinstance(snapshot.jobs, Unavailable)
    for job in snapshot.jobs:
        if not name_of(job).endswith("-finalizer") or number(job, "status", "succeeded"):
            continue
        failed = number(job, "status", "failed")
        evidence = [
            f"Job {name_of(job)}: {pluralize(failed, 'pod')} failed, created {_describe_creator(job)}"
        ]
        evidence += [f"{name_pod(pod)}: {_describe_place(pod)}" for pod in _list_pods(snapshot, job)]
        what = f"the pre-delete Job {'has failed' if failed else 'is waiting'}"
        reference = ObjectReference("Job", name_of(job), expected.namespace)
        yield make(JOB_HANGS, what, evidence, [reference], identity=(name_of(job),))


def check_hook_image(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield a pre-delete hook of the deployed release whose image cannot be pulled; records must be read."""
    assert not isinstance(snapshot.records, Unavailable)
    newest = find_latest(snapshot.records)
    for hook in () if newest is None else newest.hooks:
        if "pre-delete" not in strings(hook, "events"):
            continue
        for image in _IMAGE.findall(text(hook, "manifest")):
            mirror = find_partial_mirror(image)
            if mirror is not None and newest is not None:
                job = ObjectReference(text(hook, "kind"), text(hook, "name"), newest.namespace)
                evidence = [f"{job} of revision {newest.revision}: {image}", f"{mirror.description} lacks it"]
                yield make(HOOK_IMAGE, HOOK_IMAGE.title, evidence, [job], identity=(job.name, image))


def check_namespace(snapshot: Snapshot, expected: Expected) -> Iterator[Finding]:
    """Yield foreign pods in a namespace that the stack owns; pods must have been read."""
    assert not isinstance(snapshot.pods, Unavailable)
    if not expected.owns_namespace:
        return
    others = [
        ObjectReference("Pod", name_of(pod), text(pod, "metadata", "namespace"))
        for pod in snapshot.pods
        if not is_daemon(pod) and not is_manager(pod) and "-finalizer" not in name_of(pod)
    ]
    if others:
        what = f"{pluralize(len(others), 'foreign pod')} in namespace {expected.namespace}"
        yield make(OTHERS, what, [shorten(map(str, others))], others)


def _refer_to_custom_resource(kind: str, name: str) -> ObjectReference:
    namespace, slash, rest = name.partition("/")
    return ObjectReference(kind, rest, namespace) if slash else ObjectReference(kind, name)


def _list_pods(snapshot: Snapshot, job: Object) -> list[Object]:
    if isinstance(snapshot.pods, Unavailable):
        return []
    owner = text(job, "metadata", "uid")
    return [
        pod
        for pod in snapshot.pods
        if any(one.get("uid") == owner and owner for one in items(pod, "metadata", "ownerReferences"))
    ]


def _describe_place(pod: Object) -> str:
    node = text(mapping(pod, "spec"), "nodeName")
    return f"{explain_not_ready(pod) or 'ready'}{f', on {node}' if node else ''}"


def _describe_creator(job: Object) -> str:
    return text(job, "metadata", "creationTimestamp") or "at an unknown time"
