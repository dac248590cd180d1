"""What a package index would serve: built from this tree, and used as a stranger uses it."""

import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the source distribution, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of an environment that holds nothing but the wheel and its dependencies."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=True)
    run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
    return folder / "bin" / "python"


def test_an_index_would_take_them(built: Path) -> None:
    run(sys.executable, "-m", "twine", "check", "--strict", *sorted(built.iterdir()))


def test_the_description_has_no_link_that_dies_on_an_index(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = Parser().parsestr(archive.read(name).decode())
    text = metadata.get_payload()
    assert isinstance(text, str)
    assert "kruise-daemon" in text
    assert [link for link in re.findall(r"\]\(([^)]*)\)", text) if not link.startswith("https://")] == []
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["License-File"] == "LICENSE"
    assert metadata["Author"] == "pulumi-openkruise maintainers"


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    source = ROOT / "components"
    expected = {
        str(path.relative_to(source))
        for path in (source / "pulumi_openkruise").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == expected


def test_the_source_distribution_has_licence_and_docs(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {"LICENSE", "README.md", "CHANGELOG.md", "docs/selectors.md", "docs/package.md"} <= names


def test_a_program_runs_with_it(python: Path, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text((Path(__file__).parent / "program.py").read_text())
    output = run(python, "program.py", cwd=tmp_path)
    assert "eks.amazonaws.com/compute-type=fargate" in output


def test_the_commands_are_there(python: Path, tmp_path: Path) -> None:
    printed = run(python.parent / "pulumi-openkruise", "affinity", "type=kwok", cwd=tmp_path)
    assert "NotIn" in printed or "!=" in printed or "kwok" in printed
    assert (python.parent / "pulumi-resource-openkruise").exists()
    version = run(python.parent / "pulumi-openkruise", "--version", cwd=tmp_path)
    assert re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1] in version  # type: ignore[index]


def test_pulumi_finds_no_provider_to_download(python: Path, tmp_path: Path) -> None:
    code = (
        "import importlib.metadata as m, pulumi_openkruise, pathlib;"
        "print((pathlib.Path(pulumi_openkruise.__file__).parent / 'pulumi-plugin.json').read_text())"
    )
    assert '"resource": false' in run(python, "-c", code, cwd=tmp_path)
