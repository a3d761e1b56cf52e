"""The lock files: everything that scripts install has a hash in them, and they agree with pyproject.toml."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "scripts" / "locks").glob("*.lock"))
TEST_PROGRAMS = ROOT / "tests" / "e2e" / "editors" / "packages"
SUPPORTED = [
    {"sys_platform": system, "platform_machine": machine, "python_full_version": f"{python}.1"}
    for system, machine in (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"))
    for python in ("3.11", "3.12", "3.13", "3.14")
]


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    version: str
    marker: str
    hashes: Sequence[str]

    def is_wanted(self, machine: Mapping[str, str]) -> bool:
        return not self.marker or Marker(self.marker).evaluate(dict(machine))


def entries(lock: Path) -> Iterator[Entry]:
    """Fails on a line that is neither a package, nor a hash, nor a comment."""
    text = re.sub(r"^#.*\n", "", lock.read_text(), flags=re.M).replace("\\\n", "")
    for line in text.splitlines():
        found = re.fullmatch(r"([a-z0-9._-]+)==(\S+)(?: ; (.*?))? ((?: +--hash=sha256:[0-9a-f]{64})+)", line)
        assert found is not None, f"{lock.name}: {line}"
        yield Entry(found[1], found[2], found[3] or "", found[4].split())


def pins(*locks: str) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for lock in LOCKS:
        if not locks or lock.name in locks:
            for entry in entries(lock):
                found.setdefault(entry.name, []).append(entry)
    return found


@pytest.mark.parametrize("lock", [*LOCKS, *TEST_PROGRAMS.glob("*.lock")], ids=lambda lock: lock.name)
def test_every_package_is_pinned_to_one_version_with_hashes_and_no_registry_is_named(lock: Path) -> None:
    assert all(entry.hashes for entry in entries(lock))
    assert "://" not in lock.read_text()


@pytest.mark.parametrize("folder", ["editors/vscode", "tests/e2e/editors/packages"])
def test_every_node_package_has_a_hash_and_no_registry_is_named(folder: str) -> None:
    packages: dict[str, dict[str, object]] = json.loads((ROOT / folder / "package-lock.json").read_text())[
        "packages"
    ]
    assert all("integrity" in package for name, package in packages.items() if name)
    assert not any("resolved" in package for package in packages.values())


def requirements() -> list[tuple[str, str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    told = [
        *(("requirements.lock", each) for each in project["project"]["dependencies"]),
        *(("dev.lock", each) for each in project["dependency-groups"]["dev"]),
        *(("tools.lock", each) for each in project["build-system"]["requires"]),
    ]
    return [("torch.lock" if each.startswith("torch") else lock, each) for lock, each in told]


@pytest.mark.parametrize(("lock", "requirement"), requirements())
def test_what_the_project_asks_for_is_locked_within_its_range(lock: str, requirement: str) -> None:
    wanted = Requirement(requirement)
    locked = pins(lock)[canonicalize_name(wanted.name)]
    assert all(wanted.specifier.contains(entry.version) for entry in locked)
    for machine in SUPPORTED:
        assert len([entry for entry in locked if entry.is_wanted(machine)]) == 1, machine


def test_pytorch_without_cuda_is_the_same_release_and_needs_nothing_else() -> None:
    (plain,), (cpu,) = pins("torch.lock")["torch"], pins("torch-cpu.lock")["torch"]
    assert cpu.version == f"{plain.version}+cpu"
    assert pins("torch-cpu.lock").keys() == {"torch"}


def needs(name: str) -> list[Requirement]:
    """What an installed package asks for on this machine; nothing for one that is for other machines."""
    try:
        told = [Requirement(each) for each in requires(name) or []]
    except PackageNotFoundError:
        return []
    return [each for each in told if each.marker is None or each.marker.evaluate({"extra": ""})]


def test_what_a_locked_package_needs_is_locked_too() -> None:
    """Nothing is resolved when the locks are installed: what is missing would just not be there."""
    locked = pins()
    for name in locked.keys() - {"torch"}:  # whose builds differ in which CUDA they name
        for requirement in needs(name):
            known = locked.get(canonicalize_name(requirement.name), [])
            assert any(requirement.specifier.contains(entry.version) for entry in known), (name, requirement)


# Ways to install, and what makes each of them check hashes or ask no index.
INSTALLERS = {
    r"\bpip['\", ]+(?:install|download|wheel)\b": ("--require-hashes", "--no-index"),
    r"\bnpm['\", ]+(?:install|i|add|exec)\b": (),
    r"\bnpx\b": (),
}
SCRIPTS = [
    *(path for path in (ROOT / "scripts").glob("*") if path.suffix == ""),  # the others are run in tests
    ROOT / ".ci" / "run",
    *(path for path in (ROOT / "tests" / "e2e").rglob("*") if path.suffix in {"", ".mjs"}),
    *(path for path in (ROOT / "editors").rglob("*") if path.suffix in {".ts", ".mjs", ".lua", ".json"}),
]


@pytest.mark.parametrize(
    "script",
    [script for script in SCRIPTS if script.is_file() and not {"node_modules", "dist"} & set(script.parts)],
    ids=lambda script: str(script.relative_to(ROOT)),
)
def test_no_script_installs_what_no_hash_vouches_for(script: Path) -> None:
    text = script.read_text().replace("\\\n", " ")
    for line in text.splitlines():
        for installer, safe in INSTALLERS.items():
            if re.search(installer, line) and not line.lstrip().startswith(("#", "//")):
                assert any(option in line for option in safe), line.strip()
