"""What the sandbox is made of: each Go program, its lock file and its build flags, as data.

The versions stand in ``sandbox/go/<module>/go.mod`` and ``go.sum``; what is repeated here are the numbers
that upstream stamps into its own binaries at link time.
"""

from dataclasses import dataclass
from pathlib import Path

GO_ROOT = Path(__file__).parent / "go"

PULUMI_VERSION = "3.259.0"
PROVIDER_VERSION = "4.25.0"
KUBERNETES_VERSION = "1.36.3"
KRUISE_VERSION = "1.8.3"

# Neither a profile nor debug information is of use here, and both cost build time.
COMPILER_FLAGS = ("-pgo=off", "-gcflags=all=-dwarf=false")
GO_ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false -trimpath", "GOWORK": "off"}

PROVIDER_MODULE = "github.com/pulumi/pulumi-kubernetes/provider/v4"
KRUISE_MODULE = "github.com/openkruise/kruise"

_COMPONENT_BASE = "k8s.io/component-base/version"
_KUBERNETES_STAMPS = {
    f"{_COMPONENT_BASE}.gitVersion": f"v{KUBERNETES_VERSION}",
    f"{_COMPONENT_BASE}.gitMajor": "1",
    f"{_COMPONENT_BASE}.gitMinor": "36",
    f"{_COMPONENT_BASE}.gitTreeState": "clean",
    "k8s.io/client-go/pkg/version.gitVersion": f"v{KUBERNETES_VERSION}",
}


@dataclass(frozen=True)
class Copied:
    """A file or folder that comes from a Go module's source beside the binary.

    ``source`` is relative to the module's folder, ``target`` to the binary's. ``lock`` names the folder under
    ``sandbox/go`` whose go.mod picks the module's version (default: the program's own).
    """

    module: str
    source: str
    target: str
    lock: str = ""
    executable: bool = False


@dataclass(frozen=True)
class Adapted:
    """A main package of one file, compiled from a copy in which some texts are replaced.

    ``replaced`` pairs each text, which has to be there, with what stands in its place.
    """

    module: str
    source: str
    replaced: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Program:
    """One binary: where its lock file is, which package is linked, and what is stamped into it.

    ``weight`` is its share of a cold build in seconds on two cores; it only feeds the estimate of the time
    that remains. ``lane`` groups programs that share most of their packages and so are built one after
    the other, while another lane is built beside it.
    """

    name: str
    lock: str
    package: str
    lane: int
    weight: int
    stamps: tuple[tuple[str, str], ...] = ()
    copied: tuple[Copied, ...] = ()
    adapted: Adapted | None = None
    optional: bool = False

    @property
    def directory(self) -> Path:
        """The folder with the program's go.mod, go.sum and own sources."""
        return GO_ROOT / self.lock

    @property
    def linker_flags(self) -> str:
        """The value of ``-ldflags``: no symbol table, and the version stamps."""
        return " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in self.stamps)])


_FROM_KUBECONFIG = (
    "clientcmd.NewNonInteractiveDeferredLoadingClientConfig("
    "clientcmd.NewDefaultClientConfigLoadingRules(), nil)"
)

_STAGES = (
    "node/fast/node-initialize",
    "node/heartbeat-with-lease/node-heartbeat-with-lease",
    "pod/fast/pod-ready",
    "pod/fast/pod-complete",
    "pod/fast/pod-delete",
)

PROGRAMS: tuple[Program, ...] = (
    Program(
        name="pulumi-language-python",
        lock="python-language-host",
        package="github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
        lane=0,
        weight=40,
        copied=(
            Copied(
                module="github.com/pulumi/pulumi/sdk/v3",
                source="python/cmd/pulumi-language-python-exec",
                target="pulumi-language-python-exec",
                lock="toolchain",
                executable=True,
            ),
        ),
    ),
    Program(
        name="pulumi",
        lock="toolchain",
        package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        lane=0,
        weight=165,
        stamps=(("github.com/pulumi/pulumi/sdk/v3/go/common/version.Version", f"v{PULUMI_VERSION}"),),
    ),
    Program(
        name="kwok",
        lock="toolchain",
        package="sigs.k8s.io/kwok/cmd/kwok",
        lane=0,
        weight=50,
        copied=tuple(
            Copied("sigs.k8s.io/kwok", f"kustomize/stage/{stage}.yaml", f"stages/{stage.split('/')[-1]}.yaml")
            for stage in _STAGES
        ),
    ),
    Program(name="etcd", lock="toolchain", package="go.etcd.io/etcd/server/v3", lane=0, weight=10),
    Program(
        name="kube",
        lock="toolchain",
        package="./kube",
        lane=0,
        weight=170,
        stamps=tuple(_KUBERNETES_STAMPS.items()),
    ),
    Program(
        name="helm",
        lock="toolchain",
        package="helm.sh/helm/v3/cmd/helm",
        lane=0,
        weight=15,
        optional=True,
    ),
    # For programs in YAML; Pulumi looks for it beside itself, or on PATH.
    Program(
        name="pulumi-language-yaml",
        lock="yaml-language-host",
        package="github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
        lane=0,
        weight=45,
        optional=True,
    ),
    Program(
        name="pulumi-resource-kubernetes",
        lock="kubernetes-provider",
        package=".",
        lane=1,
        weight=375,
        stamps=((f"{PROVIDER_MODULE}/pkg/version.Version", PROVIDER_VERSION),),
    ),
    Program(
        name="kruise-manager",
        lock="openkruise",
        package=KRUISE_MODULE,
        lane=1,
        weight=125,
        copied=(Copied(KRUISE_MODULE, "config", "module/config"),),
        # The address that its webhooks listen on is no flag, and nothing here listens on all interfaces.
        adapted=Adapted(KRUISE_MODULE, "main.go", (('"0.0.0.0"', '"127.0.0.1"'),)),
    ),
    # The program of the chart's pre-delete Job. It looks for its cluster in a pod's file system, which there
    # is none of here: it reads $KUBECONFIG instead.
    Program(
        name="kruise-helm-hook",
        lock="openkruise",
        package=f"{KRUISE_MODULE}/cmd/helm_hook",
        lane=1,
        weight=10,
        adapted=Adapted(
            KRUISE_MODULE,
            "cmd/helm_hook/main.go",
            (
                ('"k8s.io/client-go/rest"', '"k8s.io/client-go/tools/clientcmd"'),
                ("rest.InClusterConfig()", f"{_FROM_KUBECONFIG}.ClientConfig()"),
            ),
        ),
    ),
)


def program(name: str) -> Program:
    """Return the program called *name*; raises ``KeyError`` when there is none."""
    for candidate in PROGRAMS:
        if candidate.name == name:
            return candidate
    raise KeyError(name)
