"""The last answers, for the question why there was this suggestion, or none."""

from collections import OrderedDict
from dataclasses import asdict, dataclass, replace

from holesmith.completion.answer import Answer
from holesmith.lsp.documents.uris import key_of
from holesmith.lsp.snapshots import Place
from lsprotocol import types

_DOCUMENTS_MAX = 64


@dataclass(frozen=True, slots=True)
class Explanation:
    """One request's answer. ``place`` is None where no snapshot could be taken."""

    uri: str
    position: types.Position
    answer: Answer
    place: Place | None = None

    def as_json(self) -> dict[str, object]:
        """The answer under the names of ``holesmith complete --json``, with the protocol's ``range``."""
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


class Explanations:
    """The last answer of each of the documents used last."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, Explanation] = OrderedDict()

    def remember(self, explanation: Explanation) -> None:
        key = key_of(explanation.uri)
        self._last[key] = explanation
        self._last.move_to_end(key)
        if len(self._last) > _DOCUMENTS_MAX:
            self._last.popitem(last=False)

    def last(self, uri: str | None = None) -> Explanation | None:
        """The last answer for ``uri``, or for whichever document was last."""
        if uri is not None:
            return self._last.get(key_of(uri))
        return next(reversed(self._last.values()), None)
