package main

import (
	"github.com/pulumi-openkruise/pulumi-openkruise/sdk/go/openkruise"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		platform := openkruise.PlatformK3s
		policy := openkruise.NodeLabelPolicyLabel
		kruise, err := openkruise.NewOpenKruise(ctx, "kruise", &openkruise.OpenKruiseArgs{
			VirtualNodePresets:   []string{"eks-fargate", "liqo"},
			VirtualNodeSelectors: []string{"pool=burst,!gpu"},
			Platform:             &platform,
			NodeLabelPolicy:      &policy,
			NodeLabelSelectors:   []string{"pool=next"},
			Values:               pulumi.Map{"manager": pulumi.Map{"replicas": pulumi.Int(2)}},
		})
		if err != nil {
			return err
		}
		var ready pulumi.IntPtrOutput = kruise.DaemonReady
		ctx.Export("ready", ready)
		return nil
	})
}
