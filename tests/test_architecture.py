"""Who may import whom, and how large a file may be: the rules of ARCHITECTURE.md, checked on the source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# What each package may import of the others. cli stands above them all, and none of them imports it.
ALLOWED = {
    "analysis": set[str](),
    "completion": {"analysis", "context", "engine"},
    "context": {"analysis"},
    "engine": {"kernels"},
    "evaluation": {"completion", "analysis", "context", "engine"},
    "kernels": set[str](),
    "lsp": {"completion", "analysis"},
}
PACKAGES = [folder for folder in (*ALLOWED, "cli") if (ROOT / folder).is_dir()]

# Libraries that only some packages may know.
HOMES = {
    "pygls": {"lsp"},
    "lsprotocol": {"lsp"},
    "torch": {"engine", "kernels"},
    "transformers": {"engine"},
    "numba": {"kernels"},
    "llvmlite": {"kernels"},
    "jedi": {"analysis"},
    "tree_sitter": {"analysis"},
}
LINES_MAX = 400


def sources(package: str) -> Iterator[Path]:
    return (path for path in sorted((ROOT / package).rglob("*.py")) if "example" not in path.parts)


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield node.module or ""


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_those_below_it(package: str) -> None:
    for path in sources(package):
        for module in imported_modules(path):
            parts = module.split(".")
            if parts[0] == "holesmith" and package != "cli":
                assert parts[1] in {package, *ALLOWED[package]}, f"{path} imports {module}"
            assert parts[0] != package or parts[0] == "holesmith", (
                f"{path}: import holesmith.{module} instead"
            )


@pytest.mark.parametrize("package", PACKAGES)
def test_a_library_is_known_only_where_it_belongs(package: str) -> None:
    for path in sources(package):
        for module in imported_modules(path):
            home = HOMES.get(module.split(".")[0], {package})
            assert package in home or package == "cli", f"{path} imports {module}"


@pytest.mark.parametrize("package", [*PACKAGES, "tests", "benchmarks"])
def test_no_file_is_too_long_to_hold_in_ones_head(package: str) -> None:
    for path in sources(package):
        if "fixtures" not in path.parts:
            assert len(path.read_text().splitlines()) <= LINES_MAX, path


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_listed_for_installation_and_for_type_checkers(package: str) -> None:
    assert f'"holesmith.{package}"' in (ROOT / "pyproject.toml").read_text()
    assert (ROOT / ".types" / "holesmith" / package).resolve() == ROOT / package


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_re_exports_nothing(package: str) -> None:
    body = ast.parse((ROOT / package / "__init__.py").read_text()).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "docs/security.md"])
def test_every_test_that_a_page_names_exists(page: str) -> None:
    named = re.findall(r"`(tests/[\w/.]+)::(\w+)`", (ROOT / page).read_text())
    assert named
    for path, test in named:
        assert f"def {test}(" in (ROOT / path).read_text(), f"{path}::{test}"


def test_the_compiler_is_imported_where_it_is_kept_from_reading_the_workspace() -> None:
    for path in sources("kernels"):
        is_known = any(module.split(".")[0] == "numba" for module in imported_modules(path))
        assert is_known == (path.name == "compiler.py"), path
