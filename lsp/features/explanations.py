"""Keep the last answer of each document, to explain later why there was this suggestion, or none."""

from collections import OrderedDict
from dataclasses import asdict, dataclass, replace

from holesmith.completion.answer import Answer
from holesmith.completion.snapshot import Snapshot
from holesmith.lsp.documents.uris import key_of
from holesmith.lsp.snapshots import Place
from lsprotocol import types

_DOCUMENTS_MAX = 64


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to one request. ``place`` and ``snapshot`` are None if no snapshot could be taken."""

    uri: str
    position: types.Position
    answer: Answer
    place: Place | None = None
    snapshot: Snapshot | None = None

    @property
    def is_of_suggestion(self) -> bool:
        """True if there was a suggestion, shown or withheld; False if the model was not asked."""
        return self.answer.completion is not None or self.answer.finish != "none"

    def as_json(self) -> dict[str, object]:
        """The answer with the keys of ``holesmith complete --json`` and with a ``range`` of the protocol."""
        bare = replace(self.answer, completion=None, prompt_parts=(), timings_ms=dict(self.answer.timings_ms))
        fields = asdict(bare)
        del fields["completion"], fields["prompt_parts"]
        completion, place = self.answer.completion, self.place
        shown = place.range_of(completion.start, completion.stop) if completion and place else None
        return {
            "uri": self.uri,
            "position": self.position,
            "version": place.version if place else None,
            "text": completion.text if completion else "",
            "range": shown,
            "confidence": completion.confidence if completion else None,
            **fields,
            "monitors": self.answer.monitors.as_json(),
        }


@dataclass(frozen=True, slots=True)
class LastSuggestion:
    """The last suggestion of a document.

    ``newer`` is the reason of a later request that ended before the model was asked; "" if there was none.
    """

    explanation: Explanation
    newer: str = ""


@dataclass(slots=True)
class _LastOfDocument:
    last: Explanation
    suggestion: Explanation | None = None


class Explanations:
    """The last answer and the last suggestion of each of the documents used last."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, _LastOfDocument] = OrderedDict()

    def remember(self, explanation: Explanation) -> None:
        key = key_of(explanation.uri)
        of_document = self._last.setdefault(key, _LastOfDocument(explanation))
        of_document.last = explanation
        if explanation.is_of_suggestion:
            of_document.suggestion = explanation
        self._last.move_to_end(key)
        if len(self._last) > _DOCUMENTS_MAX:
            self._last.popitem(last=False)

    def last(self, uri: str | None = None) -> Explanation | None:
        """The last answer for ``uri``; without ``uri``, the last answer of all. None if there is none."""
        document = self._of(uri)
        return document.last if document is not None else None

    def last_suggestion(self, uri: str | None = None) -> LastSuggestion | None:
        """The last suggestion, shown or withheld, for ``uri``.

        Without ``uri``, and for a document without an answer, take the last suggestion of any document. If
        there was no suggestion yet, return the last answer, whose reason says why. None before any answer.
        """
        document = self._of(uri) or self._of(None)
        is_given = uri is not None and document is self._of(uri)
        if document is not None and document.suggestion is None and not is_given:
            had_one = (other for other in reversed(self._last.values()) if other.suggestion is not None)
            document = next(had_one, document)
        if document is None:
            return None
        if document.suggestion is None:
            return LastSuggestion(document.last)
        newer = "" if document.last is document.suggestion else document.last.answer.reason
        return LastSuggestion(document.suggestion, newer)

    def _of(self, uri: str | None) -> _LastOfDocument | None:
        if uri is not None:
            return self._last.get(key_of(uri))
        return next(reversed(self._last.values()), None)
