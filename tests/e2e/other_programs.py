"""This repository's program with something else in place of its component, as people may write it."""

import shutil
from pathlib import Path

from sandbox.state import ROOT

ORIGINAL = 'kruise = OpenKruise("kruise", args_from_config())'

MAPPING = """
import json
import pulumi_kubernetes
from ruamel.yaml import YAML
from pathlib import Path

path = pulumi.Config("kubernetes").require("kubeconfig")
found = json.loads(json.dumps(YAML(typ="safe").load(Path(path).read_text())))
provider = pulumi_kubernetes.Provider("edge", kubeconfig={kubeconfig}, context="sandbox")
kruise = OpenKruise("kruise", args_from_config(), pulumi.ResourceOptions(providers=[provider]))
"""

TWO = """
import pulumi_kubernetes

path = pulumi.Config("kubernetes").require("kubeconfig")
kruise = OpenKruise("kruise", args_from_config())
{second}
"""
SECOND = 'OpenKruise("second", args_from_config(){options})'
OWN = 'edge = pulumi_kubernetes.Provider("edge", kubeconfig=path, context="sandbox")\n' + SECOND.format(
    options=", pulumi.ResourceOptions(providers=[edge])"
)

LATE = """
import pulumi_kubernetes

made = pulumi_kubernetes.core.v1.ConfigMap("made", metadata={{"name": "made", "namespace": "default"}})
level = made.id.apply(lambda _: "5")
values = {{"manager": {{"log": {{"{key}": level}}, "replicas": 2}}}}
kruise = OpenKruise("kruise", {{**args_from_config(), "values": values}})
"""
"""The identifier of a resource that does not exist yet is unknown in preview."""

LATE_KUBECONFIG = """
import pulumi_kubernetes

made = pulumi_kubernetes.core.v1.ConfigMap("made", metadata={"name": "made", "namespace": "default"})
text = open(pulumi.Config("kubernetes").require("kubeconfig")).read()
provider = pulumi_kubernetes.Provider("edge", kubeconfig=made.id.apply(lambda _: text), context="sandbox")
kruise = OpenKruise("kruise", args_from_config(), pulumi.ResourceOptions(providers=[provider]))
"""
RETAINED = 'kruise = OpenKruise("kruise", args_from_config(), pulumi.ResourceOptions(retain_on_delete=True))'
DELETED_WITH = """
cluster = pulumi.ComponentResource("example:index:Cluster", "cluster")
kruise = OpenKruise("kruise", args_from_config(), pulumi.ResourceOptions(deleted_with=cluster))
"""

PROTECTED = (
    'OpenKruise("kruise", {{**args_from_config(), "protect": {protect}}}, pulumi.ResourceOptions({option}))'
)
TRANSFORMED = (
    "transformations=[lambda args: pulumi.ResourceTransformationResult("
    "args.props, pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions({option})))]"
)
"""An option that gives *option* to the component and to its children."""


def write_program(folder: Path, text: str) -> Path:
    """Write this repository's program with *text* in place of its component, and return its folder.

    Without any text the program declares nothing: without a component there is nothing to export.
    """
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    source = (ROOT / "__main__.py").read_text()
    assert ORIGINAL in source
    (folder / "__main__.py").write_text(source.replace(ORIGINAL, text) if text else "import pulumi\n")
    return folder
