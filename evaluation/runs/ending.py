"""The end of an answer: the point behind which the metrics do not look."""

import re
from dataclasses import dataclass, field

from holesmith.completion.hole_context import HoleContext
from holesmith.completion.postprocess.extent import Extent, extent_of
from holesmith.completion.snapshot import Snapshot
from holesmith.evaluation.case import Case
from holesmith.evaluation.metrics.java_tokens import method_stop

_IDENTIFIER_AND_MORE = re.compile(r"\s*[\w$]+[^\w$]|\s*[^\w$\s]")


@dataclass(slots=True)
class Ending:
    """Follows one answer as it grows."""

    case: Case
    statement: Extent | None = field(default=None)

    def reached(self, text: str) -> bool:
        """True if no text behind ``text`` can change a score."""
        match self.case.extent:
            case "line":
                return "\n" in text
            case "full_line":
                return ("\n" in text and text.split("\n", 1)[0].strip() != "") or text.count("\n") > 1
            case "identifier":
                return _IDENTIFIER_AND_MORE.match(text) is not None
            case "method":
                return "}" in text and method_stop(self._method_prefix() + text) is not None
            case "statement":
                return self._statement().stop_of(text) is not None

    def cut(self, text: str) -> str:
        """Return the part of a finished answer that counts."""
        if self.case.extent == "statement":
            return text[: self._statement().stop_of(text)]
        return text

    def _method_prefix(self) -> str:
        """Return the text of the method from behind its opening brace up to the hole."""
        start = self.case.facts.get("method_start")
        assert isinstance(start, int)
        return self.case.prefix[start + 1 :]

    def _statement(self) -> Extent:
        if self.statement is None:
            case = self.case
            snapshot = Snapshot(case.path, case.language, case.prefix + case.suffix, len(case.prefix))
            self.statement = extent_of(HoleContext(snapshot), "auto")
        return self.statement
