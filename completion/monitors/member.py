"""The member monitor: behind a dot stands a member of the receiver.

Source: Agrawal et al. 2023, the property "dereferences". At ``user.‸`` it asks for the members of ``user``;
with the answer {"name", "email"}, ``user.nam`` may go on and ``user.age`` is refused.
"""

import re
from collections.abc import Iterator
from keyword import iskeyword

from holesmith.analysis.answers import Members
from holesmith.analysis.questions import MembersQuestion, Source
from holesmith.analysis.syntax.excerpt import Excerpt
from holesmith.analysis.syntax.tokens_before_hole import TokensBeforeHole
from holesmith.completion.monitors.local_names import NO_WORDS, LocalNames
from holesmith.completion.monitors.monitor import AnyAnswer, Choices, Monitor, Settled, settled_by_word
from holesmith.completion.monitors.statement import MEMBER_SIGNS, NewCharacter, Statement, Trigger, Use

_RECEIVER = re.compile(r"(?<![\w.)\]}\"'])((?:[^\W\d]\w*\.)*[^\W\d]\w*)\.$")


class MemberMonitor(Monitor):
    """Fires directly behind the dot, and at the name behind it: ``user.‸``."""

    kind = "member"
    asks_ahead = True
    judges_begun_word = True
    expects_identifier = True
    avoids_special_names = True

    def triggers(self, statement: Statement, new: NewCharacter) -> Iterator[Trigger]:
        """See `Monitor`."""
        if new.text in MEMBER_SIGNS:
            excerpt, hole = statement.look(new.through)
            if hole.kind == "attribute" and hole.word.start == hole.word.stop:
                start = len(new.through)
                yield Trigger("member", start, start, _use_of_member(excerpt))
        elif new.begins_word and new.before not in MEMBER_SIGNS:
            excerpt, hole = statement.look(new.written)
            if hole.kind == "attribute":
                yield Trigger("member", new.offset, new.offset + 1, _use_of_member(excerpt))

    def settled(self, trigger: Trigger, statement: str, generated: str, names: LocalNames) -> Settled:
        """See `Monitor`: a member that is used on the same receiver nearby exists."""
        receiver = _RECEIVER.search(statement + generated[: trigger.start])
        known = names.members(receiver[1]) if receiver is not None else NO_WORDS
        return settled_by_word(trigger.start, generated, known)

    def question(self, source: Source, offset: int, word: str) -> MembersQuestion:
        """See `Monitor`."""
        return MembersQuestion(source, offset, only_complete=True)

    def choices(self, trigger: Trigger, answer: AnyAnswer, word: str) -> Choices | None:
        """See `Monitor`.

        For a member that may be about to be assigned, a list counts even if it is complete but for new
        assignments: before anything is refused, the text behind the member shows that it is not assigned.
        """
        if not isinstance(answer, Members) or not (answer.is_complete or answer.is_complete_unless_assigned):
            return None
        return Choices(frozenset(member.name for member in answer.members))


def _use_of_member(excerpt: Excerpt) -> Use:
    """Return the use of the member at the end; the first member of a statement may
    be about to be assigned.
    """
    view = TokensBeforeHole(excerpt, len(excerpt.tokens))
    level = [token.text for token in view.level()]
    is_in_brackets = view.opener is not None and not view.is_block
    is_expression = not level or iskeyword(level[0]) or not excerpt.rules.assignments.isdisjoint(level)
    return "certain" if is_in_brackets or is_expression else "possible"
