"""Everything that is defined in the product is used by the product, its benchmarks or its scripts.

A definition that only tests name is dead: it is deleted, or it goes to the tests. Names are compared as
words, so a dead definition that shares its name with a living one is not found.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("analysis", "cli", "completion", "context", "engine", "evaluation", "kernels", "lsp", "system")
USERS = (*PACKAGES, "benchmarks", "scripts")

CALLED_BY_OTHERS = {
    "kernels/kept_code.py": "numba calls what these classes override",
    "kernels/compile_process.py on_start": "numba tells this listener of a compilation",
    "analysis/python/evidence/project_facts.py changed_s": "compared as a part of its dataclass",
    "kernels/reference.py": "says in plain torch what the kernels compute; the tests compare them with it",
    "engine/vocabulary/vocabulary.py special_ids": "by which the tests see that text never becomes special",
    "system/memory.py _fields_": "read by ctypes",
    "analysis/client.py restarts": "by which the tests see that a worker was replaced",
}
EXAMPLE = ROOT / "cli" / "example"


def sources(folders: tuple[str, ...]) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not path.is_relative_to(EXAMPLE):
                yield path, ast.parse(path.read_text("utf-8"))


def names_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.alias(name=name):
                yield name.rpartition(".")[2]
            case ast.Constant(value=str(name)):  # for `getattr`, and types in quotation marks
                yield name
            case ast.MatchClass(kwd_attrs=names):
                yield from names
            case _:
                pass


def definitions_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                if not _is_registered(node):
                    yield node.name
            case _:
                pass
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    for statement in (statement for body in bodies for statement in body):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case _:
                pass


def _is_registered(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Whether its decorator hands it on, as `@server.feature(…)` does."""
    return any(isinstance(each, ast.Call) and _is_method(each.func) for each in node.decorator_list)


def _is_method(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr in ("feature", "command")


def test_no_definition_is_named_by_tests_only() -> None:
    used = {name for _, tree in sources(USERS) for name in names_in(tree)}
    dead = [
        f"{path.relative_to(ROOT).as_posix()} {name}"
        for path, tree in sources(PACKAGES)
        for name in definitions_in(tree)
        if name not in used and not name.startswith("__")
    ]
    unexplained = [each for each in dead if not {each, each.partition(" ")[0]} & CALLED_BY_OTHERS.keys()]
    assert not unexplained
    stale = [place for place in CALLED_BY_OTHERS if not any(each.startswith(place) for each in dead)]
    assert not stale
