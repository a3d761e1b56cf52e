"""The APIs of the local modules that this file imports, the ones in use near the hole first.

Source: LANCE (arXiv 2405.04600): resolve the file's imports to local modules, gather their signatures, and
rank by the variable before the dot and the names near the hole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from holesmith.analysis.outline.import_statements import Import
from holesmith.analysis.outline.symbols import Symbol
from holesmith.context.index.import_targets import files_of_import, nearest
from holesmith.context.index.reader import Index, IndexedSymbol
from holesmith.context.snippet import LineSpan, Snippet
from holesmith.context.stubs import stub_of
from holesmith.context.surroundings import Surroundings

# Definitions that become snippets, and files that are looked at for them.
APIS_MAX = 12
FILES_MAX = 30
# A name used this many lines away counts half as much as one at the hole.
HALF_DISTANCE_LINES = 10
# The score of a name that is only imported.
UNUSED_SCORE = 0.05
# A type named within this many lines of the hole counts without an import, if it has few definitions.
TYPE_LINES = 12
DEFINITIONS_MAX = 3


@dataclass(frozen=True, slots=True)
class ImportedApi:
    """One definition of a local module, with the name that this file uses for it."""

    local_name: str
    path: str
    symbols: tuple[Symbol, ...]
    ordinal: int

    @property
    def symbol(self) -> Symbol:
        return self.symbols[self.ordinal]


def snippets(around: Surroundings, index: Index) -> Iterator[Snippet]:
    """Yield stubs of imported definitions and of classes named near the hole, the most useful first."""
    receiver_type = around.type_of_variable(around.receiver) if around.receiver else None
    apis = list(imported_apis(around, index))
    known = {api.symbol.name for api in apis}
    apis += [api for api in named_types(around, index, receiver_type) if api.symbol.name not in known]
    scored = sorted(
        ((score_of(api, around, receiver_type), number) for number, api in enumerate(apis)), reverse=True
    )
    near = frozenset(name for name, distance in around.distance_of_name.items() if distance <= 20)
    for score, number in scored[:APIS_MAX]:
        api = apis[number]
        symbol = api.symbol
        yield Snippet(
            text=stub_of(around.request.language, api.symbols, api.ordinal, near),
            source="imports",
            path=api.path,
            span=LineSpan(symbol.start_line, symbol.stop_line),
            score=score,
            reason=f"{api.local_name} is {'used nearby' if score > UNUSED_SCORE else 'imported'}",
        )


def imported_apis(around: Surroundings, index: Index) -> Iterator[ImportedApi]:
    """Yield every definition that the imports of this file bring in from the workspace, each once."""
    seen: set[tuple[str, int]] = set()
    files = 0
    for statement in around.imports:
        for path in files_of_import(statement, around.request.path, around.request.language, index):
            files += 1
            if files > FILES_MAX:
                return
            symbols = index.symbols(path)
            for local_name, ordinal in named_by(statement, symbols, PurePosixPath(path).stem):
                if (path, ordinal) not in seen:
                    seen.add((path, ordinal))
                    yield ImportedApi(local_name, path, symbols, ordinal)


def named_types(around: Surroundings, index: Index, receiver_type: str | None) -> Iterator[ImportedApi]:
    """Yield the classes named near the hole, for languages and files in which not
    every name needs an import.
    """
    names = [name for name, distance in around.distance_of_name.items() if distance <= TYPE_LINES]
    type_names = [name for name in names if name[:1].isupper() and not name.isupper()]
    type_names += [receiver_type] if receiver_type else []
    own = around.request.path
    for ordinal, symbol in enumerate(around.parsed.symbols):
        is_hidden = not LineSpan(symbol.start_line, symbol.stop_line).overlap(around.shown)
        if symbol.kind == "class" and symbol.name in type_names and is_hidden:
            yield ImportedApi(symbol.name, own, around.parsed.symbols, ordinal)
    suffix = PurePosixPath(own).suffix
    classes: dict[str, list[IndexedSymbol]] = {}
    for indexed in index.definitions(tuple(dict.fromkeys(type_names))):
        has_same_suffix = PurePosixPath(indexed.path).suffix == suffix
        if indexed.symbol.kind == "class" and indexed.path != own and has_same_suffix:
            classes.setdefault(indexed.symbol.name, []).append(indexed)
    for name, definitions in classes.items():
        if len(definitions) <= DEFINITIONS_MAX:
            path = nearest([indexed.path for indexed in definitions], PurePosixPath(own))[0]
            chosen = next(indexed for indexed in definitions if indexed.path == path)
            yield ImportedApi(name, path, index.symbols(path), chosen.ordinal)


def named_by(statement: Import, symbols: Sequence[Symbol], module: str) -> Iterator[tuple[str, int]]:
    """Yield the top-level definitions that ``statement`` names, each with the name by which the file uses it.

    If the statement names the ``module`` itself, these are all of the module's, used through the module's
    name.
    """
    imported = dict(statement.names)
    alias = imported.get(module) or (statement.alias or module if not imported else None)
    takes_all = alias is not None or "*" in imported or "default" in imported
    for ordinal, symbol in enumerate(symbols):
        if symbol.parent is not None:
            continue
        if symbol.name in imported:
            yield imported[symbol.name], ordinal
        elif takes_all and symbol.kind != "field" and not symbol.name.startswith("_"):
            yield alias or symbol.name, ordinal


def score_of(api: ImportedApi, around: Surroundings, receiver_type: str | None) -> float:
    """Return the score of a definition: 1 for the receiver at the hole, less for a name used farther away."""
    if receiver_type == api.symbol.name or around.receiver == api.local_name:
        return 1.0
    distance = around.distance_of_name.get(api.local_name)
    is_only_imported = distance is None or is_import_line(around, api.local_name, distance)
    if distance is None or is_only_imported:
        return UNUSED_SCORE
    return max(UNUSED_SCORE, 0.9 * HALF_DISTANCE_LINES / (HALF_DISTANCE_LINES + distance))


def is_import_line(around: Surroundings, name: str, distance: int) -> bool:
    """True if the nearest use of ``name`` is the import statement itself."""
    line = around.hole_line - distance
    return any(
        statement.line <= line <= statement.line + 30 and any(name == local for _, local in statement.names)
        for statement in around.imports
    )
