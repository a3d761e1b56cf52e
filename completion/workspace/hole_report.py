"""Report what static analysis knows of a hole, question by question, for an explanation.

The questions are asked for the report, one after another, each with the deadline given. The completion itself
asked its own questions while it ran; its monitors report those.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from holesmith.analysis.answers import (
    Call,
    Expected,
    ExpectedType,
    ImportableNames,
    Imports,
    Members,
    PythonEnvironment,
    RelevantHeaders,
    RelevantTypes,
    ScopeNames,
)
from holesmith.analysis.client import AnalysisClient, Reply, WorkerStatus
from holesmith.analysis.python.environment import in_words
from holesmith.analysis.questions import (
    CallQuestion,
    EnvironmentQuestion,
    ExpectedTypeQuestion,
    ImportableNamesQuestion,
    ImportsQuestion,
    MembersQuestion,
    Question,
    RelevantHeadersQuestion,
    RelevantTypesQuestion,
    ScopeQuestion,
    Source,
)
from holesmith.analysis.syntax.hole import HoleKind
from holesmith.completion.hole_context import HoleContext

# Names of a list, and characters of a text, that the report shows.
_SHOWN_MAX = 6
_TEXT_MAX = 80
# No expression is missing in a name that is being made, nor in prose.
_NOTHING_MISSING: frozenset[HoleKind] = frozenset(("comment", "definition", "parameter"))


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. ``found`` is its result in a few words; None if the question was given up.

    ``is_complete`` tells whether a list has everything that can be right; None if the answer is no such list.
    ``reason`` says why a list is not complete, or why the question was given up.
    """

    question: str
    found: str | None
    is_complete: bool | None
    reason: str
    elapsed_ms: float


@dataclass(frozen=True, slots=True)
class HoleReport:
    """The knowledge about one hole.

    ``kind`` is the construct; ``subject`` is the code that the hole depends on, such as the receiver.
    ``reason`` says why nothing was asked; "" if something was. ``environment`` is the Python environment that
    was read, ``worker`` the state of the analysis process that answered.
    """

    kind: HoleKind
    word: str
    subject: str | None
    argument: int | None
    keyword: str | None
    operator: str | None
    enclosing: HoleKind | None
    expected: ExpectedType | None = None
    asked: tuple[Asked, ...] = ()
    reason: str = ""
    environment: str | None = None
    worker: WorkerStatus | None = None


async def hole_report(context: HoleContext, deadline_ms: float) -> HoleReport:
    """Return the report on a hole. Never raises. Takes at most ``deadline_ms`` for each of up to seven
    questions.
    """
    await asyncio.to_thread(context.work_out_syntax)
    hole, analyst = context.hole, context.analyst
    if analyst is None:
        return _report(context, reason=f"there is no static analysis for {context.language} here")
    questions = questions_at(hole.kind, context.source, context.offset)
    environment = await analyst.ask(EnvironmentQuestion(), deadline_ms)
    replies = [(question, await analyst.ask(question, deadline_ms)) for question in questions]
    expected = next(
        (reply.answer.expected for _, reply in replies if isinstance(reply.answer, Expected)), None
    )
    return _report(
        context,
        expected=expected,
        asked=tuple(_asked(question, reply) for question, reply in replies),
        reason="" if questions else f"no expression is missing in a {hole.kind}",
        environment=_environment(environment),
        worker=analyst.status if isinstance(analyst, AnalysisClient) else None,
    )


def questions_at(kind: HoleKind, source: Source, offset: int) -> tuple[Question[Any], ...]:
    """Return the questions that are useful about a hole of this kind."""
    if kind in _NOTHING_MISSING:
        return ()
    if kind == "import":
        return (ImportableNamesQuestion(source, offset),)
    expected = ExpectedTypeQuestion(source, offset)
    if kind == "string":
        return (expected,)
    if kind == "attribute":
        return (MembersQuestion(source, offset), expected)
    call = (CallQuestion(source, offset),) if kind == "argument" else ()
    return (
        expected,
        *call,
        ScopeQuestion(source, offset),
        RelevantTypesQuestion(source, offset),
        RelevantHeadersQuestion(source, offset),
        ImportsQuestion(source, offset),
    )


def _report(context: HoleContext, **more: Any) -> HoleReport:
    hole, prefix = context.hole, context.prefix
    subject = None if hole.subject is None else _shortened(hole.subject.of(prefix))
    return HoleReport(
        hole.kind,
        hole.word.of(prefix),
        subject,
        hole.argument,
        hole.keyword,
        hole.operator,
        hole.enclosing,
        **more,
    )


def _environment(reply: Reply[PythonEnvironment]) -> str:
    return in_words(reply.answer) if reply.answer is not None else f"not known: {reply.reason}"


def _asked(question: Question[Any], reply: Reply[Any]) -> Asked:
    name = _NAMES[type(question)]
    if reply.answer is None:
        return Asked(name, None, None, reply.reason or "there is no answer", reply.elapsed_ms)
    is_complete = getattr(reply.answer, "is_complete", None)
    reason = str(getattr(reply.answer, "reason", ""))
    return Asked(name, found_in(reply.answer), is_complete, reason, reply.elapsed_ms)


_NAMES: dict[type[Question[Any]], str] = {
    ExpectedTypeQuestion: "expected type",
    MembersQuestion: "members",
    ImportableNamesQuestion: "importable names",
    CallQuestion: "call",
    ScopeQuestion: "names in scope",
    RelevantTypesQuestion: "relevant types",
    RelevantHeadersQuestion: "relevant headers",
    ImportsQuestion: "imports",
}


def found_in(answer: object) -> str:
    """Return a summary of an answer, in a few words."""
    match answer:
        case Expected(expected=expected):
            return _shortened(expected.type) if expected is not None else "any type, or not known"
        case Members(members=members, receiver_type=receiver):
            return f"{len(members)} of {_shortened(receiver) if receiver else 'an unknown type'}"
        case ImportableNames(members=members, module=module):
            return f"{len(members)} of {module}" if module else f"{len(members)} modules"
        case Call(signatures=signatures, free_keywords=keywords):
            called = f"{signatures[0].name}, " if signatures else ""
            free = f", by keyword: {_listed(keywords)}" if keywords else ""
            return f"{called}{_counted(len(signatures), 'signature')}{free}"
        case ScopeNames(names=names):
            return str(len(names))
        case RelevantTypes(definitions=definitions):
            return _listed([each.name for each in definitions])
        case RelevantHeaders(headers=headers):
            return _listed([each.name for each in headers])
        case Imports(modules=modules):
            apis = sum(len(module.apis) for module in modules)
            return f"{_counted(apis, 'signature')} of {_counted(len(modules), 'module')}"
        case _:
            return ""


def _listed(names: tuple[str, ...] | list[str]) -> str:
    rest = len(names) - _SHOWN_MAX
    shown = ", ".join(names[:_SHOWN_MAX])
    return f"{shown} and {rest} more" if rest > 0 else shown or "none"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _TEXT_MAX else flat[: _TEXT_MAX - 1] + "…"
