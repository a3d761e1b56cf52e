"""The state of the server as a document: problems with their remedies first, then everything else."""

from collections.abc import Sequence

from holesmith.completion.explanation.document import Block, Document, Section, Span, Table, code, paragraph
from holesmith.completion.explanation.sentences import counted, milliseconds, sentence
from holesmith.completion.status import Status

TITLE = "Holesmith: status"
_HEALTH = {
    "stopped": "The model is not loaded.",
    "loading": "The model is being loaded.",
    "ready": "Ready.",
    "error": "There is a problem.",
}
DOCTOR = "`holesmith doctor` looks at everything that the program needs, and says what to do."


def status_page(
    status: Status, settings_problems: Sequence[str] = (), last_failure: str | None = None
) -> Document:
    """Return the status as a document; ``last_failure`` is the server's own last defect."""
    problems = _problems(status, settings_problems, last_failure)
    sections = [_state(status)]
    if problems:
        sections.insert(0, Section(counted(len(problems), "problem"), (*problems, paragraph(DOCTOR))))
    return Document(TITLE, (*sections, _counts(status)))


def _problems(status: Status, settings_problems: Sequence[str], last_failure: str | None) -> list[Block]:
    told: list[str] = [status.message] if status.health == "error" else []
    told += [] if status.index_failure is None else [status.index_failure]
    told += [f"settings: {problem}" for problem in settings_problems]
    if last_failure is not None:
        told.append(f"a defect of the server ({last_failure}); it goes on, and its log says more")
    return [paragraph(Span(sentence(problem), "bad")) for problem in told]


def _state(status: Status) -> Section:
    kind = {"ready": "good", "error": "bad"}.get(status.health, "strong")
    blocks: list[Block] = [paragraph(Span(_HEALTH[status.health], kind))]  # pyright: ignore[reportArgumentType]
    if status.health in ("loading", "stopped"):
        blocks.append(paragraph(sentence(status.message), f" {_share(status)}" if status.progress else ""))
    if status.model is not None:
        device = f" on {status.device}" if status.device else ""
        blocks.append(paragraph("Model: ", code(status.model), f"{device}."))
    if status.environment is not None:
        blocks.append(paragraph("Static analysis: ", status.environment, "."))
    if status.activity is not None:
        blocks.append(paragraph("Just now: ", status.activity, "."))
    return Section("State", tuple(blocks))


def _share(status: Status) -> str:
    return f"{100 * (status.progress or 0):.0f} % are done."


def _counts(status: Status) -> Section:
    known = status.typed_along + status.foreseen + status.joined
    rows = (
        ("suggestions asked for", f"{status.requests:,}"),
        ("answered from an earlier suggestion", f"{known:,}"),
        ("made and sent", f"{status.completions:,}"),
        ("given up, because you typed on", f"{status.cancelled:,}"),
        ("failed", f"{status.failures:,}"),
        ("names that static analysis refused", f"{status.refused:,}"),
        ("suggestions that the last check shortened or withheld", f"{status.objections:,}"),
        ("answers of static analysis that came too late", f"{status.late:,}"),
        ("time of the model's work", milliseconds(status.work_ms)),
    )
    cells = tuple((Span(name), Span(value)) for name, value in rows)
    return Section("Since the server was started", (Table(("what", "how much"), cells, numbers=(1,)),))
