import * as pulumi from "@pulumi/pulumi";
import * as openkruise from "@pulumi-openkruise/openkruise";

const config = new pulumi.Config();

const kruise = new openkruise.OpenKruise("kruise", {
    virtualNodePresets: ["eks-fargate", "liqo"],
    virtualNodeSelectors: ["pool=burst,!gpu"],
    platform: "k3s",
    nodeCheck: openkruise.NodeCheck.Fail,
    nodeLabelPolicy: openkruise.NodeLabelPolicy.Label,
    setTypeLabel: false,
    nodeLabelSelectors: ["pool=next"],
    values: { manager: { replicas: config.getNumber("replicas") ?? 2 } },
});

export const affinity: pulumi.Output<{ [key: string]: unknown }> = kruise.affinity;
export const ready: pulumi.Output<number | undefined> = kruise.daemonReady;
