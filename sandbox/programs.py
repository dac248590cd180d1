"""What the sandbox is made of: each Go program, its lock file and its build flags, as data.

``sandbox/go/<module>/go.mod`` and ``go.sum`` hold the versions; repeated here are only the numbers that
upstream stamps into its own binaries at link time.
"""

import re
from dataclasses import dataclass
from pathlib import Path

GO_ROOT = Path(__file__).parent / "go"

PULUMI_VERSION = "3.259.0"
PROVIDER_VERSION = "4.25.0"
KUBERNETES_VERSION = "1.36.3"
KRUISE_VERSION = "1.8.3"
"""The version of the chart that the sandbox installs where none is named."""

# The sandbox needs no profile, no debug information and not the fastest programs, and all of it costs build
# time: without inlining (-l) it is a quarter less.
COMPILER_FLAGS = ("-pgo=off", "-gcflags=all=-dwarf=false -l")
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
    """A main package of one file, compiled from a copy in which some strings are replaced.

    ``replaced`` pairs each string, which the file must contain, with its replacement.
    """

    module: str
    source: str
    replaced: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Program:
    """One binary: where its lock file is, which package is linked, and what is stamped into it.

    ``weight`` is its share of a cold build in seconds on two cores; only the estimate of the remaining time
    uses it. ``lane`` groups programs that share most of their packages: one lane's programs are built one
    after the other, and the lanes side by side.
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
        """Return the folder with the program's go.mod, go.sum and own sources."""
        return GO_ROOT / self.lock

    @property
    def linker_flags(self) -> str:
        """Return the value of ``-ldflags``: no symbol table, and the version stamps."""
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


@dataclass(frozen=True)
class KruiseRelease:
    """One version of OpenKruise whose own manager the sandbox builds.

    ``lock`` names its folder under ``sandbox/go``, ``manager`` its program, and ``weight`` is that program's.
    """

    version: str
    lock: str
    manager: str
    weight: int


KRUISE_RELEASES: tuple[KruiseRelease, ...] = (
    KruiseRelease("1.8.3", "openkruise", "kruise-manager", 50),
    KruiseRelease("1.9.1", "openkruise-1.9", "kruise-manager-1.9.1", 60),
)
"""Every version of OpenKruise that runs here, oldest first."""

MANAGERS = frozenset(release.manager for release in KRUISE_RELEASES)
"""The names of the programs of which an installation needs only one."""

HOOK = "kruise-helm-hook"
OPENKRUISE = MANAGERS | {HOOK}
"""The names of the programs that do the work of OpenKruise's images: a cluster starts without them."""


def _manager(release: KruiseRelease) -> Program:
    return Program(
        name=release.manager,
        lock=release.lock,
        package=KRUISE_MODULE,
        lane=1,
        weight=release.weight,
        copied=(Copied(KRUISE_MODULE, "config", "module/config"),),
        # No option sets the address on which the webhooks listen, and the sandbox listens on loopback only.
        adapted=Adapted(KRUISE_MODULE, "main.go", (('"0.0.0.0"', '"127.0.0.1"'),)),
    )


PROGRAMS: tuple[Program, ...] = (
    Program(
        name="pulumi-language-python",
        lock="python-language-host",
        package="github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
        lane=0,
        weight=17,
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
        weight=78,
        stamps=(("github.com/pulumi/pulumi/sdk/v3/go/common/version.Version", f"v{PULUMI_VERSION}"),),
    ),
    Program(
        name="kwok",
        lock="toolchain",
        package="sigs.k8s.io/kwok/cmd/kwok",
        lane=0,
        weight=30,
        copied=tuple(
            Copied("sigs.k8s.io/kwok", f"kustomize/stage/{stage}.yaml", f"stages/{stage.split('/')[-1]}.yaml")
            for stage in _STAGES
        ),
    ),
    Program(name="etcd", lock="toolchain", package="go.etcd.io/etcd/server/v3", lane=0, weight=6),
    Program(
        name="kube",
        lock="toolchain",
        package="./kube",
        lane=0,
        weight=78,
        stamps=tuple(_KUBERNETES_STAMPS.items()),
    ),
    Program(
        name="helm",
        lock="toolchain",
        package="helm.sh/helm/v3/cmd/helm",
        lane=0,
        weight=10,
        optional=True,
    ),
    # For programs in YAML; Pulumi looks for it beside itself, or on PATH.
    Program(
        name="pulumi-language-yaml",
        lock="yaml-language-host",
        package="github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
        lane=0,
        weight=30,
        optional=True,
    ),
    Program(
        name="pulumi-resource-kubernetes",
        lock="kubernetes-provider",
        package=".",
        lane=1,
        weight=155,
        stamps=((f"{PROVIDER_MODULE}/pkg/version.Version", PROVIDER_VERSION),),
    ),
    *map(_manager, KRUISE_RELEASES),
    # The program of the chart's pre-delete Job, which all charts run from the same image. It expects a pod's
    # file system to find its cluster; here it reads $KUBECONFIG instead.
    Program(
        name=HOOK,
        lock="openkruise",
        package=f"{KRUISE_MODULE}/cmd/helm_hook",
        lane=1,
        weight=3,
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


def find_release(version: str) -> KruiseRelease:
    """Return the OpenKruise that plays *version*: the newest that is not newer, else the oldest of all.

    *version* is a chart's or an image's, ``1.8.3`` or ``v1.8.3``; one that is not written as a version counts
    as older than all.
    """
    wanted = _numbers(version)
    fitting = [release for release in KRUISE_RELEASES if _numbers(release.version) <= wanted]
    return fitting[-1] if fitting else KRUISE_RELEASES[0]


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version, re.ASCII)
    return tuple(map(int, found.groups())) if found else (0, 0, 0)


def find_program(name: str) -> Program:
    """Return the program called *name*; raises ``KeyError`` when there is none."""
    for candidate in PROGRAMS:
        if candidate.name == name:
            return candidate
    raise KeyError(name)
