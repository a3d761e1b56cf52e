"""Import statements for the names that this file uses and nothing in it binds, at a hole in an import.

The statements are those of the rest of the repository, or follow from its definitions. LANCE (arXiv
2405.04600) goes from a file's imports to the APIs that it may use; this source goes the other way.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from holesmith.context.index.python_modules import module_of, module_of_import, relative_to
from holesmith.context.index.reader import Index
from holesmith.context.snippet import Snippet
from holesmith.context.surroundings import Surroundings

# Missing names that are looked up, and statements that are shown.
NAMES_MAX = 24
STATEMENTS_MAX = 12
_MODULE = re.compile(r"from +(\.|\w)")


def snippets(around: Surroundings, index: Index) -> Iterator[Snippet]:
    """Yield the statements as one snippet, those that continue the line at the cursor if there are any."""
    statements = list(statements_for(around.request.missing[:NAMES_MAX], around, index))
    begun = begun_line(around.request.prefix)
    fitting = [each for each in statements if each.startswith(begun)] or statements
    if fitting:
        yield Snippet(
            text="\n".join(fitting[:STATEMENTS_MAX]),
            source="missing_imports",
            path=around.request.path,
            span=None,
            score=1.0,
            reason="the file uses these names and nothing in it binds them",
        )


def begun_line(prefix: str) -> str:
    """Return the text before the cursor on its line, without indentation."""
    return prefix.rpartition("\n")[2].lstrip()


def statements_for(names: tuple[str, ...], around: Surroundings, index: Index) -> Iterator[str]:
    """Yield one statement for each module, in the style of the file, sorted by the modules' names."""
    path = PurePosixPath(around.request.path)
    own = module_of(path, index)
    begun = _MODULE.match(begun_line(around.request.prefix))
    is_relative = begun[1] == "." if begun is not None else any(each.level for each in around.imports)
    listed: dict[str, list[str]] = {}
    for name, module in modules_of(names, around.request.path, index).items():
        if module not in ("", own):  # a root that is a package has no name of its own
            listed.setdefault(module, []).append(name)
    for module in sorted(listed):
        written = relative_to(module, path, index) if is_relative else None
        yield f"from {written or module} import {', '.join(sorted(listed[module]))}"


def modules_of(names: tuple[str, ...], path: str, index: Index) -> dict[str, str]:
    """Return the module from which each name is imported most often, else the module that defines it."""
    votes: dict[str, Counter[str]] = {name: Counter() for name in names}
    for each in index.definitions(names, languages=("python",)):
        if each.symbol.parent is None and each.path.endswith((".py", ".pyi")) and each.path != path:
            votes[each.symbol.name][module_of(PurePosixPath(each.path), index)] += 1
    for importer, statement in index.importers(names):
        if importer.endswith((".py", ".pyi")):
            module = module_of_import(statement, PurePosixPath(importer), index)
            for name, alias in statement.names:
                if name in votes and name == alias:
                    votes[name][module] += 1
    return {name: max(sorted(found), key=found.__getitem__) for name, found in votes.items() if found}
