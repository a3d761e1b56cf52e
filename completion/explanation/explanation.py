"""Explain a suggestion, or the lack of one, as a document: from known facts, without asking anybody."""

from collections.abc import Iterator
from dataclasses import dataclass

from holesmith.completion.answer import Answer
from holesmith.completion.explanation.context_section import context_sections
from holesmith.completion.explanation.document import (
    Bar,
    Bars,
    Block,
    Code,
    Document,
    Link,
    Paragraph,
    Section,
    Span,
    code,
    paragraph,
)
from holesmith.completion.explanation.hole_section import hole_section
from holesmith.completion.explanation.monitor_section import monitor_section
from holesmith.completion.explanation.sentences import (
    MODEL_ENDED,
    STAGES,
    because,
    milliseconds,
    remedy_for,
    sentence,
)
from holesmith.completion.secret_documents import is_withheld
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.workspace.hole_report import HoleReport

TITLE = "Holesmith: the last suggestion explained"
NOTHING_YET = "Nothing was asked for yet: type something, or ask for a suggestion by hand."


@dataclass(frozen=True, slots=True)
class Explained:
    """The data of an explanation.

    ``snapshot`` is None if none could be taken; ``place`` then says which document it was. ``hole`` is None
    if nothing may be shown of the document. ``newer`` is the reason why a later request ended before the
    model was asked; "" if there was none.
    """

    answer: Answer
    snapshot: Snapshot | None
    place: str = ""
    hole: HoleReport | None = None
    newer: str = ""


def explanation(explained: Explained) -> Document:
    """Return the explanation of one answer."""
    answer = explained.answer
    workspace = explained.snapshot.workspace if explained.snapshot is not None else None
    return Document(
        TITLE,
        (
            _suggestion(explained),
            _reason(explained),
            *_alternatives(answer),
            *([] if explained.hole is None else [hole_section(explained.hole)]),
            *context_sections(answer, workspace),
            *monitor_section(answer.monitors),
            *_times(answer),
        ),
    )


def nothing_to_explain(title: str = TITLE) -> Document:
    """Return the document that is shown before the first request."""
    return Document(title, (Section("Nothing yet", (paragraph(NOTHING_YET),)),))


def where(explained: Explained) -> Paragraph:
    """Return the document and the cursor's line, as a link, and the text before the cursor there.

    Of a document that holds secrets, return only its name.
    """
    snapshot = explained.snapshot
    if snapshot is None:
        return paragraph("In ", Span(explained.place, "strong"), ".")
    if is_withheld(snapshot):
        return paragraph("In ", Span(snapshot.path, "strong"), ".")
    line = snapshot.prefix.count("\n") + 1
    path = snapshot.file_path
    link = None if path is None else Link(path, line)
    before = snapshot.prefix[snapshot.prefix.rfind("\n") + 1 :]
    behind = (" behind ", code(before.strip())) if before.strip() else (" on an empty line",)
    return paragraph("At ", Span(f"{snapshot.path}:{line}", "strong", link), *behind, ".")


def _suggestion(explained: Explained) -> Section:
    answer = explained.answer
    blocks: list[Block] = [where(explained)]
    if answer.completion is not None:
        return Section("The suggestion", (*blocks, Code(answer.completion.text)))
    if answer.generated.strip():
        blocks += [paragraph("The model wrote this, and none of it was shown:"), Code(answer.generated)]
    return Section("No suggestion", tuple(blocks))


def _reason(explained: Explained) -> Section:
    answer = explained.answer
    blocks: list[Block] = []
    if answer.completion is not None:
        percent = f"{100 * answer.completion.confidence:.0f}\u00a0%"
        blocks.append(
            paragraph(
                because(answer),
                " The model gives its first line a probability of ",
                Span(percent, "strong"),
                ".",
            )
        )
    else:
        blocks.append(paragraph(Span(because(answer), "strong")))
        if remedy := remedy_for(answer.reason):
            blocks.append(paragraph(remedy))
    if answer.finish == "none":
        blocks.append(paragraph("The model was not asked."))
    elif ended := MODEL_ENDED.get(answer.finish):
        blocks.append(paragraph("The model ", code(answer.model), f" wrote {_extent(answer)}. {ended}"))
    if explained.newer:
        blocks.append(
            paragraph(Span(f"The last request of all was not given to the model: {explained.newer}.", "weak"))
        )
    return Section("Why it was shown" if answer.completion else "Why nothing was shown", tuple(blocks))


def _extent(answer: Answer) -> str:
    lines = answer.generated.strip("\n").count("\n") + 1
    return "one line" if lines == 1 else f"{lines} lines"


def _alternatives(answer: Answer) -> Iterator[Section]:
    if answer.alternatives:
        codes = tuple(Code(each.text) for each in answer.alternatives)
        yield Section("Other suggestions", codes, is_open=False)


def _times(answer: Answer) -> Iterator[Section]:
    """Yield a bar for each stage; the rest of the time was spent waiting for answers of static analysis."""
    stages = {STAGES.get(name, name): value for name, value in answer.timings_ms.items() if name != "total"}
    rest = answer.timings_ms.get("total", 0.0) + answer.timings_ms.get("wait", 0.0) - sum(stages.values())
    if rest >= 1:
        stages["anything else"] = rest
    whole = sum(stages.values())
    if whole < 1:
        return
    bars = tuple(
        Bar(name, milliseconds(value), value / whole) for name, value in stages.items() if value >= 0.05
    )
    yield Section("Time", (paragraph(sentence(f"{milliseconds(whole)} in all")), Bars(bars)))
