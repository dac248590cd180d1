"""The examples, checked by compilers as their readers would, and wrong copies of one, which must not pass."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from .conftest import HERE, program, run

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PROGRAMS = sorted(path.parent for path in EXAMPLES.glob("*/__main__.py"))
WRONG = {
    "name": ('"virtual_node_presets"', '"virtual_node_preset"'),
    "platform": ('"eks-custom-cni"', '"eks-custom"'),
    "mode": ('"node_check": "fail"', '"node_check": "fails"'),
}
MYPY = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--cache-dir"]


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with every program under a name of its own, and the wrong copies."""
    folder = tmp_path_factory.mktemp("examples")
    for example in PROGRAMS:
        for path in example.glob("*.py"):
            name = f"{example.name.replace('-', '_')}.py" if path.stem == "__main__" else path.name
            (folder / name).write_text(path.read_text())
    right = (folder / "eks_fargate.py").read_text()
    for name, (before, after) in WRONG.items():
        assert before in right
        (folder / f"wrong_{name}.py").write_text(right.replace(before, after))
    return folder


def test_mypy(copies: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = sorted(path.name for path in copies.glob("*.py"))
    monkeypatch.setenv("MYPYPATH", str(ROOT / "components"))
    done = run([*MYPY, str(copies / "cache"), *files], copies)
    refused = {line.split(":")[0] for line in done.stdout.splitlines() if ": error:" in line}
    assert refused == {f"wrong_{name}.py" for name in WRONG}, done.stdout


def test_pyright(copies: Path, node_modules: Path) -> None:
    config = {"extraPaths": [str(ROOT / "components")], "typeCheckingMode": "standard"}
    (copies / "pyrightconfig.json").write_text(json.dumps(config))
    command = [program("node"), str(node_modules / "pyright" / "index.js"), "--outputjson"]
    done = run([*command, "--pythonpath", sys.executable, "-p", str(copies)], copies)
    found = json.loads(done.stdout)["generalDiagnostics"]
    refused = {Path(one["file"]).name for one in found if one["severity"] == "error"}
    assert refused == {f"wrong_{name}.py" for name in WRONG}, done.stdout


def typescript_in(document: str) -> str:
    """Return the one program in TypeScript that a page shows."""
    (code,) = re.findall(r"^```typescript\n(.*?)^```", (ROOT / document).read_text(), re.M | re.S)
    return str(code)


@pytest.mark.parametrize(
    "code",
    [(EXAMPLES / "typescript" / "index.ts").read_text(), typescript_in("docs/languages.md")],
    ids=["example", "document"],
)
def test_typescript(code: str, sdks: Path, node_modules: Path, tmp_path: Path) -> None:
    config = json.loads((EXAMPLES / "typescript" / "tsconfig.json").read_text())
    assert config["compilerOptions"]["strict"] is True
    config["compilerOptions"] |= {
        "noEmit": True,
        "preserveSymlinks": True,
        "paths": {
            "@pulumi-openkruise/openkruise": ["./sdk/index.ts"],
            "@pulumi/kubernetes": ["./kubernetes.d.ts"],
        },
        "types": ["node"],
        "skipLibCheck": True,
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(config))
    (tmp_path / "index.ts").write_text(code)
    (tmp_path / "kubernetes.d.ts").write_bytes((HERE / "typescript" / "kubernetes.d.ts").read_bytes())
    (tmp_path / "node_modules").symlink_to(node_modules)
    (tmp_path / "sdk").symlink_to(sdks / "nodejs")
    done = run([program("node"), str(node_modules / "typescript" / "bin" / "tsc"), "-p", "."], tmp_path)
    assert done.returncode == 0, done.stdout


RUN = """
const pulumi = require("@pulumi/pulumi");
const seen = [];
pulumi.runtime.setMocks({
    newResource: ({type, name, inputs}) => {
        seen.push({type, name, inputs});
        return {id: "", state: {...inputs, selectors: ["type=virtual-kubelet"], daemonReady: 3}};
    },
    call: ({inputs}) => inputs,
}, "kruise-typescript", "dev", true);
pulumi.runtime.setAllConfig({"kruise-typescript:virtualNodeSelectors": '["pool=burst"]'});
const {selectors, daemonReady} = require("./index.js");
pulumi.all([selectors, daemonReady]).apply(outputs => console.log(JSON.stringify({seen, outputs})));
"""


def test_the_program_in_typescript_previews(sdks: Path, node_modules: Path, tmp_path: Path) -> None:
    """Compiled as it stands and run by Node.js on Pulumi's own mocks, with the generated SDK."""
    sdk = tmp_path / "node_modules" / "@pulumi-openkruise" / "openkruise"
    shutil.copytree(sdks / "nodejs", sdk)
    for package in node_modules.iterdir():
        (tmp_path / "node_modules" / package.name).symlink_to(package)
    for name in ("index.ts", "tsconfig.json"):
        shutil.copy(EXAMPLES / "typescript" / name, tmp_path)
    compiler = [program("node"), str(node_modules / "typescript" / "bin" / "tsc"), "--skipLibCheck"]
    for folder, options in (
        (sdk, ["--outDir", ".", "--preserveSymlinks"]),
        (tmp_path, ["--outDir", ".", "--preserveSymlinks", "--types", "node"]),
    ):
        done = run([*compiler, "-p", ".", *options], folder)
        assert done.returncode == 0, done.stdout
    (tmp_path / "run.js").write_text(RUN)

    done = run([program("node"), "--preserve-symlinks", "--preserve-symlinks-main", "run.js"], tmp_path)

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    (kruise,) = said["seen"]
    assert (kruise["type"], kruise["name"]) == ("openkruise:index:OpenKruise", "kruise")
    assert {key: value for key, value in kruise["inputs"].items() if value is not None} == {
        "virtualNodePresets": ["eks-fargate", "liqo"],
        "virtualNodeSelectors": ["pool=burst"],
        "nodeCheck": "fail",
        "values": {"manager": {"replicas": 3}},
    }
    assert said["outputs"] == [["type=virtual-kubelet"], 3]
