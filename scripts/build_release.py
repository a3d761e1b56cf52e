"""Builds the files of a release from the commit that is checked out, the same bytes each time.

``scripts/release`` runs it. Everything is made of a copy of the commit, in a temporary folder, and comes to
its place only when all of it is there.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

CHECKOUT = Path(__file__).resolve().parents[1]
NOTES = "RELEASE_NOTES.md"
CHECKSUMS = "SHA256SUMS"


class ReleaseError(Exception):
    """One line that says what is wrong, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Release:
    """What is released: the version, the time of the commit in seconds since 1970, and the notes."""

    version: str
    epoch: int
    notes: str


def main() -> int:
    parser = argparse.ArgumentParser(prog="release", description="Build the files of a release.")
    parser.add_argument(
        "folder", type=Path, nargs="?", help="a new or empty folder; dist/VERSION if not given"
    )
    parser.add_argument(
        "--source-url",
        metavar="URL",
        help="where this commit's files can be read; the README's links lead there",
    )
    arguments = parser.parse_args()
    os.umask(0o022)  # modes of files are in the wheel
    try:
        release = release_of(CHECKOUT)
        folder = (arguments.folder or CHECKOUT / "dist" / release.version).absolute()
        require_empty(folder)
        npm = find_npm()
        with tempfile.TemporaryDirectory(prefix="holesmith-release-") as temporary:
            build(release, Path(temporary), npm, arguments.source_url)
            shutil.copytree(Path(temporary, "built"), folder, dirs_exist_ok=True)
    except ReleaseError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    print(*sorted(str(path) for path in folder.iterdir()), sep="\n")
    return 0


def release_of(checkout: Path) -> Release:
    """Raises ReleaseError if what is checked out is not what a release may be made of."""
    if changed := git("status", "--porcelain").splitlines():
        raise ReleaseError(f"the working tree has changes; commit or remove them first: {changed[0][3:]}, …")
    version = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    extension = json.loads((checkout / "editors/vscode/package.json").read_text(encoding="utf-8"))["version"]
    if extension != version:
        raise ReleaseError(
            f"pyproject.toml says version {version}, editors/vscode/package.json {extension}: make them alike"
        )
    notes = section_of((checkout / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    if not notes:
        raise ReleaseError(
            f"CHANGELOG.md says nothing of this version: write it under a heading '## {version} - YYYY-MM-DD'"
        )
    return Release(version, int(git("log", "-1", "--format=%ct")), notes)


def section_of(changelog: str, version: str) -> str:
    """What stands under the heading of the version, without the heading; "" if there is nothing."""
    heading = rf"^## \[?{re.escape(version)}\]?(?: [^\n]*)?\n(.*?)(?=^## |\Z)"
    found = re.search(heading, changelog, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found is not None else ""


def require_empty(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ReleaseError(f"{folder} is not a folder: name another")
    if folder.is_dir() and any(folder.iterdir()):
        raise ReleaseError(f"{folder} has files in it: name another folder, or remove it")


def find_npm() -> str:
    npm = shutil.which("npm")
    if npm is None:
        raise ReleaseError("npm was not found on PATH: install Node.js 20 or newer")
    return npm


def build(release: Release, temporary: Path, npm: str, source_url: str | None) -> None:
    """Everything into ``temporary/built``. Raises ReleaseError."""
    source, built = temporary / "source", temporary / "built"
    built.mkdir()
    export_commit(source)
    readme = source / "README.md"
    readme.write_text(with_links(readme.read_text(encoding="utf-8"), source_url), encoding="utf-8")
    wheel = build_distributions(release, source, built)
    build_extension(release, source / "editors" / "vscode", npm, wheel)
    shutil.copyfile(source / "editors/vscode/holesmith.vsix", built / f"holesmith-{release.version}.vsix")
    pack_plugin(release, source, built)
    (built / NOTES).write_text(f"# Holesmith {release.version}\n\n{release.notes}\n", encoding="utf-8")
    write_checksums(built)


def export_commit(target: Path) -> None:
    """The commit's files with the modes that git gives them, whatever the checkout's are."""
    archive = subprocess.run(
        ["git", "-C", str(CHECKOUT), "-c", "tar.umask=022", "archive", "HEAD"],
        capture_output=True,
        check=False,
    )
    if archive.returncode != 0:
        raise ReleaseError(f"git can't archive the commit: {last_line(archive.stderr)}")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(target, filter="tar")


def with_links(readme: str, source_url: str | None) -> str:
    """The README for pages beside which there is no repository.

    Links to files lead below ``source_url``; without one they are text that names the file. Pictures are
    left out.
    """
    relative = r"\((?![a-z][a-z0-9+.-]*:|#)([^)\s]+)\)"
    readme = re.sub(rf"^!\[[^\]]*\]{relative}\n\n?", "", readme, flags=re.MULTILINE)
    link = rf"\[([^\]]*)\]{relative}"
    if source_url is not None:
        return re.sub(link, rf"[\1]({source_url.rstrip('/')}/\2)", readme)
    return re.sub(
        link, lambda found: found[1] if found[1] == found[2] else f"{found[1]} ({found[2]})", readme
    )


def build_distributions(release: Release, source: Path, built: Path) -> Path:
    """The source distribution, and the wheel that is made from it; gives the wheel's path."""
    uv = Path(sys.executable).with_name("uv")
    options = ["--quiet", "--offline", "--no-config", "--no-build-isolation", "--python", sys.executable]
    run([str(uv), "build", *options, "--out-dir", str(built), str(source)], release, "wheel and sdist")
    (built / ".gitignore").unlink(missing_ok=True)
    (sdist,), (wheel,) = built.glob("*.tar.gz"), built.glob("*.whl")
    with tarfile.open(sdist) as files:
        members = [(member.name, member) for member in files if member.isfile()]
        contents = {name: (read(files, member), member.mode) for name, member in members}
    pack(sdist, contents, release.epoch)
    return wheel


def build_extension(release: Release, folder: Path, npm: str, wheel: Path) -> None:
    """The VS Code extension as ``holesmith.vsix`` in its folder, with the wheel of this release in it."""
    run([npm, "ci", "--silent", "--ignore-scripts"], release, "the extension's packages", folder)
    more = {"HOLESMITH_WHEEL": str(wheel)}
    run([npm, "run", "--silent", "package"], release, "the VS Code extension", folder, more)
    if not (folder / "holesmith.vsix").is_file():
        raise ReleaseError("the VS Code extension was not written: run `npm run package` in editors/vscode")


def pack_plugin(release: Release, source: Path, built: Path) -> None:
    """The Neovim plugin as an archive with one folder, which may stand in a package directory as it is."""
    name = f"holesmith.nvim-{release.version}"
    plugin = source / "editors" / "neovim"
    files = {path.relative_to(plugin): path for path in plugin.rglob("[!.]*") if path.is_file()}
    files[Path("LICENSE")] = source / "LICENSE"
    contents = {f"{name}/{path.as_posix()}": (file.read_bytes(), 0o644) for path, file in files.items()}
    pack(built / f"{name}.tar.gz", contents, release.epoch)


def read(files: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    opened = files.extractfile(member)
    assert opened is not None
    return opened.read()


def pack(target: Path, contents: Mapping[str, tuple[bytes, int]], epoch: int) -> None:
    """A .tar.gz in which nothing but names, contents and modes of the files differs from another one."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(contents):
            data, mode = contents[name]
            entry = tarfile.TarInfo(PurePosixPath(name).as_posix())
            entry.size, entry.mtime, entry.mode = len(data), epoch, 0o755 if mode & 0o100 else 0o644
            archive.addfile(entry, io.BytesIO(data))
    target.write_bytes(gzip.compress(plain.getvalue(), 9, mtime=epoch))


def write_checksums(built: Path) -> None:
    """In the form that `sha256sum --check` reads."""
    files = sorted(built.iterdir())
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (built / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def run(
    command: Iterable[str],
    release: Release,
    what: str,
    folder: Path | None = None,
    more: Mapping[str, str] | None = None,
) -> None:
    """Run one of the tools that build. Raises ReleaseError, after the tool's own output, if it fails."""
    fixed = {"SOURCE_DATE_EPOCH": str(release.epoch), "PYTHONHASHSEED": "0", "TZ": "UTC", **(more or {})}
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        result = subprocess.run(
            list(command),
            cwd=folder,
            env=variables | fixed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except OSError as error:
        raise ReleaseError(f"{what} could not be built: {error}") from None
    if result.returncode != 0:
        sys.stderr.write(result.stdout.decode(errors="replace"))
        raise ReleaseError(f"{what} could not be built: {last_line(result.stdout) or 'see above'}")


def git(*arguments: str) -> str:
    result = subprocess.run(["git", "-C", str(CHECKOUT), *arguments], capture_output=True, check=False)
    if result.returncode != 0:
        raise ReleaseError(f"a release is made from a git checkout: {last_line(result.stderr)}")
    return result.stdout.decode(errors="replace")


def last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


if __name__ == "__main__":
    raise SystemExit(main())
