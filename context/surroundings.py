"""Facts that the text around the hole shows by itself, found once and shared by all sources.

Lines count from 0. ``shown`` is the part of this file that the prompt will show anyway, approximately: only
text outside of it is worth a snippet.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from holesmith.analysis.languages import is_related, related_languages
from holesmith.analysis.outline.import_statements import Import
from holesmith.analysis.outline.symbols import FileSymbols, Symbol
from holesmith.analysis.outline.syntax_process import SYNTAX
from holesmith.context.identifiers import IDENTIFIER, terms_of
from holesmith.context.request import ContextRequest
from holesmith.context.snippet import LineSpan

# The lines before and after the hole's line that count as near it.
NEAR_LINES_BEFORE = 12
NEAR_LINES_AFTER = 4
# The lines before the hole whose names are compared with other code.
QUERY_LINES = 10
# Longer files are not parsed.
CHARACTERS_MAX = 300_000
# The name must be matched from its beginning: otherwise a long word without a bracket would be scanned again
# from each of its letters, in quadratic time.
_CALL = re.compile(r"(?<!\w)([^\W\d]\w*)\s*\(")
_RECEIVER = re.compile(r"([^\W\d]\w*)(?:\([^()]*\))?\s*(?:\.|->|::)\s*\w*\Z")


@dataclass(frozen=True)
class Surroundings:
    """The text around one hole.

    ``shown_before`` and ``shown_after`` are how many characters of prefix and suffix the prompt will show.
    """

    request: ContextRequest
    shown_before: int
    shown_after: int

    @cached_property
    def text(self) -> str:
        return self.request.prefix + self.request.suffix

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages whose code the prompt may show: code in others leads a model into their syntax."""
        return related_languages(self.request.language)

    def is_related(self, path: str) -> bool:
        """True if the file at ``path`` is in one of those languages."""
        return is_related(self.request.language, self.request.path, path)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def hole_line(self) -> int:
        return self.request.prefix.count("\n")

    @cached_property
    def shown(self) -> LineSpan:
        """The lines of this file that the prompt will show."""
        before = self.request.prefix[-self.shown_before :] if self.shown_before else ""
        after = self.request.suffix[: self.shown_after]
        return LineSpan(self.hole_line - before.count("\n"), self.hole_line + after.count("\n") + 1)

    @cached_property
    def shown_lines(self) -> frozenset[str]:
        """The shown lines without white space at their ends, to find text that need not be shown twice."""
        lines = self.lines[self.shown.start : self.shown.stop]
        return frozenset(line.strip() for line in lines if line.strip())

    @cached_property
    def parsed(self) -> FileSymbols:
        """The symbols and imports of this file in its present form; none if it has over CHARACTERS_MAX
        characters.
        """
        if len(self.text) > CHARACTERS_MAX:
            return FileSymbols((), ())
        prefix = self.request.prefix
        # A name in the hole completes the text: a function with an empty body, say, would not be parsed as
        # one.
        name = "" if prefix[-1:].isidentifier() else "_"
        return SYNTAX.symbols_of(self.request.language, prefix + name + self.request.suffix)

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        return self.parsed.imports

    @cached_property
    def enclosing(self) -> tuple[Symbol, ...]:
        """The definitions around the hole, outermost first."""
        return tuple(
            symbol
            for symbol in self.parsed.symbols
            if symbol.kind != "field" and symbol.start_line <= self.hole_line < symbol.stop_line
        )

    @cached_property
    def near_lines(self) -> list[str]:
        start = max(0, self.hole_line - NEAR_LINES_BEFORE)
        return self.lines[start : self.hole_line + NEAR_LINES_AFTER + 1]

    @cached_property
    def near_text(self) -> str:
        return "\n".join(self.near_lines)

    @cached_property
    def near_terms(self) -> tuple[str, ...]:
        return terms_of(self.near_text)

    @cached_property
    def distance_of_name(self) -> Mapping[str, int]:
        """The distance in lines between the hole and the nearest use of every identifier of this file."""
        distances: dict[str, int] = {}
        for number, line in enumerate(self.lines):
            distance = abs(number - self.hole_line)
            for name in IDENTIFIER.findall(line):
                if distance < distances.get(name, 1 << 30):
                    distances[name] = distance
        return distances

    @cached_property
    def called_names(self) -> tuple[str, ...]:
        """The names called near the hole, the nearest first."""
        names: dict[str, int] = {}
        first = max(0, self.hole_line - NEAR_LINES_BEFORE)
        for number, line in enumerate(self.near_lines, first):
            for name in _CALL.findall(line):
                distance = abs(number - self.hole_line)
                names[name] = min(distance, names.get(name, distance))
        return tuple(sorted(names, key=lambda name: (names[name], name)))

    @cached_property
    def receiver(self) -> str | None:
        """The name whose member the hole is, as in ``name.<hole>``; None if the hole is no member."""
        found = _RECEIVER.search(self.request.prefix, max(0, len(self.request.prefix) - 400))
        return found[1] if found else None

    @cached_property
    def query_names(self) -> frozenset[str]:
        """The identifiers of the QUERY_LINES lines right before the hole, for comparing by sets."""
        before = [line for line in self.lines[: self.hole_line + 1] if line.strip()][-QUERY_LINES:]
        return frozenset(IDENTIFIER.findall("\n".join(before)))

    def type_of_variable(self, name: str) -> str | None:
        """Return the class of a variable by its annotation or constructor: the last word of the class's name.

        A guess from spelling, good enough for ranking: ``name: Type``, ``name = Type(``, ``Type name``. None
        if the text shows no such form.
        """
        pattern = (
            rf"\b{re.escape(name)}\s*:\s*(?:[\w.]+\.)?([A-Z]\w*)"
            rf"|\b{re.escape(name)}\s*=\s*(?:await\s+|new\s+)?(?:[\w.]+\.)?([A-Z]\w*)\s*[(<]"
            rf"|\b([A-Z]\w*)(?:<[^<>;=]*>)?\s+{re.escape(name)}\b"
        )
        found = list(re.finditer(pattern, self.request.prefix[-20_000:]))
        return next((group for group in found[-1].groups() if group), None) if found else None
