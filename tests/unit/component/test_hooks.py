"""The hooks and the verdict: where they look, what they refuse, and what they report."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi_openkruise import OpenKruise, OpenKruiseArgs
from pulumi_openkruise.component.errors import InvalidConfigError

from tests.support.api_server import ApiServer, api_server
from tests.support.charts import pack
from tests.support.engine import COMPONENT, NAMESPACE, RECORD, RELEASE, Engine, new_engine

SECRETS = "/api/v1/namespaces/kruise-system/secrets"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CLONE_SETS = f"{CRDS}/clonesets.apps.kruise.io"
DAEMON_SET = "/apis/apps/v1/namespaces/kruise-system/daemonsets/kruise-daemon"


@pytest.fixture
def server() -> Iterator[ApiServer]:
    """Provide a cluster with an installation that is as it should be."""
    with api_server() as server:
        holds(server, "deployed")
        yield server


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Provide what the program logs, with its severity."""
    found: list[str] = []
    for severity in ("info", "warn"):

        def log(text: str, *_: Any, severity: str = severity, **__: Any) -> None:
            found.append(f"{severity}: {text}")

        monkeypatch.setattr(pulumi.log, severity, log)
    return found


def holds(server: ApiServer, *statuses: str, owner: str = "kruise") -> None:
    items = [
        {"metadata": {"labels": {"owner": "helm", "version": str(number), "status": status}}}
        for number, status in enumerate(statuses, 1)
    ]
    server.objects(SECRETS, items)
    annotations = {"meta.helm.sh/release-name": owner, "meta.helm.sh/release-namespace": "kruise-system"}
    server.routes[CLONE_SETS] = (200, {"metadata": {"annotations": annotations}})


def configured(server: ApiServer, context: str = "here") -> dict[str, str]:
    return {"kubernetes:kubeconfig": json.dumps(server.kubeconfig()), "kubernetes:context": context}


def alone(args: OpenKruiseArgs | None = None) -> OpenKruiseArgs:
    """Return arguments with which only the hooks and the verdict ask the cluster."""
    return {"node_check": "off", **(args or {})}


def placed(name: str, **options: Any) -> pulumi.ResourceOptions:
    """Give a component a Kubernetes provider of its own."""
    import pulumi_kubernetes

    kubeconfig = {
        "clusters": [{"name": name, "cluster": {"server": f"http://127.0.0.1:1/{name}"}}],
        "contexts": [{"name": name, "context": {"cluster": name}}],
        "current-context": name,
    }
    provider = pulumi_kubernetes.Provider(name, kubeconfig=json.dumps(kubeconfig))
    return pulumi.ResourceOptions(providers=[provider], **options)


def installed(
    config: dict[str, str], args: OpenKruiseArgs | None = None, *, preview: bool = False, **options: Any
) -> None:
    with new_engine(preview=preview) as engine:
        pulumi.runtime.set_all_config(config)
        engine.run(lambda: OpenKruise("kruise", alone(args), pulumi.ResourceOptions(**options)))


@pytest.mark.parametrize("preview", [True, False])
def test_a_healthy_installation_is_looked_at_in_three_requests_and_nothing_is_said(
    server: ApiServer, said: list[str], preview: bool
) -> None:
    installed(configured(server), preview=preview)
    looked = [("GET", path) for path in (SECRETS, CLONE_SETS, DAEMON_SET)]
    assert sorted((method, path) for method, path, *_ in server.asked) == sorted(looked)
    about = {path: (query, headers["Accept"]) for _method, path, query, headers, _body in server.asked}
    assert about[SECRETS][0] == {
        "labelSelector": "owner=helm,name=kruise",
        "fieldSelector": "type=helm.sh/release.v1",
        "limit": "500",
    }
    assert all("PartialObjectMetadata" in about[path][1] for path in (SECRETS, CLONE_SETS))
    assert said == []


@pytest.mark.parametrize("status", ["pending-install", "pending-upgrade", "uninstalling"])
def test_a_stuck_release_is_never_unchanged(server: ApiServer, said: list[str], status: str) -> None:
    holds(server, "superseded", status)
    installed(configured(server), preview=True)
    (warning,) = said
    assert warning.startswith(f"warn: Helm release kruise-system/kruise: is {status} at revision 2")
    assert "pulumi-openkruise recover" in warning

    with pytest.raises(InvalidConfigError) as caught:
        installed(configured(server))
    assert [problem.code for problem in caught.value.problems] == ["release-blocked"]
    assert "pulumi-openkruise recover" in str(caught.value)


@pytest.mark.parametrize("preview", [True, False])
def test_a_failed_release_is_reported(server: ApiServer, said: list[str], preview: bool) -> None:
    holds(server, "deployed", "failed")
    installed(configured(server), preview=preview)
    (warning,) = said
    assert "is failed at revision 2" in warning
    assert "set reapply to <any new text> in the program" in warning


def test_a_release_that_the_update_has_repaired_is_not_reported(server: ApiServer, said: list[str]) -> None:
    holds(server, "deployed", "failed")
    before = server.routes[SECRETS]
    assert callable(before)

    def later(query: dict[str, str]) -> tuple[int, Any]:
        holds(server, "superseded", "failed", "deployed")
        return before(query)

    server.routes[SECRETS] = later
    installed(configured(server))
    assert said == []


@pytest.mark.parametrize("context", ["there", "nowhere"])
def test_a_cluster_that_cannot_be_looked_at_breaks_nothing(
    server: ApiServer, said: list[str], context: str
) -> None:
    installed(configured(server, context))
    assert said == []
    installed(configured(server, context), preview=True)
    (note,) = said
    assert note.startswith("info: the cluster was not inspected: ")


def test_a_user_who_may_not_look_breaks_nothing(server: ApiServer, said: list[str]) -> None:
    server.routes[SECRETS] = (403, {"message": "secrets is forbidden"})
    installed(configured(server))
    installed(configured(server), preview=True)
    (note,) = said
    assert "secrets is forbidden" in note


def test_an_answer_that_is_no_answer_breaks_nothing(server: ApiServer, said: list[str]) -> None:
    server.routes[CLONE_SETS] = (200, b"<html>")
    installed(configured(server), preview=True)
    assert len(said) == 1


def test_the_environments_kubeconfig_is_not_read(
    server: ApiServer, said: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "config").write_text(json.dumps(server.kubeconfig()))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    installed({}, preview=True)
    installed({})
    assert server.asked == []
    unseen = "the cluster was not inspected: a test's mocks have no kubeconfig"
    lost = "a release that is stuck, or that another name or stack has, goes unnoticed"
    assert said == [f"info: {unseen}", f"warn: {unseen}; {lost}"]


FORMS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "JSON": json.dumps,
    "mapping": lambda found: found,
    "output": lambda found: pulumi.Output.from_input(found),
    "secret": lambda found: pulumi.Output.secret(json.dumps(found)),
}


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("form", list(FORMS))
def test_an_explicit_provider_is_looked_through(
    server: ApiServer, said: list[str], form: str, preview: bool
) -> None:
    import pulumi_kubernetes

    holds(server, "pending-upgrade")

    def program() -> None:
        kubeconfig = FORMS[form](server.kubeconfig())
        # In preview what a provider was not given, as its cluster here, is unknown.
        provider = pulumi_kubernetes.Provider("edge", kubeconfig=kubeconfig, context="here")
        OpenKruise("kruise", alone(), pulumi.ResourceOptions(providers=[provider]))

    with new_engine(preview=preview) as engine:
        # The other cluster's: with a provider of its own it is none of the component's business.
        pulumi.runtime.set_all_config({"kubernetes:kubeconfig": "/nowhere"})
        if preview:
            engine.run(program)
            assert any("is pending-upgrade" in note for note in said)
        else:
            with pytest.raises(InvalidConfigError, match="pending-upgrade"):
                engine.run(program)


@pytest.mark.parametrize("preview", [True, False])
def test_what_is_placed_by_the_namespace_depends_on_the_release(preview: bool) -> None:
    class Placed(pulumi.CustomResource):
        pass

    found: list[Any] = []

    def program() -> None:
        kruise = OpenKruise("kruise", alone())

        async def read() -> None:
            resources = await kruise.namespace.resources()
            found.append({resource.pulumi_resource_name for resource in resources})
            found.append(await kruise.namespace.is_known())

        pulumi.export("read", pulumi.Output.from_input(read()))
        Placed("test:index:Placed", "after", {"in": kruise.namespace})

    with new_engine(preview=preview) as engine:
        engine.run(program)
        placed = engine.of_type("test:index:Placed")
        assert placed.inputs == {"in": "kruise-system"}
        assert engine.of_type(RELEASE).urn in placed.request.dependencies
    assert found == [{"kruise-release"}, True]


@pytest.mark.parametrize("explicit", [True, False])
def test_a_cluster_that_the_provider_takes_in_place_of_the_contexts_own_is_looked_at(
    server: ApiServer, explicit: bool
) -> None:
    import pulumi_kubernetes

    holds(server, "pending-upgrade")
    kubeconfig = json.dumps(server.kubeconfig())

    def program() -> None:
        providers: list[pulumi.ProviderResource] = []
        if explicit:
            edge = pulumi_kubernetes.Provider("edge", kubeconfig=kubeconfig, context="there", cluster="here")
            providers.append(edge)
        OpenKruise("kruise", alone(), pulumi.ResourceOptions(providers=providers))

    with new_engine() as engine:
        config = {**configured(server, "there"), "kubernetes:cluster": "here"}
        pulumi.runtime.set_all_config({} if explicit else config)
        with pytest.raises(InvalidConfigError, match="pending-upgrade"):
            engine.run(program)


def test_hooks_are_set_where_something_could_be_lost(
    engine: Engine, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    engine.run(lambda: OpenKruise("kruise", {}))
    set_on = {
        type_: {field.name: list(names) for field, names in engine.of_type(type_).request.hooks.ListFields()}
        for type_ in (COMPONENT, RECORD, NAMESPACE, RELEASE)
    }

    def named(what: str, *operations: str) -> dict[str, list[str]]:
        return {f"before_{one}": [f"openkruise kruise: {one} {what}"] for one in operations}

    assert set_on == {
        COMPONENT: named("component", "create", "update"),
        RECORD: named("record", "create"),
        NAMESPACE: named("namespace", "create", "update", "delete"),
        RELEASE: named("release", "create", "update", "delete"),
    }
    assert all(hook.opts is not None and hook.opts.on_dry_run for hook in hooks.values())


def test_components_of_one_name_below_different_parents_have_hooks_of_their_own(
    engine: Engine, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    def program() -> None:
        for name in ("east", "west"):
            parent = pulumi.ComponentResource(f"x:index:{name}", name)
            OpenKruise("kruise", alone(), placed(name, parent=parent))

    engine.run(program)
    assert "openkruise kruise in east: create release" in hooks
    assert "openkruise kruise in west: create release" in hooks


def test_components_below_parents_of_one_name_have_hooks_of_their_own(
    engine: Engine, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    """The engine tells resources apart by the types of all their parents, and hooks by their names alone."""

    def program() -> None:
        for number, above in enumerate(("a", "b", "c", "d")):
            top = pulumi.ComponentResource(f"x:index:{above}", "top")
            type_ = "x:index:Other" if above == "b" else "x:index:Team"
            parent = pulumi.ComponentResource(type_, "edge", opts=pulumi.ResourceOptions(parent=top))
            OpenKruise("kruise", alone(), placed(f"p{number}", parent=parent))

    engine.run(program)
    assert [name.removesuffix(": create release") for name in hooks if name.endswith(": create release")] == [
        "openkruise kruise in edge",
        "openkruise kruise in x:index:Other edge",
        "openkruise kruise in x:index:Team edge",
        "openkruise kruise in x:index:Team edge (2)",
    ]


def test_a_parent_in_another_process_has_no_name(engine: Engine) -> None:
    # As the SDK makes it where the component is constructed in a plugin.
    urn = "urn:pulumi:test::openkruise::pulumi:pulumi:Stack::openkruise-test"
    parent = pulumi.resource.DependencyResource(urn)
    options = pulumi.ResourceOptions(parent=parent, protect=False)
    engine.run(lambda: OpenKruise("kruise", alone(), options))
    assert list(engine.of_type(RELEASE).request.hooks.before_create) == ["openkruise kruise: create release"]


def test_the_engine_keeps_what_a_later_update_is_judged_by(engine: Engine) -> None:
    args: OpenKruiseArgs = {"base_exclusions": False, "virtual_node_selectors": ["b", "a"]}
    engine.run(lambda: OpenKruise("kruise", args))
    assert engine.of_type(COMPONENT).inputs == {
        "createNamespace": True,
        "namespace": "kruise-system",
        "selectors": ["a", "b"],
        "stateVersion": 2,
    }


def called(
    config: dict[str, str],
    hooks: dict[str, pulumi.ResourceHook],
    which: str,
    args: OpenKruiseArgs | Callable[[], OpenKruiseArgs] | None = None,
    preview: bool = False,
    recorded: dict[str, Any] | None = None,
    before: str = "",
    **given: Any,
) -> str:
    """Return what a hook refuses, called as the engine calls it.

    ``recorded`` is what the state says of the installation, ``before`` a hook that the engine has called
    before, and a deletion comes when everything else is done.
    """
    answers: list[str] = []
    calls: list[asyncio.Future[None]] = []
    hooks.clear()

    async def call(which: str, **given: Any) -> None:
        hook = hooks[f"openkruise kruise: {which}"]
        refusal = ""
        try:
            found = pulumi.ResourceHookArgs(given.pop("urn", "urn"), "id", "name", "type", **given)
            await hook.callback(found)  # type: ignore[misc]
        except InvalidConfigError as error:
            refusal = str(error)
        answers.append(refusal)

    async def in_turn(kruise: OpenKruise) -> None:
        if before:
            await call(before)
            assert answers.pop() == ""
        if which.startswith("delete"):
            with contextlib.suppress(InvalidConfigError):
                await kruise.namespace.future()
        await call(which, **given)

    def program() -> None:
        # Arguments that hold outputs can only be made where the program runs.
        kruise = OpenKruise("kruise", alone(args() if callable(args) else args))
        calls.append(asyncio.ensure_future(in_turn(kruise)))
        pulumi.export("called", pulumi.Output.from_input(calls[0]))

    with new_engine(preview=preview) as engine:
        pulumi.runtime.set_all_config(config)
        engine.mocks.state[RECORD] = recorded or {}
        if which.startswith("create"):
            engine.mocks.state[RELEASE] = {}
        # The program may fail as well, which is tested apart: here the engine does not wait for the hook.
        with contextlib.suppress(InvalidConfigError):
            engine.run(program)
        asyncio.get_event_loop_policy().get_event_loop().run_until_complete(calls[0])
    # A hook that never ran, or that raised something else, has refused nothing.
    (answer,) = answers
    return answer


def test_a_program_whose_change_is_refused_fails_too(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    with new_engine() as engine:
        pulumi.runtime.set_all_config(configured(server))
        engine.hooks, engine.creates = hooks, {RELEASE}
        with pytest.raises(InvalidConfigError, match="about to create it"):
            engine.run(lambda: OpenKruise("kruise", alone()))


def test_a_release_that_is_there_is_not_created(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    refused = called(configured(server), hooks, "create release", new_inputs={})
    assert "Helm release kruise-system/kruise: exists" in refused


@pytest.mark.parametrize("which", ["create release", "create namespace"])
def test_an_openkruise_that_comes_after_the_program_began_is_seen_before_a_creation(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], which: str
) -> None:
    holds(server)
    server.routes[CLONE_SETS] = (404, {})
    before = server.routes[SECRETS]
    assert callable(before)

    def meanwhile(query: dict[str, str]) -> tuple[int, Any]:
        # Once the first look has read both.
        if any(path == CLONE_SETS for _method, path, *_ in server.asked):
            holds(server, "deployed", owner="another")
        return before(query)

    server.routes[SECRETS] = meanwhile
    refused = called(configured(server), hooks, which, new_inputs={})
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
    holds(server, *(["deployed"] if which == "update release" else []))
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
    refused = called(configured(server), hooks, which, {"chart": str(path)}, **inputs)
    assert ("has changed since the program read it" in refused) is swapped
    assert swapped or refused == ""


@pytest.mark.parametrize("answer", [(200, {"metadata": {}}), (403, {"message": "forbidden"})])
def test_a_namespace_that_is_there_or_may_be_is_not_created(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], answer: tuple[int, Any]
) -> None:
    server.routes["/api/v1/namespaces/kruise-system"] = answer
    refused = called(configured(server), hooks, "create namespace", new_inputs={})
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
        holds(server)
        server.routes.pop(CLONE_SETS)
    args: OpenKruiseArgs = {"namespace": namespace}
    assert called(configured(server), hooks, "create namespace", args, new_inputs={}) == ""
    notes = [note for note in said if "an older plugin takes it over" in note]
    assert bool(notes) is warned
    assert all(note.startswith(f"warn: namespace {namespace} exists") for note in notes)
    assert all(note.endswith("set create_namespace to false") for note in notes)


def test_a_namespace_that_is_refused_is_not_said_to_be_taken_over(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str]
) -> None:
    server.routes["/api/v1/namespaces/mine"] = (200, {"metadata": {}})
    holds(server, "deployed")
    server.routes[SECRETS.replace("kruise-system", "mine")] = server.routes[SECRETS]
    annotations = {"meta.helm.sh/release-name": "kruise", "meta.helm.sh/release-namespace": "mine"}
    server.routes[CLONE_SETS] = (200, {"metadata": {"annotations": annotations}})
    args: OpenKruiseArgs = {"namespace": "mine"}
    refused = called(configured(server), hooks, "create namespace", args, new_inputs={})
    assert "namespace mine: exists" in refused
    assert not [note for note in said if "takes it over" in note]


def test_a_namespace_that_was_deleted_by_hand_is_created_for_its_release(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    assert called(configured(server), hooks, "create namespace", new_inputs={}) == ""


def test_what_is_not_there_is_created(server: ApiServer, hooks: dict[str, pulumi.ResourceHook]) -> None:
    holds(server)
    server.routes.pop(CLONE_SETS)
    assert called(configured(server), hooks, "create release", new_inputs={}) == ""


def test_a_second_openkruise_is_not_created(server: ApiServer, hooks: dict[str, pulumi.ResourceHook]) -> None:
    holds(server, owner="another")
    assert "a cluster holds one" in called(configured(server), hooks, "create release", new_inputs={})


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
    refused = called(configured(server), hooks, which, preview=preview, new_inputs={})
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
    refused = called(configured(server), hooks, "update release", {"values": values}, **update)
    assert "kubectl annotate crd/clonesets.apps.kruise.io" in refused

    hooks.clear()
    crd["metadata"]["annotations"] = {"helm.sh/resource-policy": "keep"}
    assert called(configured(server), hooks, "update release", {"values": values}, **update) == ""


def test_secret_values_are_judged_as_well(server: ApiServer, hooks: dict[str, pulumi.ResourceHook]) -> None:
    async def later() -> dict[str, Any]:
        return {"crds": {"managed": False}}

    def secret() -> pulumi.Output[Any]:
        return pulumi.Output.secret(pulumi.Output.from_input(later()))

    class Late(dict[str, Any]):
        """Inputs that become an output where there is a loop for it, as the SDK gives secret ones."""

        def get(self, key: str, default: Any = None) -> Any:
            return secret() if key == "values" else default

    refused = called(
        configured(server, "there"), hooks, "update release", old_inputs={}, new_inputs=Late(x=1)
    )
    assert "whether Helm keeps them is not known" in refused


LISTED = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}]}
WITH_AFFINITY = {
    "daemon": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": LISTED}}}
}


@pytest.mark.parametrize("preview", [True, False])
def test_a_preview_says_what_a_changed_affinity_does(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str], preview: bool
) -> None:
    after = {"daemon": {"nodeSelector": {"disk": "ssd"}}}
    new = {"daemon": {**WITH_AFFINITY["daemon"], **after["daemon"]}}
    update: dict[str, Any] = {
        "old_inputs": {"values": WITH_AFFINITY},
        "new_inputs": {"values": new},
        "preview": preview,
    }
    assert called(configured(server), hooks, "update release", **update) == ""
    assert [note.splitlines()[1:] for note in said] == [
        ["  nodes that lose it: 'disk!=ssd' (unless 'a=1')"]
    ] * preview


def test_a_preview_that_does_not_know_the_values_yet_goes_by_the_affinity(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str]
) -> None:
    # What the component knows of values that hold outputs.
    args: OpenKruiseArgs = {
        "base_exclusions": False,
        "virtual_node_selectors": ["a=1", "b=1"],
        "values": {"daemon": {"affinity": {}}},
    }

    class Unknown(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            nothing: Any = pulumi.runtime.rpc.UNKNOWN
            return pulumi.Output.from_input(nothing) if key == "values" else default

    update: dict[str, Any] = {"old_inputs": {"values": WITH_AFFINITY}, "new_inputs": Unknown(x=1)}
    assert called(configured(server), hooks, "update release", args, preview=True, **update) == ""
    assert [note.splitlines()[1:] for note in said] == [["  nodes that lose it: 'b=1' (unless 'a=1')"]]

    # Where an output may change the daemon's affinity too, nothing is known of it, and nothing is said.
    said.clear()
    hooks.clear()

    def later() -> OpenKruiseArgs:
        return {**args, "values": {"daemon": {"affinity": pulumi.Output.from_input({})}}}

    assert called(configured(server), hooks, "update release", later, preview=True, **update) == ""
    assert said == []


@pytest.mark.parametrize("retained", [True, False, None])
def test_a_refused_deletion_says_what_retain_on_delete_changes(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], retained: bool | None
) -> None:
    holds(server)
    refusals: list[BaseException | None] = []

    async def delete() -> None:
        args = pulumi.ResourceHookArgs("another urn", "id", "name", "type", old_inputs={})
        names = [f"openkruise kruise: delete {what}" for what in ("release", "namespace")]
        calls: list[Any] = [hooks[name].callback(args) for name in names]
        refusals.extend(await asyncio.gather(*calls, return_exceptions=True))

    def program() -> None:
        OpenKruise("kruise", alone(), pulumi.ResourceOptions(retain_on_delete=retained))
        pulumi.export("called", pulumi.Output.from_input(asyncio.ensure_future(delete())))

    with new_engine() as engine:
        pulumi.runtime.set_all_config(configured(server))
        with pytest.raises(InvalidConfigError):
            engine.run(program)
    assert ["the component has retain_on_delete" in str(one) for one in refusals] == [bool(retained)] * 2


@pytest.mark.parametrize("late", ["manager", "daemon"])
def test_a_preview_that_does_not_know_one_value_says_what_the_others_do(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str], late: str
) -> None:
    unknown: Any = pulumi.output.UNKNOWN
    new: dict[str, Any] = {"daemon": {**WITH_AFFINITY["daemon"], "nodeSelector": {"disk": "ssd"}}}
    new |= {"manager": {"replicas": unknown}} if late == "manager" else {"daemon": unknown}
    update: dict[str, Any] = {"old_inputs": {"values": WITH_AFFINITY}, "new_inputs": {"values": new}}
    assert called(configured(server), hooks, "update release", preview=True, **update) == ""
    assert [note.splitlines()[1:] for note in said] == [
        ["  nodes that lose it: 'disk!=ssd' (unless 'a=1')"]
    ] * (late == "manager")


@pytest.mark.parametrize("preview", [True, False])
def test_only_a_preview_reports_the_nodes_that_a_new_release_leaves_out(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str], preview: bool
) -> None:
    holds(server)
    server.routes.pop(CLONE_SETS)
    info = {"containerRuntimeVersion": "containerd://2.1.4", "operatingSystem": "linux", "osImage": "Debian"}
    info |= {"kubeletVersion": "v1.33.1", "kernelVersion": "6.1", "architecture": "amd64"}
    real = {"metadata": {"name": "a", "labels": {"a": "1"}}, "status": {"nodeInfo": info}}
    server.objects("/api/v1/nodes", [real])
    args: OpenKruiseArgs = {"node_check": "warn", "virtual_node_selectors": ["a=1"]}
    created: dict[str, Any] = {"new_inputs": {"values": WITH_AFFINITY}}
    assert called(configured(server), hooks, "create release", args, preview=preview, **created) == ""
    asked = [path for _, path, *_ in server.asked]
    # In `up` the check after the release reads the nodes, once.
    assert asked.count("/api/v1/nodes") == 1
    assert any("real nodes get no daemon" in note for note in said) is preview


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
    refused = called(configured(server), hooks, "update release", **update)
    assert "sidecarsets.apps.kruise.io (v1beta1)" in refused
    assert "1 EphemeralJob" in refused


def test_an_update_asks_for_crds_only_where_that_decides_something(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    update: dict[str, Any] = {"old_inputs": {"version": "1.8.3"}, "new_inputs": {"version": "1.9.0"}}
    stated: OpenKruiseArgs = {"chart_version": "1.9.0"}
    assert called(configured(server), hooks, "update release", stated, **update) == ""
    assert {path for _, path, *_ in server.asked} == {SECRETS, CLONE_SETS, DAEMON_SET}


@pytest.mark.parametrize("preview", [True, False])
def test_what_comes_with_another_version_is_said_in_preview(
    preview: bool, server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str]
) -> None:
    update: dict[str, Any] = {"old_inputs": {"version": "1.8.3"}, "new_inputs": {"version": "1.9.1"}}
    stated: OpenKruiseArgs = {"chart_version": "1.9.1"}
    assert called(configured(server), hooks, "update release", stated, preview=preview, **update) == ""
    assert any(note.startswith("info: OpenKruise 1.8.3 becomes 1.9.1") for note in said) is preview


def test_objects_that_an_upgrade_takes_fields_from_are_named_in_preview(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str]
) -> None:
    adaptive = {"unschedulableLastSeconds": 60}
    spec = {"topology": {"scheduleStrategy": {"type": "Adaptive", "adaptive": adaptive}}}
    united = {"kind": "UnitedDeployment", "metadata": {"name": "shop", "namespace": "default"}, "spec": spec}
    server.objects("/apis/apps.kruise.io/v1alpha1/uniteddeployments", [united])
    update: dict[str, Any] = {"old_inputs": {"version": "1.8.3"}, "new_inputs": {"version": "1.9.1"}}
    stated: OpenKruiseArgs = {"chart_version": "1.9.1"}
    assert called(configured(server), hooks, "update release", stated, preview=True, **update) == ""
    (note,) = [note for note in said if "lacks fields" in note]
    assert note.startswith("warn: 1.9.1 lacks fields that custom resources set")
    field = "spec.topology.scheduleStrategy.adaptive.unschedulableLastSeconds"
    assert f"  UnitedDeployment default/shop: {field}" in note


@pytest.mark.parametrize("preview", [True, False])
def test_an_upgrade_over_a_change_of_storage_must_be_stated(
    preview: bool, server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str]
) -> None:
    update: dict[str, Any] = {"old_inputs": {"version": "1.8.3"}, "new_inputs": {"version": "1.9.1"}}
    refused = called(configured(server), hooks, "update release", preview=preview, **update)
    assert "the installed chart is 1.8.3, and 1.9.1 would replace it although no version is given" in refused
    # What it would do is not announced: it does nothing.
    assert said == []


@pytest.mark.parametrize(
    ("status", "words"), [("pending-upgrade", "pending-upgrade"), ("", "not in the cluster")]
)
def test_an_update_of_a_release_that_is_stuck_or_gone_is_refused(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], status: str, words: str
) -> None:
    holds(server, *([status] if status else []))
    if not status:
        server.routes.pop(CLONE_SETS)
    refused = called(configured(server), hooks, "update release", old_inputs={}, new_inputs={})
    assert words in refused


def test_a_namespace_is_not_given_up(server: ApiServer, hooks: dict[str, pulumi.ResourceHook]) -> None:
    refused = called(
        configured(server),
        hooks,
        "update component",
        {"create_namespace": False},
        old_inputs={"createNamespace": True},
        new_inputs={"createNamespace": False},
    )
    assert "this stack created the namespace kruise-system" in refused


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
    holds(server, *statuses)
    if not marked:
        server.routes[CLONE_SETS] = (200, {"metadata": {}})
    old = {"namespace": "kruise-system", "createNamespace": True, "stateVersion": 2}
    refused = called(
        configured(server),
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
        pulumi.runtime.set_all_config(configured(server))
        hooks.clear()
        engine.hooks, engine.updates = hooks, {COMPONENT: old}
        engine.creates = {RELEASE} if free else set()
        if not free:
            stack.enter_context(pytest.raises(InvalidConfigError, match="this stack created the namespace"))
        engine.run(lambda: OpenKruise("kruise", alone({"create_namespace": False})) and None)


PINNED: OpenKruiseArgs = {"namespace": "elsewhere", "release_namespace": "kruise-system"}


HERE = {"namespace": "kruise-system", "createNamespace": True}
"""What the state records of an installation, but for the server."""


@pytest.mark.parametrize("context", ["here", "there"])
@pytest.mark.parametrize(
    ("recorded", "values"),
    [
        (HERE, {}),
        # What an early version of the module has left in the state does not say it.
        ({}, {"installation": {"namespace": "kruise-system"}}),
    ],
)
def test_an_installation_does_not_leave_its_namespace(
    server: ApiServer,
    hooks: dict[str, pulumi.ResourceHook],
    context: str,
    recorded: dict[str, Any],
    values: dict[str, Any],
) -> None:
    update: dict[str, Any] = {"old_inputs": {"values": values}, "recorded": recorded}
    refused = called(configured(server, context), hooks, "update release", PINNED, **update)
    assert "OpenKruise runs in kruise-system, and this stack would move it to elsewhere" in refused
    assert "set namespace to kruise-system in the program" in refused


def test_a_release_that_was_never_installed_may_be_created_anywhere(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    holds(server)
    server.routes.pop(CLONE_SETS)
    assert called(configured(server), hooks, "create release", PINNED, recorded=HERE) == ""
    assert called(configured(server), hooks, "create release", PINNED) == ""


@pytest.mark.parametrize("which", ["create namespace", "create release", "update release", "delete release"])
@pytest.mark.parametrize("preview", [True, False])
def test_an_installation_does_not_leave_its_cluster(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], which: str, preview: bool
) -> None:
    def changed(before: str, context: str = "here") -> str:
        config = configured(server, context)
        return called(config, hooks, which, recorded={**HERE, "server": before}, preview=preview)

    holds(server)
    server.routes.pop(CLONE_SETS)
    both = f"on the cluster at https://old.example, and now has the kubeconfig of {server.address}, where it"
    refused = changed("https://old.example")
    assert both in refused
    urn = f"urn:pulumi:test::openkruise::{COMPONENT}::kruise"
    assert f"pulumi state delete --target-dependents '{urn}' && pulumi up" in refused
    assert "cannot be inspected" in changed("https://old.example", "there")
    holds(server, "deployed")
    assert "on the cluster at" not in changed(
        "https://old.example"
    )  # the address has changed, not the cluster


@pytest.mark.parametrize("preview", [True, False])
def test_a_state_of_an_earlier_version_is_judged_by_the_components_inputs(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], preview: bool
) -> None:
    holds(server)
    server.routes.pop(CLONE_SETS)
    with new_engine(preview=preview) as engine:
        pulumi.runtime.set_all_config(configured(server))
        engine.hooks, engine.creates = hooks, {RELEASE, RECORD}
        engine.updates = {COMPONENT: {**HERE, "server": "https://old.example"}}
        with pytest.raises(InvalidConfigError, match=r"on the cluster at https://old\.example"):
            engine.run(lambda: OpenKruise("kruise", alone()))


@pytest.mark.parametrize("preview", [True, False])
def test_a_component_of_an_earlier_version_is_not_left_out(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], preview: bool
) -> None:
    # Its record is created, the component is not touched, and has outputs.
    with new_engine(preview=preview) as engine:
        pulumi.runtime.set_all_config(configured(server))
        engine.hooks, engine.creates = hooks, {RECORD}
        engine.mocks.state[COMPONENT] = {"affinity": {}, "namespace": "kruise-system"}
        with pytest.raises(InvalidConfigError, match="this operation leaves the component out"):
            engine.run(lambda: OpenKruise("kruise", alone()))
        engine.creates = set()


def test_an_unknown_cluster_is_a_warning_in_preview_and_refused_in_an_update(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str]
) -> None:
    recorded = {**HERE, "server": server.address}
    for which in ("create namespace", "create release", "delete namespace", "delete release"):
        refused = called({}, hooks, which, recorded=recorded)
        assert f"the installation is on the cluster at {server.address}, and which one this is" in refused
        said.clear()
        assert called({}, hooks, which, recorded=recorded, preview=True) == ""
        assert any(note.startswith("warn: `up` refuses this, unless it is known by then: ") for note in said)


@pytest.mark.parametrize("context", ["here", "there"])
def test_the_address_is_recorded_with_the_release(server: ApiServer, context: str) -> None:
    address = {"here": server.address, "there": "http://127.0.0.1:1"}[context]
    with new_engine() as engine:
        pulumi.runtime.set_all_config(configured(server, context))
        engine.run(lambda: OpenKruise("kruise", alone()))
        assert engine.outputs[engine.of_type(RECORD).urn] == {**HERE, "server": address}
        assert "server" not in engine.of_type(COMPONENT).inputs


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("config", [{}, {"kubernetes:kubeconfig": "/nowhere"}], ids=["none", "unreadable"])
def test_an_update_in_place_that_does_not_know_its_cluster_keeps_the_recorded_address(
    config: dict[str, str], preview: bool
) -> None:
    recorded = {**HERE, "server": "https://old.example"}
    with new_engine(preview=preview) as engine:
        pulumi.runtime.set_all_config(config)
        engine.mocks.state[RECORD] = recorded
        engine.run(lambda: OpenKruise("kruise", alone()))
        assert engine.outputs[engine.of_type(RECORD).urn] == recorded


def test_a_refused_update_leaves_the_record_as_it_was(server: ApiServer) -> None:
    holds(server)
    recorded = {**HERE, "server": "https://old.example"}
    with new_engine() as engine:
        pulumi.runtime.set_all_config(configured(server))
        engine.mocks.state[RECORD] = recorded
        with pytest.raises(InvalidConfigError, match=r"on the cluster at https://old\.example"):
            engine.run(lambda: OpenKruise("kruise", alone()))
        assert engine.of_type(RECORD).urn not in engine.outputs


@pytest.mark.parametrize("owner", ["kruise", None])
def test_a_release_that_the_cluster_has_not_is_not_deployed(
    server: ApiServer, said: list[str], owner: str | None
) -> None:
    holds(server)
    way = "\n    pulumi-openkruise recover" if owner else "\n    pulumi refresh --yes\n"
    if owner is None:
        server.routes.pop(CLONE_SETS)
    installed(configured(server), preview=True)
    (warning,) = said
    assert warning.startswith("warn: `up` refuses this: Helm release kruise-system/kruise: is in the state")
    assert way in f"{warning}\n"
    with pytest.raises(InvalidConfigError) as caught:
        installed(configured(server))
    assert [problem.code for problem in caught.value.problems] == ["release-gone"]


def test_where_helm_keeps_its_records_elsewhere_nothing_is_missed(
    server: ApiServer, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    holds(server)
    monkeypatch.setenv("PULUMI_K8S_HELM_DRIVER", "configmap")
    installed(configured(server))
    assert said == []


def test_the_driver_of_helms_commands_is_not_the_providers(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    holds(server, "pending-upgrade")
    monkeypatch.setenv("HELM_DRIVER", "configmap")
    with pytest.raises(InvalidConfigError, match="pending-upgrade"):
        installed(configured(server))


OWN_RELEASE = f"urn:pulumi:test::openkruise::{COMPONENT}${RELEASE}::kruise-release"
OWN_NAMESPACE = f"urn:pulumi:test::openkruise::{COMPONENT}${NAMESPACE}::kruise-namespace"


@pytest.mark.parametrize(("what", "urn"), [("release", OWN_RELEASE), ("namespace", OWN_NAMESPACE)])
@pytest.mark.parametrize("preview", [True, False])
def test_what_is_replaced_or_not_declared_is_not_deleted(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], what: str, urn: str, preview: bool
) -> None:
    config = configured(server)
    other = called(config, hooks, f"delete {what}", preview=preview, urn=f"{urn}-of-another")
    assert "is not the one that OpenKruise 'kruise' declares now, and is being deleted" in other
    holds(server)
    server.routes.pop(CLONE_SETS)
    if what == "release":
        replaced = called(config, hooks, "delete release", preview=preview, urn=urn, before="create release")
        assert "is being replaced, and the old one deleted" in replaced
    # A destroy that runs the program: it is declared, and nothing is created.
    assert called(config, hooks, f"delete {what}", preview=preview, urn=urn) == ""


def test_a_namespace_that_a_release_needs_is_not_deleted(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    refused = called(configured(server), hooks, "delete namespace", urn=OWN_NAMESPACE)
    assert "namespace kruise-system: Helm release kruise-system/kruise is there (deployed)" in refused
    # In preview the release, which goes first, is still there.
    assert called(configured(server), hooks, "delete namespace", urn=OWN_NAMESPACE, preview=True) == ""


def test_a_preview_warns_of_what_a_destroy_may_delete_before_the_release(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str]
) -> None:
    guarded: OpenKruiseArgs = {"guard_destroy": True}
    config = configured(server)
    server.routes[CRDS] = (403, {"message": "forbidden"})
    assert called(config, hooks, "delete release", guarded, preview=True, urn=OWN_RELEASE) == ""
    (warning,) = said
    assert warning.startswith(
        "warn: refused, unless this has changed when the release's turn comes: Helm release"
    )

    said.clear()
    server.objects(CRDS, [])
    hooks.clear()
    assert called(config, hooks, "delete release", guarded, preview=True, urn=OWN_RELEASE) == ""
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
    refused = called(configured(server), hooks, "delete release", guarded, urn=OWN_RELEASE)
    assert "deleting it deletes, with its CRDs, 3 SidecarSet\n" in refused

    hooks.clear()
    server.objects("/apis/apps.kruise.io/v1alpha1/sidecarsets", [])
    assert called(configured(server), hooks, "delete release", guarded, urn=OWN_RELEASE) == ""
    hooks.clear()
    unknown = called(configured(server, "there"), hooks, "delete release", guarded, urn=OWN_RELEASE)
    assert "whether custom resources exist is not known" in unknown
