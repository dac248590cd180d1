"""``pulumi-openkruise values``: the values of `pulumi up`, for those who deploy without Pulumi."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.support.engine import ROOT, stack_names

Cli = Callable[..., tuple[int, str, str]]
Write = Callable[[str], str]

NAMESPACE_LABELS = {
    "control-plane": "openkruise",
    # Of a cluster with a stricter default the daemon's pods would be refused.
    "pod-security.kubernetes.io/enforce": "privileged",
}
VIRTUAL = 'config:\n  openkruise:virtualNodeSelectors: ["type=kwok"]\n'


def documents(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text))


def values_in(output: str, text: str) -> Any:
    """Return the Helm values in what was printed."""
    found = json.loads(text) if output == "json" else documents(text)[-1]
    if output == "argocd":
        return found["spec"]["source"]["helm"]["valuesObject"]
    return found["spec"]["values"] if output == "flux" else found


@pytest.mark.parametrize("output", ["helm", "json", "argocd", "flux"])
@pytest.mark.parametrize("stack", stack_names())
def test_they_are_those_of_pulumi_up(command: Cli, stack: str, output: str) -> None:
    path = ROOT / "stacks" / f"Pulumi.{stack}.yaml"
    code, out, _err = command("values", "--stack-file", str(path), "-o", output)
    golden = json.loads((ROOT / "tests" / "unit" / "config" / "golden" / f"{stack}.json").read_text())
    assert code == 0
    assert values_in(output, out) == golden


def test_the_same_config_gives_the_same_bytes(command: Cli, stack_file: Write) -> None:
    one = stack_file('config:\n  openkruise:virtualNodeSelectors: ["type=kwok", "a in (x,y)"]\n')
    other = stack_file('config:\n  openkruise:virtualNodeSelectors: ["a in (y, x)", "type=kwok"]\n')
    for output in ("helm", "argocd", "flux"):
        first = command("values", "--stack-file", one, "-o", output)[1]
        assert first == command("values", "--stack-file", other, "-o", output)[1]


def test_for_helm_it_says_what_else_is_needed(command: Cli, stack_file: Write) -> None:
    _code, _out, err = command("values", "--stack-file", stack_file(VIRTUAL))
    needed = (
        "needs labels before the chart is installed: control-plane=openkruise pod-security.kubernetes.io/"
    )
    assert f"namespace kruise-system {needed}enforce=privileged" in err
    assert "helm upgrade --install kruise kruise --repo https://" in err
    assert "--version 1.8.3 --namespace kruise-system --values values.yaml" in err


@pytest.mark.parametrize("output", ["helm", "json", "argocd", "flux"])
def test_it_says_how_an_existing_release_keeps_its_namespace(
    output: str, command: Cli, stack_file: Write
) -> None:
    """Helm deletes what a chart no longer makes, and these values do not let it make the namespace."""
    config = VIRTUAL + "  openkruise:namespace: kruise\n  openkruise:releaseNamespace: default\n"
    _code, out, err = command("values", "--stack-file", stack_file(config), "-o", output)
    assert values_in(output, out)["installation"] == {"createNamespace": False, "namespace": "kruise"}
    assert "kubectl annotate namespace kruise helm.sh/resource-policy=keep" in err


def test_an_application_labels_its_namespace_and_leaves_the_webhooks_alone(
    command: Cli, stack_file: Write
) -> None:
    (found,) = documents(command("values", "--stack-file", stack_file(VIRTUAL), "-o", "argocd")[1])
    policy = found["spec"]["syncPolicy"]
    assert policy["managedNamespaceMetadata"] == {"labels": NAMESPACE_LABELS}
    assert "CreateNamespace=true" in policy["syncOptions"]
    assert "automated" not in policy  # a deletion of the Application deletes every CloneSet: not by itself
    assert "RespectIgnoreDifferences=true" in policy["syncOptions"]
    ignored = {one["kind"]: one for one in found["spec"]["ignoreDifferences"]}
    certificate = [".webhooks[]?.clientConfig.caBundle"]
    assert ignored["MutatingWebhookConfiguration"]["jqPathExpressions"] == certificate
    assert ignored["ValidatingWebhookConfiguration"]["jqPathExpressions"] == certificate
    # The service, too: that of 1.9's charts does not exist (charts#192), and the manager corrects it.
    conversion = [".spec.conversion.webhook.clientConfig"]
    assert ignored["CustomResourceDefinition"]["jqPathExpressions"] == conversion
    assert found["spec"]["source"]["targetRevision"] == "1.8.3"


def test_flux_gets_the_namespace_the_repository_and_the_release(command: Cli, stack_file: Write) -> None:
    found = documents(command("values", "--stack-file", stack_file(VIRTUAL), "-o", "flux")[1])
    assert [one["kind"] for one in found] == ["Namespace", "HelmRepository", "HelmRelease"]
    namespace, repository, release = found
    assert namespace["metadata"]["labels"] == NAMESPACE_LABELS
    chart = release["spec"]["chart"]["spec"]
    assert chart["sourceRef"]["name"] == repository["metadata"]["name"]
    assert (chart["chart"], chart["version"]) == ("kruise", "1.8.3")
    assert release["spec"]["timeout"] == "600s"


def test_a_namespace_of_others_is_neither_made_nor_labelled(command: Cli, stack_file: Write) -> None:
    path = stack_file("config:\n  openkruise:createNamespace: false\n  openkruise:namespace: platform\n")
    (application,) = documents(command("values", "--stack-file", path, "-o", "argocd")[1])
    assert "CreateNamespace=true" not in application["spec"]["syncPolicy"]["syncOptions"]
    assert "managedNamespaceMetadata" not in application["spec"]["syncPolicy"]
    assert application["spec"]["destination"]["namespace"] == "platform"
    found = documents(command("values", "--stack-file", path, "-o", "flux")[1])
    assert [one["kind"] for one in found] == ["HelmRepository", "HelmRelease"]
    assert {one["metadata"]["namespace"] for one in found} == {"platform"}


def test_a_chart_in_a_registry(command: Cli, stack_file: Write) -> None:
    path = stack_file(
        "config:\n  openkruise:chart: oci://registry.example.com/charts/kruise\n"
        '  openkruise:chartVersion: "1.8.3"\n'
    )
    (application,) = documents(command("values", "--stack-file", path, "-o", "argocd")[1])
    source = application["spec"]["source"]
    assert (source["repoURL"], source["chart"]) == ("registry.example.com/charts", "kruise")
    repository = documents(command("values", "--stack-file", path, "-o", "flux")[1])[1]["spec"]
    assert (repository["type"], repository["url"]) == ("oci", "oci://registry.example.com/charts")


def test_a_chart_on_this_machine_is_for_helm_alone(command: Cli, stack_file: Write) -> None:
    path = stack_file('config:\n  openkruise:chart: ./kruise\n  openkruise:chartVersion: "1.8.3"\n')
    assert command("values", "--stack-file", path)[0] == 0
    for output in ("argocd", "flux"):
        code, out, err = command("values", "--stack-file", path, "-o", output)
        assert (code, out) == (2, "")
        assert "openkruise:chart: " in err
        assert "cannot read ./kruise" in err


def test_encrypted_values_are_refused_and_not_left_out(command: Cli, stack_file: Write) -> None:
    path = stack_file("config:\n  openkruise:values:\n    secure: v1:abc\n")
    code, out, err = command("values", "--stack-file", path)
    assert (code, out) == (2, "")
    assert "openkruise:values is encrypted" in err


def test_a_digest_that_is_not_compared_is_reported(command: Cli, stack_file: Write) -> None:
    path = stack_file(f"config:\n  openkruise:chartDigest: '{'0' * 64}'\n")
    assert "chartDigest is not checked there" in command("values", "--stack-file", path, "-o", "flux")[2]


def test_what_pulumi_up_refuses_is_refused(command: Cli, stack_file: Write) -> None:
    code, out, err = command("values", "--stack-file", stack_file("config:\n  openkruise:platform: azure\n"))
    assert (code, out) == (2, "")
    assert "openkruise:platform" in err


@pytest.mark.parametrize("args", [(), ("--stack-file", "x", "--config-json", "y")])
def test_one_source_of_config_is_needed(command: Cli, args: tuple[str, ...]) -> None:
    code, _out, err = command("values", *args)
    assert code == 2
    assert "give --stack-file FILE or --config-json FILE" in err


def test_what_config_is_warned_of_is_noted(command: Cli, stack_file: Write) -> None:
    path = stack_file("config: {'openkruise:virtualNodeSelectors': ['a=b,a=c']}\n")
    for output in ("helm", "json", "argocd", "flux"):
        code, out, err = command("values", "--stack-file", path, "-o", output)
        assert (code, bool(out)) == (0, True)
        assert "note: openkruise:virtualNodeSelectors[0]: matches no node: no value of label a" in err
