"""ChatLSP: requests that give any language model what static analysis knows about a hole.

The requests come from "Statically Contextualizing Large Language Models with Typed Holes" (Blinn et al.,
2024). Every answer has a ``reason``, which is empty if the answer has content. A document that holds secrets
gets no answer, because the client may send an answer anywhere. Text from the workspace is always quoted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from holesmith.analysis.answers import ExpectedType, StaticError
from holesmith.analysis.questions import (
    ExpectedTypeQuestion,
    Question,
    RelevantHeadersQuestion,
    RelevantTypesQuestion,
    Source,
    StaticErrorsQuestion,
)
from holesmith.completion.hole_context import HoleContext
from holesmith.completion.secret_documents import WITHHELD, is_withheld
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.visible_text import code_block, code_span, plain_markdown, visible
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.completion.workspace.hole_report import HoleReport, hole_report
from holesmith.lsp.documents.documents import Document
from holesmith.lsp.session import Session
from holesmith.lsp.snapshots import AtPosition, SnapshotAt, Unavailable, snapshot_at
from holesmith.lsp.transport.messages import ErrorReportParams
from lsprotocol import types

# Longer than while typing: a client that asks is going to wait for a language model anyway.
_DEADLINE_MS = 5_000.0

AI_TUTORIAL = """\
You fill a hole in a program: text is missing at the cursor, and what you write is inserted there.

1. `chatlsp/expectedType` says what the missing expression should evaluate to. Write one of that type.
2. `chatlsp/relevantTypes` gives the definitions of the types involved. Use only members that they have.
3. `chatlsp/relevantHeaders` gives names that yield the expected type, the most useful first. Prefer them to
   code of your own; where one has an import line, the name is not in scope until that line is added.
4. `chatlsp/errorReport` checks your text in place. Correct what it reports and ask again, at most twice.

Reply with the missing text only: no explanation, no code fence, nothing that stands around it already."""

A = TypeVar("A")
Json = dict[str, object]


class ChatLsp:
    """The handlers of the ChatLSP requests. They use the analysis worker, never the model."""

    def __init__(self, session: Session, analyses: Workspaces) -> None:
        self._session = session
        self._analyses = analyses

    async def expected_type(self, params: AtPosition) -> Json:
        taken = self._take(params)
        if isinstance(taken, Unavailable):
            return {"content": None, "location": None, "reason": taken.reason}
        snapshot = taken.snapshot
        answer, reason = await self._ask(snapshot, ExpectedTypeQuestion(_source(snapshot), snapshot.offset))
        expected = answer.expected if answer is not None else None
        position = taken.place.position
        return {
            "content": None if expected is None else _markdown(_sentence(expected)),
            "location": types.Location(taken.place.uri, types.Range(position, position)),
            "type": visible(expected.type) if expected else None,
            "origin": visible(expected.origin) if expected else None,
            "literals": list(map(visible, expected.literals)) if expected else [],
            "reason": reason or ("" if expected else "any type would do, or nothing is known"),
        }

    async def relevant_types(self, params: AtPosition) -> Json:
        taken = self._take(params)
        if isinstance(taken, Unavailable):
            return _listed((), taken.reason)
        snapshot = taken.snapshot
        question = RelevantTypesQuestion(_source(snapshot), snapshot.offset)
        answer, reason = await self._ask(snapshot, question)
        definitions = answer.definitions if answer else ()
        return _listed(
            ((definition.text, definition.path, definition.line) for definition in definitions), reason
        )

    async def relevant_headers(self, params: AtPosition) -> Json:
        taken = self._take(params)
        if isinstance(taken, Unavailable):
            return _listed((), taken.reason)
        snapshot = taken.snapshot
        question = RelevantHeadersQuestion(_source(snapshot), snapshot.offset)
        answer, reason = await self._ask(snapshot, question)
        headers = answer.headers if answer else ()
        texts = (
            (f"{header.import_line}\n{header.text}" if header.import_line else header.text)
            for header in headers
        )
        places = ((header.path, header.line) for header in headers)
        return _listed(((text, *place) for text, place in zip(texts, places, strict=True)), reason)

    async def error_report(self, params: ErrorReportParams) -> Json:
        """The errors that ``text``, inserted at the position, would have or cause.

        The ranges count in the document with the text inserted.
        """
        taken = self._take(params)
        if isinstance(taken, Unavailable):
            return {"content": None, "errors": [], "reason": taken.reason}
        snapshot = taken.snapshot
        filled = snapshot.prefix + params.text + snapshot.suffix
        stop = snapshot.offset + len(params.text)
        question = StaticErrorsQuestion(Source(snapshot.file_path, filled), snapshot.offset, stop)
        answer, reason = await self._ask(snapshot, question)
        errors = answer.errors if answer else ()
        return {
            "content": _markdown("\n".join(f"- {plain_markdown(error.message)}" for error in errors))
            if errors
            else None,
            "errors": _diagnosed(errors, filled, taken),
            "reason": reason or ("" if errors else "no errors were found"),
        }

    async def hole(self, params: AtPosition) -> Json | None:
        """The typed hole for ``holesmith/explain``: what analysis knows and does not know of the hole."""
        taken = self._take(params)
        if isinstance(taken, Unavailable):
            return None
        return asdict(await self._report_on(taken.snapshot))

    async def hole_of(self, snapshot: Snapshot) -> HoleReport | None:
        """The report on the hole of an earlier snapshot; None if its document is withheld as secret."""
        return None if is_withheld(snapshot) else await self._report_on(snapshot)

    async def _report_on(self, snapshot: Snapshot) -> HoleReport:
        context = HoleContext(snapshot, await self._analyses.of(snapshot))
        return await hole_report(context, self._session.settings.answer_ms_max)

    def ai_tutorial(self) -> Json:
        return {"content": _markdown(AI_TUTORIAL), "reason": ""}

    async def close(self) -> None:
        await self._analyses.close()

    def _take(self, params: AtPosition) -> SnapshotAt | Unavailable:
        """Take a snapshot as `snapshot_at` does, but refuse a document that is withheld as secret."""
        taken = snapshot_at(self._session, params, with_cells=True)
        is_secret = isinstance(taken, SnapshotAt) and is_withheld(taken.snapshot)
        return Unavailable(WITHHELD) if is_secret else taken

    async def _ask(self, snapshot: Snapshot, question: Question[A]) -> tuple[A | None, str]:
        """Ask analysis. Returns the answer, or None, and the reason why there is none."""
        client = await self._analyses.of(snapshot)
        if client is None:
            return None, f"there is no static analysis for {snapshot.language} here"
        reply = await client.ask(question, _DEADLINE_MS)
        return reply.answer, reply.reason


def _source(snapshot: Snapshot) -> Source:
    return Source(snapshot.file_path, snapshot.text)


def _sentence(expected: ExpectedType) -> str:
    """Describe the expected type in a sentence for a language model."""
    values = ", ".join(map(code_span, expected.literals))
    literals = f" It is one of {values}." if values else ""
    origin = plain_markdown(expected.origin)
    return f"The expected type of the hole is {code_span(expected.type)} ({origin}).{literals}"


def _listed(definitions: Iterable[tuple[str, str | None, int]], reason: str) -> Json:
    entries = list(definitions)
    return {
        "contents": [_markdown(code_block(text, "python")) for text, _, _ in entries],
        "locations": [_location(path, line) for _, path, line in entries],
        "reason": reason or ("" if entries else "nothing is relevant here"),
    }


def _location(path: str | None, line: int) -> types.Location | None:
    """The start of a line (from 1) of a file; None without a path, as for a type of the interpreter."""
    if path is None:
        return None
    start = types.Position(max(line - 1, 0), 0)
    return types.Location(Path(path).as_uri(), types.Range(start, start))


def _diagnosed(errors: Iterable[StaticError], filled: str, taken: SnapshotAt) -> list[Mapping[str, object]]:
    document = Document(taken.place.uri, taken.snapshot.language, 0, filled, taken.place.encoding)
    lines_above = (
        document.position_of(taken.snapshot.offset).line - taken.place.position.line
    )  # lines of the notebook cells above

    def position_of(offset: int) -> types.Position:
        position = document.position_of(offset)
        return types.Position(max(position.line - lines_above, 0), position.character)

    return [
        {
            "range": types.Range(position_of(error.start), position_of(error.stop)),
            "kind": error.kind,
            "message": visible(error.message),
        }
        for error in errors
    ]


def _markdown(text: str) -> types.MarkupContent:
    return types.MarkupContent(types.MarkupKind.Markdown, text)
