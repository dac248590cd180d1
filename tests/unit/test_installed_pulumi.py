"""Which Pulumi the sandbox uses: fakes on PATH say a version, and write the plugin that is asked for."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from sandbox import build, installed
from sandbox.programs import KRUISE_RELEASES, MANAGERS, PROVIDER_VERSION, find_program
from sandbox.state import MARKER, ROOT, State

PLUGIN = f"resource-kubernetes-v{PROVIDER_VERSION}"
PROVIDER = "pulumi-resource-kubernetes"
HOSTS = ("pulumi-language-python", "pulumi-language-python-exec")
DOWNLOADS = """
if [ "$1 $2 $3 $4" = "plugin install resource kubernetes" ]; then
    mkdir -p "$PULUMI_HOME/plugins/resource-kubernetes-v$5"
    printf '#!/bin/sh\\n' > "$PULUMI_HOME/plugins/resource-kubernetes-v$5/pulumi-resource-kubernetes"
    chmod +x "$PULUMI_HOME/plugins/resource-kubernetes-v$5/pulumi-resource-kubernetes"
fi
"""
Install = Callable[..., Path]


def write_program(path: Path, script: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}")
    path.chmod(0o755)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a fake `pulumi` on PATH, before a folder of plain tools; no plugin, no built program is there."""
    monkeypatch.delenv(installed.SETTING, raising=False)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")

    def put(
        version: str = "v3.259.0", *, hosts: tuple[str, ...] = HOSTS, more: str = "", where: str = "bin"
    ) -> Path:
        folder = tmp_path / where
        answers = f'if [ "$1" = version ]; then echo "{version}"; exit 0; fi\n{more}\n'
        script = f'{answers}echo "no such host" >&2; exit 1\n'
        write_program(folder / "pulumi", script)
        for name in hosts:
            write_program(folder / name)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return folder

    return put


def find() -> tuple[dict[str, Path], str]:
    said: list[str] = []
    return installed.find_installed(said.append), "\n".join(said)


def put_plugin(home: Path) -> Path:
    write_program(home / "plugins" / PLUGIN / PROVIDER)
    return home / "plugins" / PLUGIN


@pytest.mark.parametrize("version", ["v3.237.0", "3.259.0", "v3.900.1", "v3.259.0+dirty"])
def test_a_suitable_pulumi_is_used_with_the_provider_of_its_own_cache(
    install: Install, tmp_path: Path, version: str
) -> None:
    folder, plugin = install(version), put_plugin(tmp_path / "home")

    found, said = find()

    assert found == {"pulumi": folder, "pulumi-language-python": folder, PROVIDER: plugin}
    assert str(folder) in said


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("v3.236.0", "it is version 3.236.0, and the module needs 3.237.0 or newer, before 4"),
        ("v4.0.0", "it is version 4.0.0"),
        ("v3.259.0-alpha.1", "prints no released version"),
        ("", "prints no released version"),
    ],
)
def test_another_version_is_not_used_and_the_reason_is_said(
    install: Install, version: str, reason: str
) -> None:
    install(version)

    found, said = find()

    assert found == {}
    assert reason in said


@pytest.mark.parametrize("hosts", [(), HOSTS[:1], HOSTS[1:]])
def test_a_pulumi_without_its_host_for_python_is_not_used(install: Install, hosts: tuple[str, ...]) -> None:
    install(hosts=hosts)

    found, said = find()

    assert found == {}
    assert "pulumi-language-python and pulumi-language-python-exec are not beside it" in said


def test_a_link_on_path_leads_to_the_folder_with_the_host(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = install()
    put_plugin(tmp_path / "home")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "pulumi").symlink_to(folder / "pulumi")
    monkeypatch.setenv("PATH", f"{tmp_path / 'links'}:/usr/bin:/bin")

    assert find()[0]["pulumi"] == folder


def test_a_bare_machine_builds_everything_and_says_nothing(install: Install) -> None:
    assert find() == ({}, "")


def test_the_setting_has_everything_built(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install()
    put_plugin(tmp_path / "home")
    monkeypatch.setenv(installed.SETTING, "build")

    assert find() == ({}, "")


def test_the_programs_of_a_sandbox_are_no_installation(install: Install, tmp_path: Path) -> None:
    folder = install()
    install("v3.300.0", where="sandbox/bin")
    put_plugin(tmp_path / "home")
    (tmp_path / "sandbox" / MARKER).touch()

    assert find()[0]["pulumi"] == folder


def test_a_missing_provider_is_downloaded_once_into_the_shared_cache(
    install: Install, tmp_path: Path
) -> None:
    install(more=DOWNLOADS)

    found, said = find()
    again, said_again = find()

    assert found[PROVIDER] == tmp_path / "cache" / "pulumi-openkruise" / "downloads" / "plugins" / PLUGIN
    assert again == found
    assert ("Downloading" in said, "Downloading" in said_again) == (True, False)
    assert not (tmp_path / "home").exists()  # the user's own cache stays as it is


def test_a_provider_that_cannot_be_downloaded_is_built(install: Install) -> None:
    folder = install()

    found, said = find()

    assert found == {"pulumi": folder, "pulumi-language-python": folder}
    assert "The provider cannot be downloaded (no such host). It is built instead." in said


def test_a_provider_whose_installation_has_not_ended_is_not_used(install: Install, tmp_path: Path) -> None:
    install()
    put_plugin(tmp_path / "home").with_name(f"{PLUGIN}.partial").touch()

    assert PROVIDER not in find()[0]


def test_a_built_provider_is_not_downloaded(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(more=DOWNLOADS)
    write_program(tmp_path / "go" / "go", "echo go1.26.0")
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{tmp_path / 'go'}")
    monkeypatch.setattr(installed, "go_version", lambda: "go1.26.0")
    build.folder(find_program(PROVIDER), "go1.26.0").mkdir(parents=True)

    found, said = find()

    assert PROVIDER not in found
    assert "Downloading" not in said


def test_what_is_given_is_not_built(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "go_version", lambda: "go1.26.0")
    given = dict.fromkeys(("pulumi", "pulumi-language-python", PROVIDER), tmp_path)
    asked: list[str] = []
    monkeypatch.setattr(
        build, "_build_missing", lambda missing, *_rest: asked.extend(program.name for program in missing)
    )

    folders = build.build(given=given)

    assert {name: folders[name] for name in given} == given
    assert set(asked) == set(folders) - set(given)
    assert "kube" in asked


def test_a_manager_that_is_not_needed_is_not_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(build, "go_version", lambda: "go1.26.0")
    monkeypatch.setattr(build, "_build_missing", lambda *_arguments: None)
    (old, new) = (release.manager for release in KRUISE_RELEASES)

    assert MANAGERS & build.build(spared=MANAGERS - {old}).keys() == {old}
    assert build.build().keys() >= {old, new}

    built = build.folder(find_program(new), "go1.26.0")
    built.mkdir(parents=True)
    assert build.build(spared=MANAGERS - {old})[new] == built


def test_an_installed_pulumi_gets_a_project_that_names_the_sandboxs_environment(tmp_path: Path) -> None:
    state = State(tmp_path)

    built = installed.project_folder(state, {"pulumi": Path("/a"), "pulumi-language-python": Path("/b")})
    found = installed.project_folder(state, {"pulumi": Path("/a"), "pulumi-language-python": Path("/a")})

    assert built == ROOT
    project = yaml.safe_load((found / "Pulumi.yaml").read_text())
    assert Path(project["runtime"]["options"]["virtualenv"], "bin", "python").exists()
    original = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    original["runtime"]["options"]["virtualenv"] = project["runtime"]["options"]["virtualenv"]
    assert project == original
    assert (found / "__main__.py").read_text() == (ROOT / "__main__.py").read_text()
    assert (found / "stacks" / "Pulumi.sandbox.yaml").exists()
