"""EKS with nothing but Fargate: no node can run the daemon, so it is off, and the manager is on Fargate.

What needs the daemon does not work then: image pre-download, container restart, probe markers, and in-place
update of environment variables from metadata. CloneSet, SidecarSet and the other workloads do. The namespace
kruise-system needs a Fargate profile.
"""

import pulumi
from pulumi_openkruise import OpenKruise, OpenKruiseArgs

arguments: OpenKruiseArgs = {
    "feature_gates": {"KruiseDaemon": False},
    # The manager has to run somewhere, and all there is is virtual.
    "exclude_manager": False,
}
kruise = OpenKruise("kruise", arguments)

pulumi.export("status", kruise.status)
