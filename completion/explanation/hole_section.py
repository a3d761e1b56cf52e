"""The knowledge of static analysis about the hole, as a section of the explanation."""

from collections.abc import Iterator

from holesmith.completion.explanation.document import Block, Paragraph, Section, Span, Table, code, paragraph
from holesmith.completion.explanation.sentences import HOLES, milliseconds, sentence
from holesmith.completion.workspace.hole_report import Asked, HoleReport


def hole_section(hole: HoleReport) -> Section:
    """Return the section."""
    blocks: list[Block] = [Paragraph(tuple(_kind(hole)))]
    if hole.expected is not None:
        told = f", by the {hole.expected.origin}" if hole.expected.origin else ""
        blocks.append(paragraph("Expected type: ", code(hole.expected.type), f"{told}."))
        if hole.expected.literals:
            blocks.append(paragraph("It is one of ", code(", ".join(hole.expected.literals)), "."))
    elif hole.asked:
        blocks.append(paragraph("Any type would do there, or the expected one is not known."))
    if hole.reason:
        blocks.append(paragraph(sentence(f"static analysis was not asked: {hole.reason}")))
    if hole.environment is not None:
        blocks.append(paragraph("Static analysis: ", hole.environment, "."))
    if hole.asked:
        rows = tuple(_row(asked) for asked in hole.asked)
        blocks.append(Table(("question", "answer", "time"), rows, numbers=(2,)))
    return Section("What is missing there", tuple(blocks))


def _kind(hole: HoleReport) -> Iterator[Span]:
    if hole.kind == "unknown":
        yield Span("What is missing there can't be told from the text before the cursor.")
        return
    yield Span("Missing is ")
    yield Span(HOLES[hole.kind], "strong")
    if hole.argument is not None and hole.kind == "argument":
        yield Span(f" (number {hole.argument + 1})")
    if hole.keyword is not None:
        yield Span(", by the keyword ")
        yield code(hole.keyword)
    if hole.subject is not None:
        yield Span(" of ")
        yield code(hole.subject)
    if hole.enclosing is not None:
        yield Span(f", in {HOLES[hole.enclosing]}")
    if hole.operator is not None:
        yield Span(", behind the operator ")
        yield code(hole.operator)
    if hole.word:
        yield Span("; its beginning ")
        yield code(hole.word)
        yield Span(" is typed")
    yield Span(".")


def _row(asked: Asked) -> tuple[Span, ...]:
    return Span(asked.question), _answer(asked), Span(milliseconds(asked.elapsed_ms), "weak")


def _answer(asked: Asked) -> Span:
    if asked.found is None:
        return Span(f"given up: {asked.reason}", "weak")
    if asked.is_complete is None:
        return Span(asked.found)
    if asked.is_complete:
        return Span(f"{asked.found}, all there are")
    because = f": {asked.reason}" if asked.reason else ""
    return Span(f"{asked.found}, perhaps more{because}")
