"""One sentence about each field: the schema of stack files shows it, and so does that of the component.

The component's docstrings have the same sentences, since Pulumi reads them there; a test compares the two.
"""

DESCRIPTIONS: dict[str, str] = {
    "virtual_node_selectors": (
        'Label selectors of virtual nodes, as for `kubectl get nodes -l`; example: ["type=vk,!gpu"].'
    ),
    "virtual_node_presets": (
        'Known kinds of virtual nodes, beside the selectors: "liqo", "liqo@1" (pinned), or "all".'
    ),
    "shared_node_selectors": (
        "Label selectors that all stacks of a project have; a stack's own selectors are added to them."
    ),
    "shared_node_presets": (
        "Known kinds that all stacks of a project have; a stack's own kinds are added to them."
    ),
    "base_exclusions": (
        "Whether to exclude type=virtual-kubelet, openkruise.io/virtual-node=true and Windows; default true."
    ),
    "exclude_manager": (
        "Whether the manager stays off these nodes too; default true; false where all nodes are virtual."
    ),
    "platform": (
        "Platform that needs its own settings: aks, eks-custom-cni, gke-autopilot, k3s, rke2; default none."
    ),
    "feature_gates": (
        "OpenKruise's feature gates by name, in addition to the chart's own; example: TemplateNoDefaults."
    ),
    "image_registry": "Registry of all images, as <registry>/openkruise/<image>; default Docker Hub.",
    "image_pull_secrets": (
        "Names of pull Secrets for manager and daemon; the chart passes none to its pre-delete Job."
    ),
    "chart": (
        'The chart\'s name, its path, the address of its archive or an oci:// reference; default "kruise".'
    ),
    "chart_repository": "Address of the Helm repository of a chart given by name; default: OpenKruise's own.",
    "chart_version": (
        'Exact version of the chart; default "1.8.3", or the version in a chart given by its path.'
    ),
    "chart_digest": (
        "SHA-256 of the chart's archive, 64 hexadecimal digits; default that of OpenKruise's own archive."
    ),
    "namespace": 'Namespace that OpenKruise runs in; default "kruise-system".',
    "create_namespace": (
        "Whether the stack owns the namespace; false adopts an existing, labelled one; default true."
    ),
    "release_name": 'Name of the Helm release, for an installation that exists; default "kruise".',
    "release_namespace": (
        "Namespace of the Helm release's record, for an installation that exists; default: the namespace."
    ),
    "import_release": (
        "Whether to adopt a release that `helm install` made and that is not in the stack yet; default false."
    ),
    "former_release": "Former name (or URN) of the stack's own helm.v3.Release, which is adopted unchanged.",
    "former_namespace": "Former name (or URN) of the stack's own Namespace, which is adopted unchanged.",
    "protect": (
        "Whether Pulumi refuses to delete release and namespace, and with them every CloneSet; default true."
    ),
    "guard_destroy": (
        "Whether a destroy is refused while custom resources of OpenKruise exist; default false."
    ),
    "reapply": "Any string: a new one makes Helm restore objects that were changed or deleted by hand.",
    "node_check": "How to report misplaced daemons after `up`: off, warn or fail; default warn.",
    "node_label_policy": (
        "Whether the API server labels virtual nodes when they register: off, warn or label; default off."
    ),
    "set_type_label": (
        "Whether the policy sets type=virtual-kubelet too, which OpenKruise's controllers know; default true."
    ),
    "node_label_selectors": (
        "Label selectors of further nodes that the policy treats as virtual, in addition to those it finds."
    ),
    "expected_nodes": (
        "Number of nodes that the cluster may have; the default timeout grows a minute with each hundred."
    ),
    "timeout": "Seconds that Helm waits for the pods to be ready; default 600, more for many expected nodes.",
    "values": "Further Helm values, merged over the computed ones as Helm does: maps merge, lists replace.",
}
"""By the name of the field."""
