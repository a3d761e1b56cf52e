"""The prompt of the last suggestion as a document: its parts in order, with their sources and tokens."""

from collections.abc import Iterator, Sequence

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
    """Return the prompt as a document, or the reason why there is none."""
    answer = explained.answer
    if not answer.prompt_parts:
        told = paragraph("The model was not asked: ", because(answer))
        if answer.finish != "none":
            told = paragraph("The prompt was not kept.")
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
    """Yield a section for each part but the markers; a marker is shown in the section behind it."""
    markers: list[str] = []
    for part in answer.prompt_parts:
        if part.kind == "marker":
            markers += [part.text] if part.text else []
        else:
            yield _part(part, markers, answer, workspace)
            markers = []
    if markers:
        yield Section("The end of the prompt", (_behind(markers),))


def _behind(markers: Sequence[str]) -> Paragraph:
    return paragraph(Span("Behind the model's marker ", "weak"), Span(" ".join(markers), "code"), ".")


def _part(part: PromptPart, markers: Sequence[str], answer: Answer, workspace: str | None) -> Section:
    size = "not in the prompt" if part.kind == "healed" else counted(part.tokens, "token")
    name = f"{PARTS[part.kind]}: {part.path}" if part.path else PARTS[part.kind]
    blocks: list[Block] = [_behind(markers)] if markers else []
    if part.kind == "healed":
        blocks.append(paragraph(Span(part.text.replace(" ", "␣"), "code")))
    else:
        shown = [use for use in answer.context if part.path and use.path == part.path and use.tokens]
        blocks += [*(_source(use, workspace) for use in shown), Code(part.text)]
    return Section(f"{name} ({size})", tuple(blocks))


def _source(use: SnippetUse, workspace: str | None) -> Paragraph:
    place = snippet_place(use, workspace)
    return paragraph("From ", Span(use.source, "strong"), ", ", place, f": {use.reason}.")
