"""The functions, methods and classes that a Python repository defines, by syntax; nothing is imported."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from holesmith.evaluation.source_tree import SourceFile, source_files

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Api:
    """A definition.

    ``qualified_name`` has the module and the class; ``parameters`` has the brackets, and no self.
    ``documentation`` is the docstring's first paragraph on one line; empty if there is none. ``kind`` is
    "class" or "function".
    """

    file: str
    qualified_name: str
    kind: str
    parameters: str
    documentation: str

    @property
    def name(self) -> str:
        return self.qualified_name.rpartition(".")[2]

    @property
    def is_public(self) -> bool:
        return not self.name.startswith("_")


def apis_of(root: Path) -> Iterator[Api]:
    """Yield all definitions at the top of a module or of a class in it, by file.

    Files with errors are left out.
    """
    for file in source_files(root, "python"):
        tree = parsed(file)
        if tree is not None:
            yield from _defined(tree.body, file.path, module_of(file.path))


def parsed(file: SourceFile) -> ast.Module | None:
    """Parse a file; None for a file that this Python can't parse."""
    try:
        return ast.parse(file.text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def module_of(path: str) -> str:
    """Return the dotted name of a file's module, from the repository's root."""
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _defined(body: list[ast.stmt], file: str, owner: str) -> Iterator[Api]:
    for node in body:
        if isinstance(node, Definition):
            name = f"{owner}.{node.name}" if owner else node.name
            yield Api(file, name, _kind(node), _parameters(node), _documentation(node))
            if isinstance(node, ast.ClassDef):
                yield from _defined(node.body, file, name)


def _kind(node: Definition) -> str:
    return "class" if isinstance(node, ast.ClassDef) else "function"


def _parameters(node: Definition) -> str:
    if isinstance(node, ast.ClassDef):
        functions = (each for each in node.body if isinstance(each, ast.FunctionDef))
        made = next((each for each in functions if each.name == "__init__"), None)
        return _parameters(made) if made else "()"
    arguments = ast.unparse(node.args)
    for implied in ("self", "cls"):
        arguments = arguments.removeprefix(implied).removeprefix(", ")
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"({arguments}){returns}"


def _documentation(node: Definition) -> str:
    text = ast.get_docstring(node) or ""
    return " ".join(text.split("\n\n")[0].split())
