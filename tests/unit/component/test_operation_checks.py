"""Which operations of the engine are refused, and which are not."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import rpc
from pulumi_openkruise import OpenKruise, OpenKruiseArgs
from pulumi_openkruise.component.errors import InvalidConfigError
from pulumi_openkruise.component.operation_checks import _Child

from tests.support.api_server import ApiServer
from tests.support.charts import pack
from tests.support.engine import COMPONENT, NAMESPACE, RELEASE, new_engine
from tests.support.hook_calls import (
    CLONE_SETS,
    CRDS,
    DAEMON_SET,
    HERE,
    SECRETS,
    call_hook,
    make_args,
    make_config,
    record_revisions,
)


def test_a_release_that_is_there_is_not_created(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    refused = call_hook(make_config(server), hooks, "create release", new_inputs={})
    assert "Helm release kruise-system/kruise: exists" in refused


@pytest.mark.parametrize("which", ["create release", "create namespace"])
def test_what_only_the_state_has_lost_can_be_imported(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], which: str
) -> None:
    server.routes["/api/v1/namespaces/kruise-system"] = (200, {"metadata": {}})
    recorded = {**HERE, "server": server.address}
    for state, lost in ((recorded, True), ({}, False)):
        refused = call_hook(make_config(server), hooks, which, recorded=state, new_inputs={})
        assert ("  if the state has lost it, by `pulumi state delete` or by" in refused) is lost
        assert "    set import_release to true in the program, then `pulumi up`" in refused


@pytest.mark.parametrize("which", ["create release", "create namespace"])
def test_an_openkruise_that_comes_after_the_program_began_is_seen_before_a_creation(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], which: str
) -> None:
    record_revisions(server)
    server.routes[CLONE_SETS] = (404, {})
    before = server.routes[SECRETS]
    assert callable(before)

    def meanwhile(query: dict[str, str]) -> tuple[int, Any]:
        # Once the first look has read both.
        if any(path == CLONE_SETS for _method, path, *_ in server.asked):
            record_revisions(server, "deployed", owner="another")
        return before(query)

    server.routes[SECRETS] = meanwhile
    refused = call_hook(make_config(server), hooks, which, new_inputs={})
    assert "this cluster's OpenKruise is the release kruise-system/another" in refused


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("which", ["create release", "update release"])
def test_an_archive_that_changes_after_the_program_read_it_is_not_installed(
    server: ApiServer,
    hooks: dict[str, pulumi.ResourceHook],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    which: str,
    swapped: bool,
) -> None:
    monkeypatch.setattr("pulumi_openkruise.component.chart_probe.is_real_run", lambda: True)
    path = tmp_path / "kruise.tgz"
    pack(path, "read")
    record_revisions(server, *(["deployed"] if which == "update release" else []))
    if which == "create release":
        server.routes[CLONE_SETS] = (404, {})
    answer = server.routes[SECRETS]
    assert callable(answer)

    def swap(query: dict[str, str]) -> tuple[int, Any]:
        # The hook looks at the cluster before it lets the engine go on.
        if swapped:
            pack(path, "installed")
        return answer(query)

    server.routes[SECRETS] = swap
    inputs: dict[str, Any] = (
        {"new_inputs": {}} if which == "create release" else {"old_inputs": {}, "new_inputs": {}}
    )
    refused = call_hook(make_config(server), hooks, which, {"chart": str(path)}, **inputs)
    assert ("has changed since the program read it" in refused) is swapped
    assert swapped or refused == ""


@pytest.mark.parametrize("answer", [(200, {"metadata": {}}), (403, {"message": "forbidden"})])
def test_a_namespace_that_is_there_or_may_be_is_not_created(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], answer: tuple[int, Any]
) -> None:
    server.routes["/api/v1/namespaces/kruise-system"] = answer
    refused = call_hook(make_config(server), hooks, "create namespace", new_inputs={})
    assert "namespace kruise-system: exists" in refused


@pytest.mark.parametrize(
    ("namespace", "answer", "warned"),
    [
        ("mine", (200, {"metadata": {}}), True),
        ("mine", (404, {}), False),
        # One that an interrupted `up` has left is OpenKruise's own.
        ("kruise-system", (200, {"metadata": {}}), False),
    ],
)
def test_an_older_plugin_would_take_over_a_namespace_that_exists(
    server: ApiServer,
    hooks: dict[str, pulumi.ResourceHook],
    said: list[str],
    namespace: str,
    answer: tuple[int, Any],
    warned: bool,
) -> None:
    server.objects(SECRETS.replace("kruise-system", namespace), [])
    server.routes.pop(CLONE_SETS)
    server.routes[f"/api/v1/namespaces/{namespace}"] = answer
    if namespace == "kruise-system":
        record_revisions(server)
        server.routes.pop(CLONE_SETS)
    args: OpenKruiseArgs = {"namespace": namespace}
    assert call_hook(make_config(server), hooks, "create namespace", args, new_inputs={}) == ""
    notes = [note for note in said if "an older plugin takes it over" in note]
    assert bool(notes) is warned
    assert all(note.startswith(f"warn: namespace {namespace} exists") for note in notes)
    assert all(note.endswith("set create_namespace to false") for note in notes)


def test_a_namespace_that_is_refused_is_not_said_to_be_taken_over(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str]
) -> None:
    server.routes["/api/v1/namespaces/mine"] = (200, {"metadata": {}})
    record_revisions(server, "deployed")
    server.routes[SECRETS.replace("kruise-system", "mine")] = server.routes[SECRETS]
    annotations = {"meta.helm.sh/release-name": "kruise", "meta.helm.sh/release-namespace": "mine"}
    server.routes[CLONE_SETS] = (200, {"metadata": {"annotations": annotations}})
    args: OpenKruiseArgs = {"namespace": "mine"}
    refused = call_hook(make_config(server), hooks, "create namespace", args, new_inputs={})
    assert "namespace mine: exists" in refused
    assert not [note for note in said if "takes it over" in note]


def test_a_namespace_that_was_deleted_by_hand_is_created_for_its_release(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    assert call_hook(make_config(server), hooks, "create namespace", new_inputs={}) == ""


@pytest.mark.parametrize(
    "which",
    ["update component", "create namespace", "create release", "update release", "delete node label policy"],
)
def test_a_cluster_that_does_not_answer_refuses_nothing(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], which: str
) -> None:
    """Nothing is recorded that could be lost, and the provider reports what is wrong with the cluster."""
    assert call_hook(make_config(server, "there"), hooks, which) == ""


@pytest.mark.parametrize(
    ("namespace", "released", "left", "asked"),
    [
        ("kruise-system", True, False, True),
        # Without a release OpenKruise's usual namespace is its own.
        ("kruise-system", False, False, False),
        ("mine", False, False, True),
        # It is refused already.
        ("mine", False, True, False),
    ],
)
def test_a_namespace_is_looked_for_only_where_that_decides_something(
    server: ApiServer,
    hooks: dict[str, pulumi.ResourceHook],
    namespace: str,
    released: bool,
    left: bool,
    asked: bool,
) -> None:
    if not released:
        server.objects(SECRETS.replace("kruise-system", namespace), [])
        server.routes.pop(CLONE_SETS)
    recorded = {"namespace": namespace, "createNamespace": True, "server": "https://old.example"}
    args: OpenKruiseArgs = {"namespace": namespace}
    refused = call_hook(
        make_config(server), hooks, "create namespace", args, recorded=recorded if left else None
    )
    assert bool(refused) is left
    path = f"/api/v1/namespaces/{namespace}"
    assert any(found == path for _method, found, *_ in server.asked) is asked


@pytest.mark.parametrize(("preview", "looks"), [(True, 1), (False, 2)])
@pytest.mark.parametrize("which", ["create namespace", "create release"])
def test_only_an_update_looks_again_before_a_creation(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], which: str, preview: bool, looks: int
) -> None:
    record_revisions(server)
    server.routes.pop(CLONE_SETS)
    assert call_hook(make_config(server), hooks, which, preview=preview) == ""
    assert [path for _method, path, *_ in server.asked].count(SECRETS) == looks


def test_a_preview_warns_once_of_a_cluster_that_it_does_not_know(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str]
) -> None:
    recorded = {**HERE, "server": server.address}
    given: dict[str, Any] = {"recorded": recorded, "preview": True, "before": "create namespace"}
    assert call_hook({}, hooks, "create release", **given) == ""
    assert len([note for note in said if note.startswith("warn: `up` refuses this, unless")]) == 1


def test_what_is_not_there_is_created(server: ApiServer, hooks: dict[str, pulumi.ResourceHook]) -> None:
    record_revisions(server)
    server.routes.pop(CLONE_SETS)
    assert call_hook(make_config(server), hooks, "create release", new_inputs={}) == ""


def hold(namespace: str = "kruise-system", name: str = "kruise", type_: str = RELEASE) -> dict[str, Any]:
    """Return what the backend has of a stack with a release, among its outputs a secret."""
    secret = {rpc._special_sig_key: rpc._special_secret_sig, "value": {"replicas": 2}}
    outputs = {"namespace": namespace, "name": name, "values": secret}
    return {"outputs": {"urn": {"type": type_, "outputs": outputs}, "another": {}}}


@pytest.mark.parametrize("which", ["create release", "create namespace"])
def test_what_the_state_has_and_the_cluster_has_lost_is_not_created_again(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], which: str
) -> None:
    record_revisions(server)
    config, recorded = make_config(server), {**HERE, "server": server.address}
    for state in (recorded, None):  # None: a component under another name
        refused = call_hook(config, hooks, which, recorded=state, held=hold(), new_inputs={})
        assert "is in this stack's state, and not in the cluster: it has no Helm record" in refused
        assert "    pulumi-openkruise recover" in refused
    server.routes.pop(CLONE_SETS)
    refused = call_hook(config, hooks, which, recorded=recorded, held=hold(), new_inputs={})
    assert "    pulumi refresh --yes" in refused
    held = [
        hold("elsewhere"),
        hold(name="other"),
        hold(type_="x:index:Y"),
        {"outputs": {}},
        {"outputs": None},
    ]
    for one in held:
        assert call_hook(config, hooks, which, recorded=recorded, held=one, new_inputs={}) == ""


def test_the_state_is_read_only_where_something_may_be_lost(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    record_revisions(server)
    server.routes.pop(CLONE_SETS)
    assert call_hook(make_config(server), hooks, "create release", held=hold(), new_inputs={}) == ""


@pytest.mark.parametrize("preview", [True, False])
def test_what_an_earlier_replacement_has_left_is_not_deleted(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], preview: bool
) -> None:
    config = make_config(server)
    # The engine's double has revision 2.
    for revision, other in ((1, True), (2, False), (3.0, True), (None, False)):
        outputs = {"status": {"revision": revision}}
        given: dict[str, Any] = {"urn": OWN_RELEASE, "preview": preview, "old_outputs": outputs}
        refused = call_hook(config, hooks, "delete release", **given)
        assert ("is being replaced, and the old one deleted" in refused) is other, refused
    for unknown in (None, {}, {"status": None}, {"status": {"revision": "1"}}):
        given = {"urn": OWN_RELEASE, "preview": preview, "old_outputs": unknown}
        assert call_hook(config, hooks, "delete release", **given) == ""
    # A destroy has uninstalled the one that is declared.
    server.objects(SECRETS, [])
    given = {"urn": OWN_RELEASE, "preview": preview, "old_outputs": {"status": {"revision": 1}}}
    assert call_hook(config, hooks, "delete release", **given) == ""


def test_a_second_openkruise_is_not_created(server: ApiServer, hooks: dict[str, pulumi.ResourceHook]) -> None:
    record_revisions(server, owner="another")
    assert "a cluster holds one" in call_hook(make_config(server), hooks, "create release", new_inputs={})


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("which", ["create namespace", "create release"])
@pytest.mark.parametrize(
    ("metadata", "installer"),
    [
        (
            {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}},
            "kubectl has applied it",
        ),
        ({"labels": {"argocd.argoproj.io/instance": "kruise"}}, "Argo CD applies it"),
        ({"managedFields": [{"manager": "cloud-addons"}]}, "written by cloud-addons"),
    ],
)
def test_over_what_is_not_helms_neither_namespace_nor_release_is_created(
    server: ApiServer,
    hooks: dict[str, pulumi.ResourceHook],
    metadata: dict[str, Any],
    installer: str,
    which: str,
    preview: bool,
) -> None:
    """Without a preview before it, `up` refuses as well, and the namespace before the release."""
    server.objects(SECRETS, [])
    server.routes[CLONE_SETS] = (200, {"metadata": metadata})
    refused = call_hook(make_config(server), hooks, which, preview=preview, new_inputs={})
    assert f"exists without Helm's mark of ownership ({installer})" in refused


def test_a_release_gives_its_crds_up_only_if_helm_keeps_them(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    crd: dict[str, Any] = {
        "metadata": {"name": "clonesets.apps.kruise.io"},
        "spec": {"group": "apps.kruise.io"},
    }
    server.named(CRDS, [crd])
    values = {"crds": {"managed": False}}
    update: dict[str, Any] = {"old_inputs": {"values": {}}, "new_inputs": {"values": values}}
    refused = call_hook(make_config(server), hooks, "update release", {"values": values}, **update)
    assert "kubectl annotate crd/clonesets.apps.kruise.io" in refused

    hooks.clear()
    crd["metadata"]["annotations"] = {"helm.sh/resource-policy": "keep"}
    assert call_hook(make_config(server), hooks, "update release", {"values": values}, **update) == ""


def test_secret_values_are_judged_as_well(server: ApiServer, hooks: dict[str, pulumi.ResourceHook]) -> None:
    async def later() -> dict[str, Any]:
        return {"crds": {"managed": False}}

    def secret() -> pulumi.Output[Any]:
        return pulumi.Output.secret(pulumi.Output.from_input(later()))

    class Late(dict[str, Any]):
        """Inputs that become an output where there is a loop for it, as the SDK gives secret ones."""

        def get(self, key: str, default: Any = None) -> Any:
            return secret() if key == "values" else default

    refused = call_hook(
        make_config(server, "there"), hooks, "update release", old_inputs={}, new_inputs=Late(x=1)
    )
    assert "whether Helm keeps them is not known" in refused


def test_a_downgrade_is_judged_by_what_is_stored(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    crd = {
        "metadata": {"name": "sidecarsets.apps.kruise.io"},
        "spec": {
            "group": "apps.kruise.io",
            "names": {"kind": "SidecarSet", "plural": "sidecarsets"},
            "versions": [{"name": "v1beta1", "storage": True}],
        },
        "status": {"storedVersions": ["v1alpha1", "v1beta1"]},
    }
    dropped = {
        "metadata": {"name": "ephemeraljobs.apps.kruise.io"},
        "spec": {
            "group": "apps.kruise.io",
            "names": {"kind": "EphemeralJob", "plural": "ephemeraljobs"},
            "versions": [{"name": "v1alpha1", "storage": True}],
        },
        "status": {"storedVersions": ["v1alpha1"]},
    }
    server.named(CRDS, [crd, dropped])
    server.objects("/apis/apps.kruise.io/v1beta1/sidecarsets", [])
    server.objects("/apis/apps.kruise.io/v1alpha1/ephemeraljobs", [{"metadata": {"name": "debug"}}])
    update: dict[str, Any] = {"old_inputs": {"version": "1.9.0"}, "new_inputs": {"version": "1.8.3"}}
    refused = call_hook(make_config(server), hooks, "update release", **update)
    assert "sidecarsets.apps.kruise.io (v1beta1)" in refused
    assert "1 EphemeralJob" in refused


def test_an_update_asks_for_crds_only_where_that_decides_something(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    update: dict[str, Any] = {"old_inputs": {"version": "1.8.3"}, "new_inputs": {"version": "1.9.0"}}
    stated: OpenKruiseArgs = {"chart_version": "1.9.0"}
    assert call_hook(make_config(server), hooks, "update release", stated, **update) == ""
    assert {path for _, path, *_ in server.asked} == {SECRETS, CLONE_SETS, DAEMON_SET}


@pytest.mark.parametrize("preview", [True, False])
def test_an_upgrade_over_a_change_of_storage_must_be_stated(
    preview: bool, server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str]
) -> None:
    update: dict[str, Any] = {"old_inputs": {"version": "1.8.3"}, "new_inputs": {"version": "1.9.1"}}
    refused = call_hook(make_config(server), hooks, "update release", preview=preview, **update)
    assert "the installed chart is 1.8.3, and 1.9.1 would replace it although no version is given" in refused
    # What it would do is not announced: it does nothing.
    assert said == []


@pytest.mark.parametrize(
    ("status", "words"), [("pending-upgrade", "pending-upgrade"), ("", "not in the cluster")]
)
def test_an_update_of_a_release_that_is_stuck_or_gone_is_refused(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], status: str, words: str
) -> None:
    record_revisions(server, *([status] if status else []))
    if not status:
        server.routes.pop(CLONE_SETS)
    refused = call_hook(make_config(server), hooks, "update release", old_inputs={}, new_inputs={})
    assert words in refused


def test_a_namespace_is_not_given_up(server: ApiServer, hooks: dict[str, pulumi.ResourceHook]) -> None:
    refused = call_hook(
        make_config(server),
        hooks,
        "update component",
        {"create_namespace": False},
        old_inputs={"createNamespace": True},
        new_inputs={"createNamespace": False},
    )
    assert "this stack created the namespace kruise-system" in refused


@pytest.mark.parametrize("namespace", [None, 7, [], {"a": 1}, True])
def test_a_state_that_names_no_namespace_refuses_nothing(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], namespace: Any
) -> None:
    """An output that was not known, or a state that a person has edited."""
    refused = call_hook(
        make_config(server),
        hooks,
        "update component",
        {"create_namespace": False},
        old_inputs={"createNamespace": True, "namespace": namespace, "stateVersion": 2},
        new_inputs={"createNamespace": False},
    )
    assert refused == ""


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(
    ("statuses", "marked", "free"),
    [((), True, True), ((), False, True), (("deployed",), True, False), (("pending-install",), True, False)],
)
def test_a_namespace_that_a_refused_up_did_not_create_is_no_namespace_given_up(
    server: ApiServer,
    hooks: dict[str, pulumi.ResourceHook],
    statuses: tuple[str, ...],
    marked: bool,
    free: bool,
    preview: bool,
) -> None:
    """The refusal of what is not by Helm asks for this change, after `up` has registered the component."""
    record_revisions(server, *statuses)
    if not marked:
        server.routes[CLONE_SETS] = (200, {"metadata": {}})
    old = {"namespace": "kruise-system", "createNamespace": True, "stateVersion": 2}
    refused = call_hook(
        make_config(server),
        hooks,
        "update component",
        {"create_namespace": False},
        preview=preview,
        old_inputs=old,
        new_inputs={**old, "createNamespace": False},
    )
    assert ("this stack created the namespace kruise-system" in refused) is not free
    assert bool(refused) is not free
    if not marked:
        return  # there the release's own hook refuses
    with new_engine(preview=preview) as engine, contextlib.ExitStack() as stack:
        pulumi.runtime.set_all_config(make_config(server))
        hooks.clear()
        engine.hooks, engine.updates = hooks, {COMPONENT: old}
        engine.creates = {RELEASE} if free else set()
        if not free:
            stack.enter_context(pytest.raises(InvalidConfigError, match="this stack created the namespace"))
        engine.run(lambda: OpenKruise("kruise", make_args({"create_namespace": False})) and None)


OWN_RELEASE = f"urn:pulumi:test::openkruise::{COMPONENT}${RELEASE}::kruise-release"
OWN_NAMESPACE = f"urn:pulumi:test::openkruise::{COMPONENT}${NAMESPACE}::kruise-namespace"


@pytest.mark.parametrize(("what", "urn"), [("release", OWN_RELEASE), ("namespace", OWN_NAMESPACE)])
@pytest.mark.parametrize("preview", [True, False])
def test_what_is_replaced_or_not_declared_is_not_deleted(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], what: str, urn: str, preview: bool
) -> None:
    config = make_config(server)
    other = call_hook(config, hooks, f"delete {what}", preview=preview, urn=f"{urn}-of-another")
    assert "is not the one that OpenKruise 'kruise' declares now, and is being deleted" in other
    record_revisions(server)
    server.routes.pop(CLONE_SETS)
    replaced = call_hook(config, hooks, f"delete {what}", preview=preview, urn=urn, before=f"create {what}")
    assert "is being replaced, and the old one deleted" in replaced
    # A destroy that runs the program: it is declared, and nothing is created.
    assert call_hook(config, hooks, f"delete {what}", preview=preview, urn=urn) == ""


def test_a_namespace_that_a_release_needs_is_not_deleted(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    refused = call_hook(make_config(server), hooks, "delete namespace", urn=OWN_NAMESPACE)
    assert "namespace kruise-system: Helm release kruise-system/kruise is there (deployed)" in refused
    # In preview the release, which goes first, is still there.
    assert call_hook(make_config(server), hooks, "delete namespace", urn=OWN_NAMESPACE, preview=True) == ""


@pytest.mark.parametrize("option", ["retain_on_delete", "deleted_with", None])
@pytest.mark.parametrize("dropped", [True, False])
def test_a_namespace_that_the_engine_keeps_with_its_release_may_leave_the_state(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], option: str | None, dropped: bool
) -> None:
    """The engine calls the hooks for what it only drops from the state, and says nothing of that."""

    def make_options() -> pulumi.ResourceOptions:
        cluster = pulumi.ComponentResource("test:index:Cluster", "cluster")
        given: dict[str, Any] = {"retain_on_delete": True, "deleted_with": cluster}
        return pulumi.ResourceOptions(**{key: given[key] for key in given if key == option})

    before: dict[str, Any] = {"before": "delete release", "before_urn": OWN_RELEASE} if dropped else {}
    refused = call_hook(
        make_config(server), hooks, "delete namespace", urn=OWN_NAMESPACE, opts=make_options, **before
    )
    assert (refused == "") == (dropped and option is not None)
    assert ("deleted_with of a resource above it does" in refused) == (dropped and option is None)


def test_a_preview_warns_of_what_a_destroy_may_delete_before_the_release(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str]
) -> None:
    guarded: OpenKruiseArgs = {"guard_destroy": True}
    config = make_config(server)
    server.routes[CRDS] = (403, {"message": "forbidden"})
    assert call_hook(config, hooks, "delete release", guarded, preview=True, urn=OWN_RELEASE) == ""
    (warning,) = said
    assert warning.startswith(
        "warn: refused, unless this has changed when the release's turn comes: Helm release"
    )

    said.clear()
    server.objects(CRDS, [])
    hooks.clear()
    assert call_hook(config, hooks, "delete release", guarded, preview=True, urn=OWN_RELEASE) == ""
    assert said == []


def test_a_guarded_release_is_not_deleted_while_it_is_needed(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    def crd(kind: str, plural: str) -> dict[str, Any]:
        names = {"kind": kind, "plural": plural}
        versions = [{"name": "v1alpha1", "storage": True}]
        spec = {"group": "apps.kruise.io", "names": names, "versions": versions}
        return {"metadata": {"name": f"{plural}.apps.kruise.io"}, "spec": spec}

    server.named(CRDS, [crd("SidecarSet", "sidecarsets"), crd("NodeImage", "nodeimages")])
    server.objects("/apis/apps.kruise.io/v1alpha1/sidecarsets", [{}] * 3)
    server.objects("/apis/apps.kruise.io/v1alpha1/nodeimages", [{}])
    guarded: OpenKruiseArgs = {"guard_destroy": True}
    refused = call_hook(make_config(server), hooks, "delete release", guarded, urn=OWN_RELEASE)
    assert "deleting it deletes, with its CRDs, 3 SidecarSet\n" in refused

    hooks.clear()
    server.objects("/apis/apps.kruise.io/v1alpha1/sidecarsets", [])
    assert call_hook(make_config(server), hooks, "delete release", guarded, urn=OWN_RELEASE) == ""
    hooks.clear()
    unknown = call_hook(make_config(server, "there"), hooks, "delete release", guarded, urn=OWN_RELEASE)
    assert "whether custom resources exist is not known" in unknown


def test_before_the_program_has_declared_a_resource_none_is_its_own() -> None:
    child = _Child()
    args = pulumi.ResourceHookArgs("urn", "id", "name", "type", old_outputs={"status": {"revision": 1}})

    async def ask() -> tuple[bool, bool]:
        return await child.has_urn("urn"), await child.is_other_revision(args)

    assert asyncio.run(ask()) == (False, False)
    assert not child.is_replaced
