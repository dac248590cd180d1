"""Through which kubeconfig the component sees its cluster, and where it looks for Helm's records."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi_openkruise import OpenKruise
from pulumi_openkruise.component.cluster_view import ClusterView
from pulumi_openkruise.component.errors import InvalidConfigError
from pulumi_openkruise.diagnostics.unavailable import Unavailable
from pulumi_openkruise.inventory.release import ReleaseId

from tests.support.api_server import ApiServer
from tests.support.engine import new_engine
from tests.support.hook_calls import install, make_args, make_config, record_revisions


def test_the_environments_kubeconfig_is_not_read(
    server: ApiServer, said: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "config").write_text(json.dumps(server.kubeconfig()))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    install({}, preview=True)
    install({})
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

    record_revisions(server, "pending-upgrade")

    def program() -> None:
        kubeconfig = FORMS[form](server.kubeconfig())
        # In preview what a provider was not given, as its cluster here, is unknown.
        provider = pulumi_kubernetes.Provider("edge", kubeconfig=kubeconfig, context="here")
        OpenKruise("kruise", make_args(), pulumi.ResourceOptions(providers=[provider]))

    with new_engine(preview=preview) as engine:
        # The other cluster's: with a provider of its own it is none of the component's business.
        pulumi.runtime.set_all_config({"kubernetes:kubeconfig": "/nowhere"})
        if preview:
            engine.run(program)
            assert any("is pending-upgrade" in note for note in said)
        else:
            with pytest.raises(InvalidConfigError, match="pending-upgrade"):
                engine.run(program)


@pytest.mark.parametrize("explicit", [True, False])
def test_a_cluster_that_the_provider_takes_in_place_of_the_contexts_own_is_looked_at(
    server: ApiServer, explicit: bool
) -> None:
    import pulumi_kubernetes

    record_revisions(server, "pending-upgrade")
    kubeconfig = json.dumps(server.kubeconfig())

    def program() -> None:
        providers: list[pulumi.ProviderResource] = []
        if explicit:
            edge = pulumi_kubernetes.Provider("edge", kubeconfig=kubeconfig, context="there", cluster="here")
            providers.append(edge)
        OpenKruise("kruise", make_args(), pulumi.ResourceOptions(providers=providers))

    with new_engine() as engine:
        config = {**make_config(server, "there"), "kubernetes:cluster": "here"}
        pulumi.runtime.set_all_config({} if explicit else config)
        with pytest.raises(InvalidConfigError, match="pending-upgrade"):
            engine.run(program)


def test_where_helm_keeps_its_records_elsewhere_nothing_is_missed(
    server: ApiServer, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    record_revisions(server)
    monkeypatch.setenv("PULUMI_K8S_HELM_DRIVER", "configmap")
    install(make_config(server))
    assert said == []


def test_the_driver_of_helms_commands_is_not_the_providers(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_revisions(server, "pending-upgrade")
    monkeypatch.setenv("HELM_DRIVER", "configmap")
    with pytest.raises(InvalidConfigError, match="pending-upgrade"):
        install(make_config(server))


QUESTIONS: dict[str, Callable[[ClusterView], Any]] = {
    "credentials": lambda view: view.find_credentials(),
    "release": lambda view: view.read_release(),
    "release again": lambda view: view.read_release_again(),
    "namespace": lambda view: view.has_namespace("kruise-system"),
    "kinds": lambda view: view.read_served_kinds("policy/v1"),
    "definitions": lambda view: view.read_definitions(),
    "custom resources": lambda view: view.count_custom_resources(),
    "uses": lambda view: view.list_field_uses({}),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_where_the_component_cannot_be_registered_every_question_is_answered(question: str) -> None:
    """Those that wait already, too: none may keep the program from its end."""
    view = ClusterView(ReleaseId("kruise-system", "kruise"))

    async def ask() -> Any:
        waiting = asyncio.ensure_future(QUESTIONS[question](view))
        await asyncio.sleep(0)
        assert not waiting.done()
        component: Any = object()
        with pytest.raises(RuntimeError, match="refused"), view.register_and_read(component):
            raise RuntimeError("refused")
        assert await view.find_server() is None
        return await waiting

    assert asyncio.run(ask()) == Unavailable("the component was not registered")
    assert view.component is None


@pytest.mark.parametrize("driver", ["secret", "secrets", "Secret", "configmap", "sql\n"])
def test_a_preview_says_where_helm_keeps_its_records_if_not_in_secrets(
    server: ApiServer, said: list[str], monkeypatch: pytest.MonkeyPatch, driver: str
) -> None:
    record_revisions(server, "pending-upgrade")
    monkeypatch.setenv("PULUMI_K8S_HELM_DRIVER", driver)
    install(make_config(server), preview=True)
    (note,) = said
    if driver.lower().startswith("secret"):
        assert "is pending-upgrade at revision 1" in note
    else:
        reason = f"Helm keeps its records in no Secrets: the provider's driver is {driver.strip()}"
        assert note == f"info: the cluster was not inspected: {reason}"
