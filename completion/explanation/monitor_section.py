"""The monitors' work, as a section of the explanation: refused text, and the text
that stands there instead.
"""

from collections.abc import Iterator

from holesmith.completion.explanation.document import Block, Paragraph, Section, Span, Table, code, paragraph
from holesmith.completion.explanation.sentences import OUTCOMES, TRIGGERS, counted, milliseconds
from holesmith.completion.monitor_report import Fired, MonitorReport, Refusal


def monitor_section(report: MonitorReport) -> Iterator[Section]:
    """Yield the section; none if no monitor had anything to look at."""
    if not (report.fired or report.refusals or report.objection):
        return
    blocks: list[Block] = [Paragraph(tuple(_refusal(refusal))) for refusal in report.refusals]
    if not blocks:
        blocks.append(paragraph("The monitors refused nothing."))
    if report.objection:
        blocks.append(paragraph("The last check of the finished text: ", Span(report.objection, "bad"), "."))
    if report.waited_ms >= 1:
        blocks.append(
            paragraph(f"The finished text was held back {milliseconds(report.waited_ms)} for answers.")
        )
    if report.fired:
        rows = tuple(_row(fired) for fired in report.fired)
        blocks.append(Table(("looked at", "what", "outcome", "answer after"), rows, numbers=(3,)))
    yield Section("What static analysis made of the text", tuple(blocks))


def _refusal(refusal: Refusal) -> Iterator[Span]:
    yield Span("The model wrote ")
    yield Span(refusal.text, "code")
    kind = TRIGGERS[refusal.kind]
    choices = counted(refusal.choices, "possible one")
    if refusal.penalty is None:
        yield Span(f", which is no {kind} there ({choices})")
    else:
        yield Span(f", and there are {choices} that fit better as {kind}")
    if refusal.instead and refusal.instead != refusal.text:
        yield Span("; ")
        yield code(refusal.instead)
        yield Span(" stands there instead.")
    elif refusal.instead:
        yield Span("; it stayed, for nothing else was likely enough.")
    else:
        yield Span("; nothing stands there now.")


def _row(fired: Fired) -> tuple[Span, ...]:
    outcome = OUTCOMES[fired.outcome]
    said = f"{outcome}: {fired.reason}" if fired.reason else outcome
    after = milliseconds(fired.answer_ms) if fired.answer_ms else "at once"
    return Span(TRIGGERS[fired.kind]), Span(fired.text, "code"), Span(said), Span(after, "weak")
