"""A document as an editor has it: it tells the server its edits, and compares its text with the server's."""

import random
import re
from typing import Any

from soak_client import Asked, Conversation, result_of

END = 2**31 - 1
HEALED_MAX = 120
COMPARED = 60
SPECIAL_CHARACTERS = ("😀", "é", "\u2028", "\x0c", "\r\n", "\r", "\t", "\u200d", "𝒳", "\x85")

_LINE_END = re.compile(r"\r\n|\n|\r")
_WORD_AT_END = re.compile(r"\s*\w*\Z")


class Document:
    """``text`` is always what the server should have; ``cursor`` is an offset in it."""

    def __init__(self, client: Conversation, uri: str, text: str, language: str = "python") -> None:
        self.client, self.uri, self.text = client, uri, text
        self.cursor = len(text)
        self.language = language
        self.version = 1
        self.asked: Asked | None = None
        item = {"uri": uri, "languageId": language, "version": 1, "text": text}
        client.notify("textDocument/didOpen", {"textDocument": item})

    def close(self) -> None:
        self.client.notify("textDocument/didClose", {"textDocument": {"uri": self.uri}})

    def edit(self, start: int, stop: int, text: str) -> None:
        """Replace, and leave the cursor behind the new text."""
        self.version += 1
        span = {"start": self.position(start), "end": self.position(stop)}
        change: dict[str, object] = {"range": span, "text": text}
        self._send([change])
        self.text = self.text[:start] + text + self.text[stop:]
        self.cursor = start + len(text)

    def replace_all(self, text: str) -> None:
        self.version += 1
        self._send([{"text": text}])
        self.text, self.cursor = text, min(self.cursor, len(text))

    def type(self, key: str) -> None:
        self.edit(self.cursor, self.cursor, key)

    def ask(self, *, cancels: bool = True, invoked: bool = False) -> Asked:
        """For a suggestion at the cursor; the question before is no longer of interest."""
        if cancels and self.asked is not None and not self.asked.answer.done():
            self.client.cancel(self.asked)
        context = {"triggerKind": 1 if invoked else 2}
        params = {**self.place(self.cursor), "context": context}
        self.asked = self.client.ask("textDocument/inlineCompletion", params)
        return self.asked

    def accept(self, answer: dict[str, Any]) -> bool:
        """Take the first suggestion of an answer to `ask`, as long as nothing was typed since."""
        items = (answer.get("result") or {}).get("items") or ()
        if not items:
            return False
        start, stop = (self.offset(items[0]["range"][edge]) for edge in ("start", "end"))
        self.edit(start, stop, items[0]["insertText"])
        return True

    def place(self, offset: int) -> dict[str, object]:
        return {"textDocument": {"uri": self.uri}, "position": self.position(offset)}

    def position(self, offset: int) -> dict[str, int]:
        before = self.text[:offset]
        ends = [match.end() for match in _LINE_END.finditer(before)]
        if before.endswith("\r") and self.text[offset : offset + 1] == "\n":
            ends.pop()  # between the two halves of a line's end
            before = before[:-1]
        start = ends[-1] if ends else 0
        return {"line": len(ends), "character": utf16(before[start:])}

    def offset(self, position: dict[str, int]) -> int:
        lines = self.lines()
        start = sum(len(line) + len(end) for line, end in lines[: position["line"]])
        line, units = lines[position["line"]][0], position["character"]
        return start + len(line.encode("utf-16-le")[: 2 * units].decode("utf-16-le"))

    def lines(self) -> list[tuple[str, str]]:
        """Each without and with only its end."""
        found, start = [], 0
        for match in _LINE_END.finditer(self.text):
            found.append((self.text[start : match.start()], match.group()))
            start = match.end()
        return [*found, (self.text[start:], "")]

    async def difference(self, draw: random.Random, *, asks_model: bool) -> str | None:
        """In what the server's text differs from this one's; None if in nothing that can be seen.

        Looked at are the end, the length of some lines, and the text around the cursor, as its prompt has it.
        """
        lines = [line for line, _ in self.lines()]
        places = [(END, len(lines) - 1)]
        places += [(row, row) for row in draw.sample(range(len(lines)), min(4, len(lines)))]
        asked = [self._ask_place(line) for line, _ in places]
        explained = self.client.ask("holesmith/explain", self.place(self.cursor)) if asks_model else None
        text, cursor = self.text, self.cursor
        for (_, row), each in zip(places, asked, strict=True):
            location = (await result_of(each) or {}).get("location")
            expected = {"line": row, "character": utf16(lines[row])}
            if location is not None and location["range"]["start"] != expected:
                return f"{self.uri}: {location['range']['start']} where it should be {expected}"
        prompt = ((await result_of(explained) or {}).get("prompt") or "") if explained is not None else ""
        return self._difference_of(prompt, text[:cursor], text[cursor:]) if prompt else None

    def _ask_place(self, line: int) -> Asked:
        place = {"textDocument": {"uri": self.uri}, "position": {"line": line, "character": END}}
        return self.client.ask("chatlsp/expectedType", place)

    def _difference_of(self, prompt: str, before: str, behind: str) -> str | None:
        """The prompt ends in the text before the cursor, without what is healed, and has what follows it."""
        ends = (before[: len(before) - cut][-COMPARED:] for cut in range(HEALED_MAX))
        if not any(end and prompt.endswith(end) for end in ends):
            return f"{self.uri}: the prompt ends in {prompt[-COMPARED:]!r}, not {before[-COMPARED:]!r}"
        # A window of few tokens may end behind the first line; a template without a suffix has none.
        rest = behind.partition("\n")[2].lstrip().partition("\n")[0][:COMPARED]
        is_shown = rest in prompt or "suffix" not in prompt.lower()
        return None if is_shown else f"{self.uri}: {rest!r} behind the cursor is not in the prompt"

    def _send(self, changes: list[dict[str, object]]) -> None:
        document = {"uri": self.uri, "version": self.version}
        self.client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
