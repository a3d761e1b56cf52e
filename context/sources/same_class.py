"""The signatures of the class around the hole that the prompt does not show anyway, and of its parents."""

from collections.abc import Iterator

from holesmith.context.index.reader import Index
from holesmith.context.snippet import LineSpan, Snippet
from holesmith.context.stubs import stub_lines, stub_of
from holesmith.context.surroundings import Surroundings

# Parent classes that become snippets.
PARENTS_MAX = 3


def snippets(around: Surroundings, index: Index) -> Iterator[Snippet]:
    """Yield the hidden members of the class as one snippet, then a stub of each parent class."""
    language = around.request.language
    symbols = around.parsed.symbols
    class_ = next((symbol for symbol in reversed(around.enclosing) if symbol.kind == "class"), None)
    if class_ is None:
        return
    ordinal = symbols.index(class_)
    hidden = [
        member
        for member in symbols[ordinal + 1 :]
        if member.parent == ordinal and not around.shown.start <= member.start_line < around.shown.stop
    ]
    if hidden:
        body = [f"    {line}" for member in hidden for line in stub_lines(language, member)]
        opening = f"{class_.signature}:" if language == "python" else f"{class_.signature} {{"
        yield Snippet(
            text="\n".join([opening, *body]),
            source="same_class",
            path=around.request.path,
            span=None,
            score=1.0,
            reason=f"members of {class_.name} that the prompt would not show",
        )
    for rank, parent in enumerate(parents(class_.bases, around, index)):
        yield Snippet(
            text=stub_of(language, index.symbols(parent[0]), parent[1]),
            source="same_class",
            path=parent[0],
            span=LineSpan(*parent[2]),
            score=0.8 / (1 + 0.3 * rank),
            reason=f"{class_.name} extends it",
        )


def parents(
    names: tuple[str, ...], around: Surroundings, index: Index
) -> list[tuple[str, int, tuple[int, int]]]:
    """Return path, ordinal and lines of each named class; of several with one name, the one in the nearest
    file.
    """
    definitions = index.definitions(names, languages=around.languages)
    found = [each for each in definitions if each.symbol.kind == "class"]
    near = around.request.path.split("/")[:-1]
    found.sort(key=lambda each: (each.path.split("/")[:-1] != near, each.path))
    first = {each.symbol.name: each for each in reversed(found)}
    return [
        (each.path, each.ordinal, (each.symbol.start_line, each.symbol.stop_line))
        for name in names[:PARENTS_MAX]
        if (each := first.get(name)) is not None
        and not (each.path == around.request.path and each.symbol.start_line >= around.shown.start)
    ]
