"""What the Kubernetes provider finds its cluster with, by the provider's own rules."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_kubernetes
import pytest
from pulumi.resource import DependencyProviderResource
from pulumi_openkruise.component.provider_kubeconfig import Credentials, find_credentials
from pulumi_openkruise.diagnostics.unavailable import Unavailable

from tests.support.engine import new_engine

CONTENT = json.dumps({"clusters": []})
NOT_YET = Unavailable("the provider's kubeconfig is not known yet")
PROVIDER = "pulumi:providers:kubernetes"
ENVIRONMENT = Credentials(None)


class _Holder(pulumi.ComponentResource):
    def __init__(self, opts: pulumi.ResourceOptions) -> None:
        super().__init__("test:index:Holder", "holder", {}, opts)


@pytest.fixture(autouse=True)
def real_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the double of the engine for a real one; nothing is asked of a cluster here."""
    monkeypatch.setattr("pulumi_openkruise.component.provider_kubeconfig.is_real_run", lambda: True)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("PULUMI_K8S_HELM_DRIVER", raising=False)


def found(
    make: Callable[[], pulumi.ProviderResource | None] = lambda: None,
    config: dict[str, str] | None = None,
    *,
    preview: bool = False,
    elsewhere: bool = False,
    **state: Any,
) -> Credentials | Unavailable:
    """Return what is found of the provider that ``make`` makes, in another process if it is ``elsewhere``.

    ``state`` is what the engine holds for the provider beyond its inputs.
    """
    answers: list[Credentials | Unavailable] = []

    async def look() -> None:
        provider = make()
        if provider is not None and elsewhere:
            provider = DependencyProviderResource(f"{await provider.urn.future()}::id")
        providers = [] if provider is None else [provider]
        answers.append(await find_credentials(_Holder(pulumi.ResourceOptions(providers=providers))))

    with new_engine(preview=preview) as engine:
        pulumi.runtime.set_all_config({f"kubernetes:{key}": value for key, value in (config or {}).items()})
        engine.mocks.state[PROVIDER] = state
        engine.run(lambda: pulumi.export("looked", pulumi.Output.from_input(look())))
    (answer,) = answers
    return answer


def provider(**given: Any) -> Callable[[], pulumi.ProviderResource]:
    return lambda: pulumi_kubernetes.Provider("edge", **given)


@pytest.mark.parametrize("preview", [True, False])
def test_without_a_provider_the_stacks_config_decides(preview: bool) -> None:
    config = {"kubeconfig": "~/there", "context": "it", "cluster": "other"}
    assert found(config=config, preview=preview) == Credentials("~/there", "it", "other")


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("config", [{}, {"kubeconfig": ""}], ids=["none", "empty"])
def test_without_a_kubeconfig_the_environment_decides(config: dict[str, str], preview: bool) -> None:
    assert found(config=config, preview=preview) == ENVIRONMENT
    assert found(config={**config, "context": "it"}, preview=preview) == Credentials(None, "it")


@pytest.mark.parametrize("elsewhere", [False, True], ids=["of the program", "of another process"])
def test_a_provider_without_a_kubeconfig_has_the_environments_in_up(elsewhere: bool) -> None:
    assert found(provider(), elsewhere=elsewhere) == ENVIRONMENT
    # In preview the engine does not say whether a kubeconfig is missing or not known yet.
    assert found(provider(), elsewhere=elsewhere, preview=True) == NOT_YET


def test_a_provider_takes_the_environments_path_as_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/first:/second")
    # The SDK gives it as one path, which is none; only the default provider takes it as a list.
    assert found(provider()) == Credentials("/first:/second")
    assert found() == ENVIRONMENT


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("elsewhere", [False, True], ids=["of the program", "of another process"])
@pytest.mark.parametrize(
    "given",
    [
        lambda: CONTENT,
        lambda: json.loads(CONTENT),
        lambda: pulumi.Output.from_input(CONTENT),
        lambda: pulumi.Output.secret(CONTENT),
    ],
    ids=["text", "mapping", "output", "secret"],
)
def test_every_form_of_kubeconfig_is_understood(
    given: Callable[[], Any], elsewhere: bool, preview: bool
) -> None:
    answer = found(lambda: provider(kubeconfig=given(), context="it")(), preview=preview, elsewhere=elsewhere)
    assert answer == Credentials(CONTENT, "it")


@pytest.mark.parametrize("elsewhere", [False, True], ids=["of the program", "of another process"])
def test_what_a_preview_does_not_know_is_not_the_environments(elsewhere: bool) -> None:
    async def never() -> str:
        return "made in up"

    def make() -> pulumi.ProviderResource:
        unknown = pulumi.Output(
            asyncio.ensure_future(_set()), asyncio.ensure_future(never()), asyncio.ensure_future(_false())
        )
        return pulumi_kubernetes.Provider("edge", kubeconfig=unknown)

    assert found(make, preview=True, elsewhere=elsewhere) == NOT_YET


@pytest.mark.parametrize("elsewhere", [False, True], ids=["of the program", "of another process"])
@pytest.mark.parametrize("secret", [False, True], ids=["plain", "secret"])
@pytest.mark.parametrize("key", ["kubeconfig", "context", "cluster"])
def test_no_other_cluster_is_looked_at_while_one_argument_is_not_known(
    key: str, secret: bool, elsewhere: bool
) -> None:
    """Without the context it would be the cluster of the kubeconfig's current one."""

    def make() -> pulumi.ProviderResource:
        unknown: Any = pulumi.Output.from_input(pulumi.UNKNOWN)
        unknown = pulumi.Output.secret(unknown) if secret else unknown
        given: dict[str, Any] = {"kubeconfig": CONTENT, "context": "it", "cluster": "other", key: unknown}
        return pulumi_kubernetes.Provider("edge", **given)

    not_known = Unavailable(f"the provider's {key} is not known yet")
    assert found(make, preview=True, elsewhere=elsewhere) == not_known


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("elsewhere", [False, True], ids=["of the program", "of another process"])
@pytest.mark.parametrize("names", [{}, {"context": "it"}, {"cluster": "other"}], ids=str)
def test_an_argument_that_is_not_given_counts_as_known(
    names: dict[str, str], elsewhere: bool, preview: bool
) -> None:
    def make() -> pulumi.ProviderResource:
        given: dict[str, Any] = {key: pulumi.Output.secret(value) for key, value in names.items()}
        return pulumi_kubernetes.Provider("edge", kubeconfig=CONTENT, **given)

    assert found(make, preview=preview, elsewhere=elsewhere) == Credentials(CONTENT, **names)


@pytest.mark.parametrize("key", ["kubeconfig", "context", "cluster"])
def test_an_argument_that_fails_leads_to_no_cluster(key: str) -> None:
    async def fail() -> str:
        raise RuntimeError("s3cret")

    def make() -> pulumi.ProviderResource:
        failing: Any = fail()
        given: dict[str, Any] = {"kubeconfig": CONTENT, key: pulumi.Output.from_input(failing)}
        return pulumi_kubernetes.Provider("edge", **given)

    answers: list[Credentials | Unavailable] = []

    async def look() -> None:
        holder = _Holder(pulumi.ResourceOptions(providers=[make()]))
        answers.append(await find_credentials(holder))

    with new_engine() as engine, pytest.raises(RuntimeError):
        engine.run(lambda: pulumi.export("looked", pulumi.Output.from_input(look())))
    assert answers == [Unavailable("the provider's kubeconfig could not be determined")]


async def _set() -> set[pulumi.Resource]:
    return set()


async def _false() -> bool:
    return False


@pytest.mark.parametrize("preview", [True, False])
def test_helms_driver_is_the_providers_own(monkeypatch: pytest.MonkeyPatch, preview: bool) -> None:
    settings = {"driver": "ConfigMap"}
    expected = Credentials(CONTENT, helm_driver="configmap")
    given = {"kubeconfig": CONTENT}
    assert found(config={**given, "helmReleaseSettings": json.dumps(settings)}, preview=preview) == expected
    for elsewhere in (False, True):
        make = provider(**given, helm_release_settings=settings)
        assert found(make, preview=preview, elsewhere=elsewhere) == expected
    monkeypatch.setenv("HELM_DRIVER", "sql")  # that of helm's commands
    assert found(config=given, preview=preview) == Credentials(CONTENT)
    monkeypatch.setenv("PULUMI_K8S_HELM_DRIVER", "configmap")
    assert found(config=given, preview=preview) == expected
    assert found(config={**given, "helmReleaseSettings": "{"}, preview=preview) == expected
