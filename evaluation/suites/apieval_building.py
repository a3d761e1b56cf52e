"""Builds APIEval-style rows, for both tasks, from any folder of Python repositories."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.source_tree import SourceFile, source_files
from holesmith.evaluation.suites.python_apis import apis_of, module_of, parsed

# A shorter sentence says too little to be a request.
REQUEST_WORDS_MIN = 4
Row = Mapping[str, object]


def repositories_in(folder: Path) -> list[Path]:
    """Return the folders of a folder. Raises EvaluationError if there is none."""
    if not folder.is_dir():
        raise EvaluationError(f"{folder}: no such folder")
    found = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not found:
        raise EvaluationError(f"{folder}: no folder of a repository is in it")
    return found


def token_rows(repository: Path) -> Iterator[Row]:
    """Yield a row for every call ``receiver.name(…)`` of an imported API whose name the repository defines.

    The receiver was imported from this repository, or is an instance of a class that was.
    """
    defined_in: dict[str, list[str]] = {}
    for api in apis_of(repository):
        files = defined_in.setdefault(api.name, [])
        if api.file not in files:
            files.append(api.file)
    modules = {module_of(file.path) for file in source_files(repository, "python")}
    for file in source_files(repository, "python"):
        tree = parsed(file)
        if tree is not None:
            yield from _rows_of_file(repository.name, file, tree, defined_in, modules)


@dataclass(frozen=True, slots=True)
class _Receiver:
    kind: str
    module: str
    class_name: str | None


def _rows_of_file(
    repository: str,
    file: SourceFile,
    tree: ast.Module,
    defined_in: Mapping[str, list[str]],
    modules: set[str],
) -> Iterator[Row]:
    imported = _local_imports(tree, file.path, modules)
    receivers = {
        name: _Receiver("imported_module_or_class", module, None) for name, module in imported.items()
    }
    receivers = {**_variables(tree, imported), **receivers}
    lines = file.text.split("\n")
    path = f"{repository}/{file.path}"
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=target) as attribute):
                name, place = _spelt(value), _place(attribute, lines)
                receiver = receivers.get(name or "")
                if receiver is not None and target in defined_in and place is not None:
                    line, column = place
                    yield {
                        "id": f"{repository}/{path}:{line}:{column}",
                        "repo_zip": repository,
                        "file": path,
                        "line": line,
                        "col": column,
                        "receiver": name,
                        "receiver_kind": receiver.kind,
                        "imported_from": receiver.module,
                        "class": receiver.class_name,
                        "target": target,
                        "defined_in": [f"{repository}/{each}" for each in defined_in[target]],
                    }
            case _:
                pass


def _place(attribute: ast.Attribute, lines: list[str]) -> tuple[int, int] | None:
    """Return the line and column of the attribute's name, in characters from 0.

    None if the attribute is split over lines.
    """
    if attribute.end_lineno is None or attribute.end_col_offset is None:
        return None
    line = lines[attribute.end_lineno - 1]
    stop = len(line.encode()[: attribute.end_col_offset].decode(errors="replace"))
    start = stop - len(attribute.attr)
    fits = line[:start].endswith(".") and line[start:stop] == attribute.attr
    return (attribute.end_lineno - 1, start) if fits else None


def _local_imports(tree: ast.Module, path: str, modules: set[str]) -> dict[str, str]:
    """Return the names that imports of this repository's modules bind, each with its module."""
    package = module_of(path).split(".")
    if not path.endswith("__init__.py"):
        package = package[:-1]
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                within = f"{module}.{alias.name}"
                if module in modules or within in modules:
                    found[alias.asname or alias.name] = within if within in modules else module
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in modules and (alias.asname or "." not in alias.name):
                    found[alias.asname or alias.name] = alias.name
    return found


def _variables(tree: ast.Module, imported: Mapping[str, str]) -> dict[str, _Receiver]:
    """Return the variables, and attributes of self, whose class was imported.

    The class is known from a call of it or from an annotation. Variables that such a variable is assigned to
    count too.
    """
    found: dict[str, _Receiver] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[target], value=ast.Call(func=class_node)):
                pass
            case ast.AnnAssign(target=target, annotation=class_node):
                pass
            case ast.arg(arg=name, annotation=ast.expr() as class_node):
                target = ast.Name(name)
            case _:
                continue
        variable, class_name = _spelt(target), _class_named(class_node)
        if variable and class_name in imported and class_name[:1].isupper():
            found[variable] = _Receiver("variable_of_imported_class", imported[class_name], class_name)
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[target], value=value):
                variable, source = _spelt(target), _spelt(value)
                if variable and source in found:
                    found.setdefault(variable, found[source])
            case _:
                pass
    return found


def _spelt(node: ast.AST) -> str | None:
    """Return ``name`` or ``self.name``; None for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return f"self.{name}"
        case _:
            return None


def _class_named(node: ast.expr) -> str:
    """Return the class of an annotation or a call, also in ``Optional[…]`` or ``… | None``; empty if none."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Constant(value=str(name)):
            return name
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return _class_named(inner)
        case ast.BinOp(left=left, right=ast.Constant(value=None)):
            return _class_named(left)
        case _:
            return ""


def conversation_rows(repository: Path) -> Iterator[Row]:
    """Yield a request for every public API whose documentation begins with a sentence that does not name it.

    A name that several APIs share is left out, because the request would have several right answers.
    """
    apis = [api for api in apis_of(repository) if api.is_public]
    counts: dict[str, int] = {}
    for api in apis:
        counts[api.name] = counts.get(api.name, 0) + 1
    for api in apis:
        request = first_sentence(api.documentation)
        says_it = api.name.lower() in request.lower().split()
        if counts[api.name] == 1 and len(request.split()) >= REQUEST_WORDS_MIN and not says_it:
            yield {
                "id": f"{repository.name}/{api.qualified_name}",
                "repo_zip": repository.name,
                "file": f"{repository.name}/{api.file}",
                "request": request,
                "target": api.name,
                "qualified_name": api.qualified_name,
            }


def first_sentence(text: str) -> str:
    found = re.match(r"(.+?[.!?])(?:\s|\Z)", text)
    return (found[1] if found else text).strip()
