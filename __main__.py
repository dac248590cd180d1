"""One OpenKruise installation, as the config of the selected stack describes it."""

import pulumi
from pulumi_openkruise import OpenKruise, args_from_config

kruise = OpenKruise("kruise", args_from_config())

pulumi.export("namespace", kruise.namespace)
pulumi.export("chartVersion", kruise.chart_version)
pulumi.export("status", kruise.status)
pulumi.export("releaseRevision", kruise.release_revision)
pulumi.export("daemonDesired", kruise.daemon_desired)
pulumi.export("daemonReady", kruise.daemon_ready)
pulumi.export("selectors", kruise.selectors)
pulumi.export("affinity", kruise.affinity)
