"""Each SDK compiles, a good program with it, and none of the wrong ones."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from .conftest import HERE, program, run

GOOD = {path.suffix: path.read_text() for path in (HERE / "programs").glob("good.*")}

WRONG_TYPESCRIPT = {
    "name": ("virtualNodePresets:", "virtualNodePreset:", "'virtualNodePreset' does not exist in type"),
    "platform": ('"k3s"', '"k3"', "Type '\"k3\"' is not assignable to type"),
    "mode": ("openkruise.NodeCheck.Fail", '"fails"', "Type '\"fails\"' is not assignable to type"),
    "list": ('["pool=burst,!gpu"]', '"pool=burst,!gpu"', "is not assignable to type 'string[]'"),
    "late": (
        '["eks-fargate", "liqo"]',
        'pulumi.output(["liqo"])',
        "is not assignable to type 'string[] | undefined'",
    ),
    "count": (
        "pulumi.Output<number | undefined>",
        "pulumi.Output<number>",
        "is not assignable to type 'OutputInstance<number>'",
    ),
}
WRONG_PYTHON = {
    "name": ("virtual_node_presets=", "virtual_node_preset=", 'No overload variant of "OpenKruise"'),
    "platform": ("Platform.K3S", "Platform.K3", 'has no attribute "K3"'),
    "mode": ("openkruise.NodeCheck.FAIL", '"fails"', 'No overload variant of "OpenKruise"'),
    "count": ("pulumi.Output[int | None]", "pulumi.Output[int]", "Incompatible types in assignment"),
}
WRONG_GO = {
    "name": ("VirtualNodePresets: ", "VirtualNodePreset: ", "unknown field VirtualNodePreset"),
    "platform": ("openkruise.PlatformK3s", "openkruise.PlatformK3", "undefined: openkruise.PlatformK3"),
    "list": ('[]string{"pool=burst,!gpu"}', '"pool=burst,!gpu"', "as []string value"),
    "count": ("pulumi.IntPtrOutput", "pulumi.IntOutput", "as pulumi.IntOutput value"),
}

WRONG_JAVA = {
    "name": (".virtualNodePresets(", ".virtualNodePreset(", "cannot find symbol"),
    "platform": ("Platform.K3s", "Platform.K3", "cannot find symbol"),
    "mode": ("NodeLabelPolicy.Label", '"label"', "String cannot be converted to NodeLabelPolicy"),
    "list": ('List.of("pool=burst,!gpu")', "5", "no suitable method found for virtualNodeSelectors(int)"),
    "count": ("Output<Optional<Integer>>", "Output<Integer>", "cannot be converted to Output<Integer>"),
}
WRONG_CSHARP = {
    "name": ("VirtualNodePresets =", "VirtualNodePreset =", "'OpenKruiseArgs' does not contain"),
    "platform": ("Platform.K3s", "Platform.K3", "'Platform' does not contain a definition for 'K3'"),
    "mode": (
        "NodeLabelPolicy.Label",
        '"label"',
        "'string' to 'PulumiOpenkruise.Openkruise.NodeLabelPolicy?'",
    ),
    "list": (
        '{ "pool=burst,!gpu" }',
        '"pool=burst,!gpu"',
        "'string' to 'System.Collections.Generic.List<string>'",
    ),
    "late": (
        '{ "eks-fargate", "liqo" }',
        'Output.Create(new List<string> { "liqo" })',
        "'Pulumi.Output<System.Collections.Generic.List<string>>' to 'System.Collections.Generic.List<",
    ),
    "output": ("kruise.DaemonReady", "kruise.DaemonsReady", "'OpenKruise' does not contain a definition for"),
    "count": ("Output<int?>", "Output<int>", "type 'Pulumi.Output<int?>' to 'Pulumi.Output<int>'"),
}


def variants(suffix: str, wrong: dict[str, tuple[str, str, str]]) -> dict[str, str]:
    """Return the good program and its wrong variants, by file name."""
    good = GOOD[suffix]
    found = {f"good{suffix}": good}
    for name, (before, after, _message) in wrong.items():
        assert before in good, before
        found[f"wrong_{name}{suffix}"] = good.replace(before, after, 1)
    return found


def check(output: str, names: list[str], wrong: dict[str, tuple[str, str, str]], suffix: str) -> None:
    """Compare a compiler's output with what each wrong program must cause, and nothing for the good one."""
    by_file = {name: [line for line in output.splitlines() if name in line] for name in names}
    assert by_file.pop(f"good{suffix}") == [], output
    for name, (_before, _after, message) in wrong.items():
        assert any(message in line for line in by_file[f"wrong_{name}{suffix}"]), (name, output)


def test_typescript(sdks: Path, node_modules: Path, tmp_path: Path) -> None:
    programs = variants(".ts", WRONG_TYPESCRIPT)
    for name, text in programs.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "node_modules").symlink_to(node_modules)
    (tmp_path / "sdk").symlink_to(sdks / "nodejs")
    options = {
        "strict": True,
        "noEmit": True,
        "target": "es2020",
        "module": "commonjs",
        "moduleResolution": "node10",
        "ignoreDeprecations": "5.0",
        "preserveSymlinks": True,
        "skipLibCheck": True,
        "paths": {"@pulumi-openkruise/openkruise": ["./sdk/index.ts"]},
        "types": ["node"],
    }
    (tmp_path / "tsconfig.json").write_text(
        json.dumps({"compilerOptions": options, "include": ["*.ts", "sdk/**/*.ts"]})
    )
    done = run([program("node"), str(node_modules / "typescript" / "bin" / "tsc"), "-p", "."], tmp_path)
    check(done.stdout, list(programs), WRONG_TYPESCRIPT, ".ts")
    assert not re.findall(r"^sdk/.*error", done.stdout, re.MULTILINE), done.stdout


def test_python(sdks: Path, tmp_path: Path) -> None:
    programs = variants(".py", WRONG_PYTHON)
    for name, text in programs.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "pulumi_openkruise_openkruise").symlink_to(sdks / "python" / "pulumi_openkruise_openkruise")
    options = ["--strict", "--follow-imports=silent", "--cache-dir", str(tmp_path / "cache")]
    done = run([sys.executable, "-m", "mypy", *options, *programs], tmp_path)
    check(done.stdout, list(programs), WRONG_PYTHON, ".py")


def test_go(sdks: Path, tmp_path: Path) -> None:
    programs = variants(".go", WRONG_GO)
    module = (HERE / "go" / "go.mod").read_text()
    sdk = "github.com/pulumi-openkruise/pulumi-openkruise/sdk"
    (tmp_path / "go.mod").write_text(re.sub(r"^module .*$", f"module {sdk}", module, flags=re.MULTILINE))
    (tmp_path / "go.sum").write_bytes((HERE / "go" / "go.sum").read_bytes())
    (tmp_path / "go").mkdir()
    (sdks / "go" / "openkruise").rename(tmp_path / "go" / "openkruise")
    for name, text in programs.items():
        folder = tmp_path / name.removesuffix(".go")
        folder.mkdir()
        (folder / name).write_text(text)
    done = run([program("go"), "vet", "-mod=mod", "./..."], tmp_path)
    check(done.stderr, list(programs), WRONG_GO, ".go")
    assert "go/openkruise/" not in done.stderr, done.stderr


@pytest.mark.skipif(
    not (shutil.which("javac") and shutil.which("mvn")), reason="there is no JDK, or no Maven, on the PATH"
)
def test_java(java_sdk: Path, java_libraries: Path, tmp_path: Path) -> None:
    sources = [str(path) for path in java_sdk.rglob("*.java")]
    programs = variants(".java", WRONG_JAVA)
    for name, text in programs.items():
        (tmp_path / name).write_text(text.replace("class Good", f"class {name.removesuffix('.java')}"))
    compiler, libraries = [program("javac"), "-proc:none", "-d", "classes"], f"{java_libraries}/*"
    sdk = run([*compiler, "-classpath", libraries, *sources], tmp_path)
    assert sdk.returncode == 0, sdk.stderr
    done = run([*compiler, "-classpath", f"classes:{libraries}", *programs], tmp_path)
    check(done.stderr, list(programs), WRONG_JAVA, ".java")


def test_dotnet(csharp_compiler: list[str], dotnet_sdk: Path, tmp_path: Path) -> None:
    """With a stand-in for Pulumi's library, which NuGet alone serves: see dotnet/PulumiStandIn.cs."""
    programs = variants(".cs", WRONG_CSHARP)
    for name, text in programs.items():
        (tmp_path / name).write_text(text.replace("class Good", f"class {name.removesuffix('.cs')}"))
    stand_in = str(HERE / "dotnet" / "PulumiStandIn.cs")
    sdk = ["-reference:Pulumi.dll", *(str(path) for path in dotnet_sdk.rglob("*.cs"))]
    for library, sources in (("Pulumi.dll", [stand_in]), ("Openkruise.dll", sdk)):
        built = run([*csharp_compiler, f"-out:{library}", *sources], tmp_path)
        assert (built.returncode, built.stdout) == (0, ""), built.stdout + built.stderr
    done = run([*csharp_compiler, "-reference:Pulumi.dll", "-reference:Openkruise.dll", *programs], tmp_path)
    check(done.stdout, list(programs), WRONG_CSHARP, ".cs")
