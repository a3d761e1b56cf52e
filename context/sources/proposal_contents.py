"""The seven types of content that RepoFusion's prompt proposals take from a file, as text."""

from collections.abc import Sequence

from holesmith.analysis.outline.symbols import Mentions, Symbol
from holesmith.analysis.outline.syntax_process import SYNTAX

TYPES = (
    "method_names_and_bodies",
    "method_names",
    "identifiers",
    "type_identifiers",
    "string_literals",
    "field_declarations",
    "lines",
)
# Longer strings are data or prose, and are left out.
STRING_CHARACTERS_MAX = 120


class FileContents:
    """One file's text with its symbols, from which contents are taken by type.

    ``first_line`` is the line of the file at which the text begins; symbols count lines from the file's
    start.
    """

    def __init__(self, language: str, text: str, symbols: Sequence[Symbol], first_line: int = 0) -> None:
        self._language = language
        self._lines = text.split("\n")
        self._text = text
        self._first = first_line
        stop = first_line + len(self._lines)
        self._symbols = [symbol for symbol in symbols if first_line <= symbol.start_line < stop]
        self._mentions: Mentions | None = None

    def of(self, content_type: str) -> str:
        """Return the content of one of TYPES; empty if the file has none."""
        match content_type:
            case "lines":
                return self._text
            case "method_names_and_bodies":
                return "\n".join(map(self._source, self._functions()))
            case "method_names":
                return ", ".join(dict.fromkeys(symbol.name for symbol in self._functions()))
            case "field_declarations":
                return "\n".join(symbol.signature for symbol in self._symbols if symbol.kind == "field")
            case "identifiers":
                return ", ".join(self._mentioned().identifiers)
            case "type_identifiers":
                return ", ".join(self._mentioned().types)
            case _:
                strings = self._mentioned().strings
                short = (text for text in strings if len(text) <= STRING_CHARACTERS_MAX and "\n" not in text)
                return ", ".join(short)

    def _functions(self) -> list[Symbol]:
        return [symbol for symbol in self._symbols if symbol.kind in ("function", "method")]

    def _source(self, symbol: Symbol) -> str:
        return "\n".join(self._lines[symbol.start_line - self._first : symbol.stop_line - self._first])

    def _mentioned(self) -> Mentions:
        if self._mentions is None:
            self._mentions = SYNTAX.mentions_of(self._language, self._text)
        return self._mentions
