"""Through which kubeconfig the component sees its cluster, and where it looks for Helm's records."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi_openkruise import OpenKruise
from pulumi_openkruise.component.errors import InvalidConfigError

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
