"""The prompt of the last suggestion as a document: its parts in order, where each came from, its tokens."""

from collections.abc import Iterator
from itertools import groupby

from holesmith.completion.answer import Answer, PromptPart, SnippetUse
from holesmith.completion.explanation.context_section import snippet_place
from holesmith.completion.explanation.document import (
    Block,
    Code,
    Document,
    Paragraph,
    Section,
    Span,
    Table,
    paragraph,
)
from holesmith.completion.explanation.explanation import Explained, where
from holesmith.completion.explanation.sentences import PARTS, because, counted

TITLE = "Holesmith: the last prompt"


def prompt_page(explained: Explained) -> Document:
    answer = explained.answer
    if not answer.prompt_parts:
        told = paragraph("The model was not asked: ", because(answer))
        return Document(TITLE, (Section("No prompt", (where(explained), told)),))
    workspace = explained.snapshot.workspace if explained.snapshot is not None else None
    return Document(TITLE, (_overview(explained), *_parts(answer, workspace)))


def _overview(explained: Explained) -> Section:
    answer = explained.answer
    tokens: dict[str, int] = {}
    for part in answer.prompt_parts:
        tokens[PARTS[part.kind]] = tokens.get(PARTS[part.kind], 0) + part.tokens
    rows = tuple((Span(kind), Span(f"{count:,}")) for kind, count in tokens.items())
    size = paragraph(
        f"{counted(answer.prompt_tokens, 'token')} for the model ",
        Span(answer.model, "code"),
        ", in this order:",
    )
    return Section("The prompt", (where(explained), size, Table(("part", "tokens"), rows, numbers=(1,))))


def _parts(answer: Answer, workspace: str | None) -> Iterator[Section]:
    """A marker has a section with its neighbours: alone it would be a line of its own without a sense."""
    for is_marker, group in groupby(answer.prompt_parts, key=lambda part: part.kind == "marker"):
        parts = list(group)
        if is_marker:
            shown = " ".join(part.text for part in parts if part.text)
            if shown:
                yield Section(
                    f"Marker {shown}",
                    (paragraph(Span("It tells the model what comes next.", "weak")),),
                    is_open=False,
                )
        else:
            yield from (_part(part, answer, workspace) for part in parts)


def _part(part: PromptPart, answer: Answer, workspace: str | None) -> Section:
    size = "not in the prompt" if part.kind == "healed" else counted(part.tokens, "token")
    name = f"{PARTS[part.kind]}: {part.path}" if part.path else PARTS[part.kind]
    sources = [
        _source(use, workspace)
        for use in answer.context
        if part.path and use.path == part.path and use.tokens
    ]
    if part.kind == "healed":
        return Section(f"{name} ({size})", (paragraph(Span(part.text.replace(" ", "␣"), "code")),))
    blocks: tuple[Block, ...] = (*sources, Code(part.text))
    return Section(f"{name} ({size})", blocks)


def _source(use: SnippetUse, workspace: str | None) -> Paragraph:
    place = snippet_place(use, workspace)
    return paragraph("From ", Span(use.source, "strong"), ", ", place, f": {use.reason}.")
