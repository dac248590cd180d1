"""The values that the chart takes, from 1.7.0 on: types, defaults, and keys that are not what they seem.

Sources: values.yaml and templates of the published archives 1.7.0 to 1.8.3, values.yaml of 1.9.1, and what
1.9.0 was released with (charts#180), which are the same keys and defaults but for the image's tag.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .value_types import Kind

FIRST = "1.7.0"
"""The first version that is described here."""


@dataclass(frozen=True)
class Key:
    """One value of the chart."""

    kind: "Kind"
    default: Any
    since: str = FIRST
    """The first version that has the key."""
    dead: str = ""
    """Why the key has no effect; empty for keys that have one."""
    instead: str = ""
    """What to do instead of setting a key that has no effect."""


@dataclass(frozen=True)
class Absent:
    """A key that documentation or other charts suggest, and that no version here has."""

    reason: str
    remedy: str = ""


_EXCLUSION = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [
                {"matchExpressions": [{"key": "type", "operator": "NotIn", "values": ["virtual-kubelet"]}]}
            ]
        }
    }
}

KEYS: dict[str, Key] = {
    "crds.managed": Key("boolean", True),
    "installation.namespace": Key("string", "kruise-system"),
    "installation.createNamespace": Key("boolean", True),
    "installation.roleListGroups": Key("list of strings", ["*"]),
    "featureGates": Key("gates", "ImagePullJobGate=true"),
    "externalCerts.annotations": Key("annotations", {}),
    "enableKubeCacheMutationDetector": Key("boolean", False),
    "imagePullSecrets": Key("references", []),
    "manager.log.level": Key("level", "4"),
    "manager.replicas": Key("count", 2),
    "manager.image.repository": Key("image", "openkruise/kruise-manager"),
    # The default is the chart's own version, but for 1.7.3, which still installs v1.7.2.
    "manager.image.tag": Key("string", "v{version}"),
    "manager.webhook.port": Key("port", 9876),
    "manager.metrics.port": Key("port", 8080),
    "manager.healthProbe.port": Key("port", 8000),
    "manager.pprofAddr": Key(
        "string", "localhost:8090", dead="no template reads it: the manager serves pprof on port 8090 anyway"
    ),
    "manager.resyncPeriod": Key("duration", "0"),
    "manager.loggingFormat": Key("string", ""),
    "manager.resources": Key(
        "resources",
        {"limits": {"cpu": "200m", "memory": "512Mi"}, "requests": {"cpu": "100m", "memory": "256Mi"}},
    ),
    "manager.hostNetwork": Key("boolean", False),
    "manager.nodeAffinity": Key("node-affinity", {}),
    "manager.nodeSelector": Key("labels", {}),
    "manager.tolerations": Key("tolerations", []),
    "webhookConfiguration.timeoutSeconds": Key("webhook-seconds", 30),
    "webhookConfiguration.aksIntegration": Key("boolean", False, since="1.9.0"),
    "daemon.log.level": Key("level", "4", dead="the template fixes the daemon's log level at 4"),
    "daemon.port": Key("port", 10221),
    "daemon.enablePprof": Key("boolean", True),
    "daemon.pprofAddr": Key("string", "localhost:10222"),
    "daemon.socketLocation": Key("absolute-path", "/var/run"),
    "daemon.socketFile": Key("relative-path", ""),
    "daemon.nodeSelector": Key("labels", {}),
    "daemon.affinity": Key("affinity", _EXCLUSION),
    "daemon.resources": Key(
        "resources",
        {"limits": {"cpu": "50m", "memory": "128Mi"}, "requests": {"cpu": "0", "memory": "0"}},
    ),
    "daemon.extraEnvs": Key("environment", []),
    "daemon.credentialProvider.enable": Key("boolean", False),
    "daemon.credentialProvider.configmap": Key("string", "credential-provider-config"),
    "daemon.credentialProvider.hostPath": Key("string", "credential-provider-plugin"),
    "daemon.credentialProvider.awsCredentialsDir": Key("string", ""),
    "serviceAccount.annotations": Key("annotations", {}),
    "helmHooks.image.repository": Key("image", "openkruise/kruise-helm-hook", since="1.7.3"),
    "helmHooks.image.tag": Key("string", "v0.1.0", since="1.7.3"),
}
"""Every value by its path, in the chart's order."""

_ALWAYS = "the images are pulled with policy Always, which the chart fixes"
_NO_SCHEDULING = "no published chart has a setting for the placement of the pre-delete Job"
_CORDON = "cordon the virtual nodes that have no taint before a destroy"
_FIXED_SECURITY = "the chart fixes the security context"
_NO_PRIORITY = "the chart sets no priority class"

ABSENT: dict[str, Absent] = {
    "daemon.image": Absent("the daemon runs from the manager's image", "set manager.image"),
    "daemon.nodeAffinity": Absent(
        "the chart takes the daemon's whole affinity", "set daemon.affinity.nodeAffinity"
    ),
    "daemon.windowsImage": Absent(
        "no published chart has a DaemonSet for Windows", "see hack/daemon/daemon-windows.yaml of OpenKruise"
    ),
    "daemon.tolerations": Absent(
        "the daemon tolerates every taint, which the chart fixes", "keep it off nodes by their labels"
    ),
    "daemon.hostNetwork": Absent("the daemon is always on the host's network"),
    "daemon.imagePullPolicy": Absent(_ALWAYS),
    "daemon.securityContext": Absent(_FIXED_SECURITY),
    "daemon.priorityClassName": Absent(_NO_PRIORITY),
    "daemon.env": Absent("the chart has another name for it", "set daemon.extraEnvs"),
    "manager.affinity": Absent("the chart takes the node affinity alone", "set manager.nodeAffinity"),
    "manager.imagePullPolicy": Absent(_ALWAYS),
    "manager.image.pullPolicy": Absent(_ALWAYS),
    "manager.securityContext": Absent(_FIXED_SECURITY),
    "manager.priorityClassName": Absent(_NO_PRIORITY),
    "manager.env": Absent("the manager takes no further environment variables"),
    "manager.extraEnvs": Absent("only the daemon takes further environment variables"),
    "webhookConfiguration.failurePolicy": Absent("the policies are fixed since chart 1.5"),
    "helmHooks.nodeSelector": Absent(_NO_SCHEDULING, _CORDON),
    "helmHooks.tolerations": Absent(_NO_SCHEDULING, _CORDON),
    "helmHooks.affinity": Absent(_NO_SCHEDULING, _CORDON),
}
"""Keys that the chart does not have, each with what is true instead."""
