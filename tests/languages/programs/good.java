import com.pulumi.Pulumi;
import com.pulumi.core.Output;
import com.pulumiopenkruise.openkruise.OpenKruise;
import com.pulumiopenkruise.openkruise.OpenKruiseArgs;
import com.pulumiopenkruise.openkruise.enums.NodeLabelPolicy;
import com.pulumiopenkruise.openkruise.enums.Platform;
import java.util.List;
import java.util.Map;
import java.util.Optional;

class Good {
    public static void main(String[] arguments) {
        Pulumi.run(context -> {
            var kruise = new OpenKruise("kruise", OpenKruiseArgs.builder()
                .virtualNodePresets(List.of("eks-fargate", "liqo"))
                .virtualNodeSelectors(List.of("pool=burst,!gpu"))
                .platform(Platform.K3s)
                .nodeLabelPolicy(NodeLabelPolicy.Label)
                .nodeLabelSelectors(List.of("pool=next"))
                .values(Map.of("manager", Map.of("replicas", 2)))
                .build());
            Output<Optional<Integer>> ready = kruise.daemonReady();
            context.export("ready", ready);
        });
    }
}
