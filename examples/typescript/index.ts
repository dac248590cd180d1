// OpenKruise from TypeScript: the component is a plugin written in Python, this is its generated SDK.
import * as pulumi from "@pulumi/pulumi";
import * as openkruise from "@pulumi-openkruise/openkruise";

const config = new pulumi.Config();

const kruise = new openkruise.OpenKruise("kruise", {
    virtualNodePresets: ["eks-fargate", "liqo"],
    // Plain values: all arguments but `values` must be known in preview.
    virtualNodeSelectors: config.getObject<string[]>("virtualNodeSelectors") ?? [],
    nodeCheck: "fail", // a misspelt mode does not compile
    values: { manager: { replicas: 3 } },
});

export const selectors = kruise.selectors;
export const daemonReady = kruise.daemonReady;
