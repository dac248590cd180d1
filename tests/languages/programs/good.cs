using System.Collections.Generic;
using System.Threading.Tasks;
using Pulumi;
using PulumiOpenkruise.Openkruise;

static class Good
{
    static Task<int> Main() => Deployment.RunAsync(() =>
    {
        var kruise = new OpenKruise("kruise", new OpenKruiseArgs
        {
            VirtualNodePresets = { "eks-fargate", "liqo" },
            VirtualNodeSelectors = { "pool=burst,!gpu" },
            Platform = Platform.K3s,
            NodeLabelPolicy = NodeLabelPolicy.Label,
            NodeLabelSelectors = { "pool=next" },
            Values = { ["manager"] = new Dictionary<string, object> { ["replicas"] = 2 } },
        });
        Output<int?> ready = kruise.DaemonReady;
        return new Dictionary<string, object?> { ["ready"] = ready };
    });
}
