"""The script that builds a release, in copies of this checkout; npm is a stand-in that packs nothing."""

import hashlib
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scripts.checkout_copy import ROOT, copy_checkout

VERSION = "0.1.0"
DATE = "2026-03-04T05:06:07+00:00"
CHANGELOG = f"""# Changelog

## Unreleased

- Later.

## {VERSION} - 2026-03-04

- A thing.

## 0.0.9

- Old.
"""
NPM = """#!/bin/sh
if [ "$1" = run ]; then basename "$HOLESMITH_WHEEL" >holesmith.vsix; fi
"""
FILES = {
    "RELEASE_NOTES.md",
    "SHA256SUMS",
    f"holesmith-{VERSION}-py3-none-any.whl",
    f"holesmith-{VERSION}.tar.gz",
    f"holesmith-{VERSION}.vsix",
    f"holesmith.nvim-{VERSION}.tar.gz",
}


def repository(folder: Path) -> Path:
    """A clean one, of one commit, whose changelog knows the version."""
    copy_checkout(folder)
    (folder / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    git(folder, "commit", "--quiet", "--all", "--message", "A commit")


def git(folder: Path, *arguments: str) -> None:
    names = ("GIT_AUTHOR", "GIT_COMMITTER")
    person = {f"{name}_{key}": value for name in names for key, value in (("NAME", "A"), ("EMAIL", "a@b.c"))}
    dates = {f"{name}_DATE": DATE for name in names}
    none = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    variables = {**os.environ, **person, **dates, **none}
    subprocess.run(["git", "-C", folder, *arguments], check=True, env=variables)


def release(checkout: Path, *arguments: str | Path, npm: bool = True) -> subprocess.CompletedProcess[str]:
    programs = checkout.parent / f"{checkout.name}-programs"
    programs.mkdir(exist_ok=True)
    if npm:
        (programs / "npm").write_text(NPM)
        (programs / "npm").chmod(0o755)
    for name in ("git", "sh", "basename"):
        (programs / name).unlink(missing_ok=True)
        (programs / name).symlink_to(places(name)[0])
    command = [sys.executable, "-I", checkout / "scripts" / "build_release.py", *arguments]
    variables = {**os.environ, "PATH": str(programs)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=variables, cwd="/")


def places(program: str) -> list[Path]:
    folders = map(Path, os.environ["PATH"].split(os.pathsep))
    return [folder / program for folder in folders if (folder / program).exists()]


def test_a_commit_gives_the_same_bytes_wherever_it_is_checked_out(tmp_path: Path) -> None:
    sums: list[str] = []
    for place, umask in (("a", 0o022), ("a long path, in Köln", 0o077)):
        before = os.umask(umask)
        try:
            checkout = repository(tmp_path / place)
            result = release(checkout, tmp_path / f"{place} built")
        finally:
            os.umask(before)
        assert result.returncode == 0, result.stderr
        sums.append((tmp_path / f"{place} built" / "SHA256SUMS").read_text())
    assert sums[0] == sums[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    url = "https://example.invalid/files/"
    result = release(repository(folder / "checkout"), folder / "built", "--source-url", url)
    assert result.returncode == 0, result.stderr
    return folder / "built"


def test_everything_is_there_with_its_checksum(built: Path) -> None:
    assert {path.name for path in built.iterdir()} == FILES
    lines = (line.split("  ") for line in (built / "SHA256SUMS").read_text().splitlines())
    told = {name: checksum for checksum, name in lines}
    assert told == {
        name: hashlib.sha256((built / name).read_bytes()).hexdigest() for name in FILES - {"SHA256SUMS"}
    }


def test_the_notes_are_the_versions_section_of_the_changelog(built: Path) -> None:
    assert (built / "RELEASE_NOTES.md").read_text() == f"# Holesmith {VERSION}\n\n- A thing.\n"


def test_the_extension_carries_the_wheel_of_the_release(built: Path) -> None:
    assert (built / f"holesmith-{VERSION}.vsix").read_text().strip() in FILES


def test_the_plugin_is_one_folder_with_its_licence(built: Path) -> None:
    with tarfile.open(built / f"holesmith.nvim-{VERSION}.tar.gz") as archive:
        names = {name.removeprefix(f"holesmith.nvim-{VERSION}/") for name in archive.getnames()}
    assert {"LICENSE", "plugin/holesmith.lua", "lua/holesmith/init.lua", "doc/holesmith.txt"} <= names
    assert not any(name.startswith(("/", "holesmith.nvim", ".")) for name in names)


def test_links_of_the_description_lead_somewhere_on_a_page_of_its_own(built: Path) -> None:
    with zipfile.ZipFile(built / f"holesmith-{VERSION}-py3-none-any.whl") as wheel:
        description = wheel.read(f"holesmith-{VERSION}.dist-info/METADATA").decode()
    targets = re.findall(r"\]\(([^)]*)\)", description)
    assert "https://example.invalid/files/docs/manual/editors.md" in targets
    assert all(target.startswith("https://") for target in targets)
    assert "![" not in description


def test_without_an_address_links_of_the_description_are_text(tmp_path: Path) -> None:
    checkout = repository(tmp_path / "checkout")
    assert release(checkout).returncode == 0
    with zipfile.ZipFile(checkout / "dist" / VERSION / f"holesmith-{VERSION}-py3-none-any.whl") as wheel:
        description = wheel.read(f"holesmith-{VERSION}.dist-info/METADATA").decode()
    assert "](" not in description
    assert "\nEditors (docs/manual/editors.md) has the Neovim plugin" in description
    assert ": CONTRIBUTING.md\n" in description


def leave_a_change(checkout: Path) -> None:
    (checkout / "new.txt").touch()


def forget_the_section(checkout: Path) -> None:
    (checkout / "CHANGELOG.md").write_text(f"# Changelog\n\n## {VERSION}.1\n\n- A thing.\n")
    commit(checkout)


def raise_one_version(checkout: Path) -> None:
    path = checkout / "pyproject.toml"
    path.write_text(path.read_text().replace(f'version = "{VERSION}"', 'version = "0.2.0"'))
    commit(checkout)


def fill_the_folder(checkout: Path) -> None:
    (checkout / "dist" / VERSION).mkdir(parents=True)
    (checkout / "dist" / VERSION / "old.whl").touch()


def break_the_build(checkout: Path) -> None:
    path = checkout / "pyproject.toml"
    path.write_text(path.read_text().replace('"holesmith.cli",', '"holesmith.gone",'))
    commit(checkout)


REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "a file that is not committed": (leave_a_change, "the working tree has changes; .*: new.txt"),
    "a version without notes": (forget_the_section, "write it under a heading '## 0.1.0 - YYYY-MM-DD'"),
    "two versions": (raise_one_version, "0.2.0, editors/vscode/package.json 0.1.0: make them alike"),
    "a folder in use": (fill_the_folder, "has files in it: name another folder, or remove it"),
    "a build that fails": (break_the_build, "wheel and sdist could not be built: .+"),
}


@pytest.mark.parametrize(("spoil", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_can_not_be_released_is_refused_in_one_line(
    tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    checkout = repository(tmp_path / "checkout")
    spoil(checkout)
    before = sorted(checkout.rglob("*"))
    result = release(checkout)
    assert result.returncode == 1
    assert re.match(f"release: .*{message}", result.stderr.splitlines()[-1])
    assert sorted(checkout.rglob("*")) == before


def test_without_npm_it_says_what_to_install(tmp_path: Path) -> None:
    result = release(repository(tmp_path / "checkout"), npm=False)
    assert (result.returncode, result.stderr) == (
        1,
        "release: npm was not found on PATH: install Node.js 20 or newer\n",
    )


def test_the_two_versions_agree_here_and_now() -> None:
    named = [
        re.search(pattern, (ROOT / file).read_text(), re.MULTILINE)
        for file, pattern in (
            ("pyproject.toml", r'^version = "(.*)"'),
            ("editors/vscode/package.json", r'^  "version": "(.*)"'),
        )
    ]
    assert len({found[1] for found in named if found is not None}) == 1
