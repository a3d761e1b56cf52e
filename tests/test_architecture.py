"""Who may import whom, and how large a file may be: the rules of docs/design, checked on the source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# What each package may import of the others. cli stands above them all, and none of them imports it.
ALLOWED = {
    "analysis": {"system"},
    "completion": {"analysis", "context", "engine", "system"},
    "context": {"analysis", "system"},
    "engine": {"kernels", "system"},
    "evaluation": {"completion", "analysis", "context", "engine", "system"},
    "kernels": {"system"},
    "lsp": {"completion", "analysis", "system"},
    "system": set[str](),
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
    # Modules of Python that not every operating system has.
    "fcntl": {"system"},
    "msvcrt": {"system"},
    "pwd": {"system"},
    "resource": {"system"},
}
LINES_MAX = 400

# Files a folder may hold, its __init__.py included; the command line has one file a command.
FILES_MAX = 16
FILES_MAX_OF = {"cli": 17}

# What each sub-package may import of its own package, besides the files at the package's root. Those hold the
# data that all parts share, and what puts the parts together.
INNER: dict[str, set[str]] = {
    "analysis/files": set(),
    "analysis/outline": {"analysis/syntax", "analysis/syntax/languages"},
    "analysis/python": {
        "analysis/files",
        "analysis/syntax",
        "analysis/syntax/languages",
        "analysis/python/evidence",
        "analysis/python/parsing",
        "analysis/python/queries",
    },
    "analysis/python/evidence": {
        "analysis/python",
        "analysis/python/inference",
        "analysis/python/parsing",
        "analysis/syntax",
    },
    "analysis/python/inference": {"analysis/python/parsing"},
    "analysis/python/lookup": {
        "analysis/python",
        "analysis/python/evidence",
        "analysis/python/inference",
        "analysis/python/parsing",
        "analysis/syntax",
    },
    "analysis/python/parsing": {"analysis/syntax/languages"},
    "analysis/python/queries": {
        "analysis/outline",
        "analysis/python",
        "analysis/python/inference",
        "analysis/python/lookup",
        "analysis/python/parsing",
        "analysis/syntax",
        "analysis/syntax/languages",
    },
    "analysis/syntax": {"analysis/syntax/languages"},
    "analysis/syntax/languages": set(),
    "analysis/worker": {"analysis/files", "analysis/python"},
    "completion/explanation": {"completion/scheduling", "completion/workspace"},
    "completion/guidance": {"completion/monitors", "completion/postprocess"},
    "completion/monitors": set(),
    "completion/postprocess": set(),
    "completion/scheduling": {"completion/postprocess"},
    "completion/workspace": {"completion/monitors"},
    "context/index": {"context/index/ignoring"},
    "context/index/ignoring": set(),
    "context/index/process": {"context/index", "context/index/ignoring"},
    "context/prompt": set(),
    "context/retrieval": {"context/index", "context/prompt", "context/sources"},
    "context/sources": {"context/index", "context/prompt"},
    "engine/constraints": {"engine/vocabulary"},
    "engine/decoding": {"engine/constraints", "engine/files", "engine/model", "engine/vocabulary"},
    "engine/files": set(),
    "engine/loading": {
        "engine/decoding",
        "engine/files",
        "engine/model",
        "engine/store",
        "engine/vocabulary",
    },
    "engine/model": {"engine/files"},
    "engine/store": {"engine/files"},
    "engine/vocabulary": {"engine/files"},
    "evaluation/metrics": set(),
    "evaluation/reports": {"evaluation/metrics", "evaluation/runs"},
    "evaluation/runs": {"evaluation/metrics"},
    "evaluation/suites": {"evaluation/metrics", "evaluation/runs"},
    "kernels/machine_code": set(),
    "lsp/client": {"lsp/transport"},
    "lsp/documents": set(),
    "lsp/features": {"lsp/client", "lsp/documents", "lsp/transport"},
    "lsp/transport": set(),
}


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


@pytest.mark.parametrize("folder", sorted(INNER))
def test_a_part_of_a_package_imports_only_those_below_it(folder: str) -> None:
    package = folder.split("/")[0]
    for path in (ROOT / folder).glob("*.py"):
        for module in imported_modules(path):
            imported = module.removeprefix("holesmith.").replace(".", "/")
            home = imported if (ROOT / imported).is_dir() else imported.rpartition("/")[0]
            if module.startswith(f"holesmith.{package}."):
                assert home in {package, folder, *INNER[folder]}, f"{path} imports {module}"


def test_every_part_of_a_package_has_its_place_in_the_order() -> None:
    parts = {path.parent.relative_to(ROOT).as_posix() for package in ALLOWED for path in sources(package)}
    assert parts == set(INNER) | set(PACKAGES) - {"cli"}


@pytest.mark.parametrize("package", [*PACKAGES, "tests"])
def test_no_folder_has_too_many_files_to_know_them_all(package: str) -> None:
    folders = {path.parent for path in sources(package) if "fixtures" not in path.parts}
    for folder in folders:
        files = [path for path in folder.iterdir() if path.suffix == ".py"]
        assert len(files) <= FILES_MAX_OF.get(folder.relative_to(ROOT).as_posix(), FILES_MAX), folder


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_listed_for_installation_and_for_type_checkers(package: str) -> None:
    configuration = (ROOT / "pyproject.toml").read_text()
    for folder in {path.parent for path in sources(package)}:
        assert f'"holesmith.{folder.relative_to(ROOT).as_posix().replace("/", ".")}"' in configuration, folder
    assert (ROOT / ".types" / "holesmith" / package).resolve() == ROOT / package


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_re_exports_nothing(package: str) -> None:
    body = ast.parse((ROOT / package / "__init__.py").read_text()).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs" / "design").glob("*.md")))
def test_every_test_that_a_page_names_exists(page: str) -> None:
    named = re.findall(r"`(tests/[\w/.]+)::(\w+)`", (ROOT / "docs" / "design" / page).read_text())
    assert named or page == "glossary.md"
    for path, test in named:
        assert f"def {test}(" in (ROOT / path).read_text(), f"{path}::{test}"


def test_the_compiler_is_imported_where_it_is_kept_from_reading_the_workspace() -> None:
    for path in sources("kernels"):
        is_known = any(module.split(".")[0] == "numba" for module in imported_modules(path))
        assert is_known == (path.name == "compiler.py"), path


def test_private_names_of_jedi_and_parso_are_used_in_one_file_only() -> None:
    """Also what holds for the whole process: settings, and functions that are replaced."""
    for path in sources("analysis"):
        text = path.read_text()
        if path == ROOT / "analysis/python/parsing/jedi_internals.py":
            continue
        assert "SLF001" not in text, path
        assert "reportPrivateUsage" not in text, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                libraries = [alias.name for alias in node.names if alias.name.startswith(("jedi.", "parso."))]
                assert not libraries, f"{path} imports {libraries}"
            elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("jedi", "parso"):
                names = [alias.name for alias in node.names]
                assert not any(name.startswith("_") or name == "settings" for name in names), (
                    f"{path}: {names}"
                )
