"""A program that uses the generated SDK."""

import pulumi
import pulumi_openkruise_openkruise as openkruise

kruise = openkruise.OpenKruise(
    "kruise",
    virtual_node_presets=["eks-fargate", "liqo"],
    virtual_node_selectors=["pool=burst,!gpu"],
    platform=openkruise.Platform.K3S,
    node_check=openkruise.NodeCheck.FAIL,
    node_label_policy=openkruise.NodeLabelPolicy.LABEL,
    set_type_label=False,
    node_label_selectors=["pool=next"],
    values={"manager": {"replicas": 2}},
)
ready: pulumi.Output[int | None] = kruise.daemon_ready
