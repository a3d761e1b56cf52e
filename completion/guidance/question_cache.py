"""Ask analysis about one document and the text generated into it, each question once.

Invariant: a question is about the text up to its trigger, so that two triggers at the same place share one.
"""

import asyncio
from typing import Any

from holesmith.analysis.client import Analyst, Reply
from holesmith.analysis.questions import Source
from holesmith.completion.monitors.document import Document
from holesmith.completion.monitors.registry import MONITOR_OF
from holesmith.completion.monitors.statement import Trigger

PendingReply = asyncio.Task[Reply[Any]]
_Key = tuple[str, str, str]


class QuestionCache:
    """The questions of one completion. The cache belongs to one event loop;
    ``close`` cancels open questions.
    """

    def __init__(
        self, document: Document, healed_prefix: str, analyst: Analyst, answer_ms_max: float
    ) -> None:
        """``healed_prefix`` is the text with which the generated text begins."""
        self._document = document
        self._healed_prefix = healed_prefix
        self._analyst = analyst
        self._answer_ms_max = answer_ms_max
        self._replies: dict[_Key, PendingReply] = {}
        self._prefetched: dict[_Key, PendingReply] = {}

    @property
    def count(self) -> int:
        """The number of questions asked."""
        return len(self._replies)

    def ask(self, trigger: Trigger, generated: str, word: str = "") -> PendingReply:
        """Ask a trigger's question, and return its reply, which may be pending.

        ``word`` is the name that is asked about, if any.
        """
        text = self._asked_text(trigger, generated)
        key = self._key(trigger, text, word)
        if key in self._replies:
            return self._replies[key]
        source = Source(self._document.path, text + self._document.after)
        question = MONITOR_OF[trigger.kind].question(source, len(text), word)
        reply = asyncio.ensure_future(self._analyst.ask(question, self._answer_ms_max))
        self._replies[key] = reply
        return reply

    def prefetch(self, trigger: Trigger, generated: str) -> None:
        """Ask a question before anything is generated."""
        key = self._key(trigger, self._asked_text(trigger, generated), "")
        self._prefetched[key] = self.ask(trigger, generated)

    def prefetched(self, trigger: Trigger, generated: str, word: str = "") -> PendingReply | None:
        """Return the reply to a question that was asked before anything was generated; None if it was not.

        Other questions are not looked up here: some were asked about text that was thrown away since, and
        which ones depends on the time of the replies.
        """
        return self._prefetched.get(self._key(trigger, self._asked_text(trigger, generated), word))

    def close(self) -> None:
        """Cancel the open questions."""
        for reply in self._replies.values():
            reply.cancel()

    def _key(self, trigger: Trigger, text: str, word: str) -> _Key:
        monitor = MONITOR_OF[trigger.kind]
        return monitor.shares_questions_of or monitor.kind, text, word if monitor.asks_about_word else ""

    def _asked_text(self, trigger: Trigger, generated: str) -> str:
        monitor = MONITOR_OF[trigger.kind]
        return monitor.asked_text(trigger, self._document, self._healed_prefix, generated)
