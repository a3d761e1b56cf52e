"""Typed-hole context: the facts of static analysis about the hole, for the prompt.

These are the expected type, the definitions of the types involved and the headers that yield it (Blinn et
al., "Statically Contextualizing Large Language Models with Typed Holes", section 3); behind a dot the members
of the receiver, in a call the signature of the callee. Facts that are not known in time are left out.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

from holesmith.analysis.answers import Call, Expected, Members, RelevantHeaders, RelevantTypes
from holesmith.analysis.client import Reply
from holesmith.analysis.questions import (
    CallQuestion,
    ExpectedTypeQuestion,
    MembersQuestion,
    Question,
    RelevantHeadersQuestion,
    RelevantTypesQuestion,
    Source,
)
from holesmith.analysis.syntax.hole import HoleKind
from holesmith.completion.hole_context import HoleContext
from holesmith.context.request import Fact

# Members of the receiver that go into the prompt.
MEMBERS_MAX = 24
# No expression is missing in these, so there is nothing to say.
SILENT: frozenset[HoleKind] = frozenset(("comment", "string", "definition", "parameter", "import"))


async def facts_at(context: HoleContext, deadline_ms: float) -> tuple[Fact, ...] | None:
    """Return the facts that analysis finds within ``deadline_ms``, the most particular first.

    None if there is no analyst to ask. The syntax of ``context`` must be worked out.
    """
    analyst = context.analyst
    if analyst is None:
        return None
    questions = questions_at(context.hole.kind, context.source, context.offset)
    replies = await asyncio.gather(*(analyst.ask(question, deadline_ms) for question in questions))
    return tuple(fact for reply in replies for fact in facts_of(reply))


def questions_at(kind: HoleKind, source: Source, offset: int) -> tuple[Question[Any], ...]:
    """Return the questions whose answers help the model at a hole of this kind."""
    if kind in SILENT:
        return ()
    if kind == "attribute":
        return (MembersQuestion(source, offset, MEMBERS_MAX),)
    typed = (
        ExpectedTypeQuestion(source, offset),
        RelevantTypesQuestion(source, offset),
        RelevantHeadersQuestion(source, offset),
    )
    return (CallQuestion(source, offset), *typed) if kind == "argument" else typed


def facts_of(reply: Reply[Any]) -> Iterator[Fact]:
    """Yield the facts in an answer; none if there is no answer."""
    match reply.answer:
        case Members(members=members, receiver_type=receiver):
            for member in members:
                if member.signature is not None and not member.name.startswith("_"):
                    owner = f"{receiver}." if receiver else ""
                    yield Fact("member", f"{owner}{member.name}{member.signature}")
        case Call(signatures=signatures) if signatures:
            called = signatures[0]
            parameters = ", ".join(
                parameter.name + (f": {parameter.annotation}" if parameter.annotation else "")
                for parameter in called.parameters
            )
            returns = f" -> {called.returns}" if called.returns else ""
            yield Fact("signature", f"{called.name}({parameters}){returns}")
        case Expected(expected=expected) if expected is not None:
            yield Fact("expected type", expected.type)
        case RelevantTypes(definitions=definitions):
            for definition in definitions:
                yield Fact("relevant type", definition.text)
        case RelevantHeaders(headers=headers):
            for header in headers:
                yield Fact("relevant header", header.text)
        case _:
            pass
