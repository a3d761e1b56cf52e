"""Neovim's screen as its user interface protocol draws it: text to assert on, a picture for the manual."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from typing import Any

CELL_WIDTH, CELL_HEIGHT, MARGIN = 8.4, 18, 10
NO_BREAK = "\u00a0"  # pictures are shown by programs that join blanks
FONT = 'font-family="ui-monospace,DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="14"'


@dataclass(slots=True)
class Screen:
    """The cells as (text, highlight id), and what the ids mean; `apply` takes one batch of redraw events."""

    rows: list[list[tuple[str, int]]] = field(default_factory=list[list[tuple[str, int]]])
    highlights: dict[int, Mapping[str, Any]] = field(default_factory=dict[int, Mapping[str, Any]])
    foreground: int = 0
    background: int = 0xFFFFFF
    cursor: tuple[int, int] = (0, 0)

    def apply(self, events: Iterable[Sequence[Any]]) -> None:
        for name, *calls in events:
            handler = getattr(self, "_" + name, None)
            if handler is not None:
                for arguments in calls:
                    handler(*arguments)

    @property
    def lines(self) -> list[str]:
        return ["".join(text for text, _ in row).rstrip() for row in self.rows]

    def highlighted(self, foreground: int) -> str:
        """The text in one colour, lines joined."""
        picked = ("".join(t for t, i in row if self._colours(i)[0] == foreground) for row in self.rows)
        return "\n".join(line for line in picked if line.strip())

    def _grid_resize(self, grid: int, width: int, height: int) -> None:
        self.rows = [[(" ", 0)] * width for _ in range(height)]

    def _grid_clear(self, grid: int) -> None:
        self.rows = [[(" ", 0)] * len(row) for row in self.rows]

    def _grid_line(
        self, grid: int, row: int, column: int, cells: Sequence[Sequence[Any]], *_: object
    ) -> None:
        identity = 0
        for text, *rest in cells:
            identity = rest[0] if rest else identity
            for _repeat in range(rest[1] if len(rest) > 1 else 1):
                self.rows[row][column] = (text, identity)
                column += 1

    def _grid_scroll(
        self, grid: int, top: int, bottom: int, left: int, right: int, by: int, *_: object
    ) -> None:
        moved = range(top, bottom - by) if by > 0 else range(bottom - 1, top - by - 1, -1)
        for row in moved:
            self.rows[row][left:right] = self.rows[row + by][left:right]

    def _grid_cursor_goto(self, grid: int, row: int, column: int) -> None:
        self.cursor = (row, column)

    def _default_colors_set(self, foreground: int, background: int, *_: object) -> None:
        self.foreground, self.background = foreground, background

    def _hl_attr_define(self, identity: int, colours: Mapping[str, Any], *_: object) -> None:
        self.highlights[identity] = colours

    def _colours(self, identity: int) -> tuple[int, int]:
        style = self.highlights.get(identity, {})
        colours = style.get("foreground", self.foreground), style.get("background", self.background)
        return (colours[1], colours[0]) if style.get("reverse") else colours

    def as_svg(self) -> str:
        width = len(self.rows[0]) * CELL_WIDTH + 2 * MARGIN
        height = len(self.rows) * CELL_HEIGHT + 2 * MARGIN
        size = f'viewBox="0 0 {width:.0f} {height}"'
        row, column = self.cursor
        cursor = _rectangle(column, row, 2, self.foreground)
        rows = (part for number, cells in enumerate(self.rows) for part in self._row_as_svg(number, cells))
        parts = (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {FONT}>',
            f'<rect width="100%" height="100%" rx="8" fill="{_hex(self.background)}"/>',
            *rows,
            cursor,
            "</svg>\n",
        )
        return "\n".join(parts)

    def _row_as_svg(self, row: int, cells: Sequence[tuple[str, int]]) -> Iterable[str]:
        column = 0
        for identity, run in groupby(cells, key=lambda cell: cell[1]):
            texts = [text for text, _ in run]
            background = self._colours(identity)[1]
            if background != self.background:
                yield _rectangle(column, row, len(texts) * CELL_WIDTH, background)
            text = "".join(texts)
            if word := text.strip():
                yield self._text_as_svg(column + len(text) - len(text.lstrip()), row, word, identity)
            column += len(texts)

    def _text_as_svg(self, column: int, row: int, text: str, identity: int) -> str:
        style = self.highlights.get(identity, {})
        slant = ' font-style="italic"' if style.get("italic") else ""
        weight = ' font-weight="bold"' if style.get("bold") else ""
        x, y = MARGIN + column * CELL_WIDTH, MARGIN + row * CELL_HEIGHT + 14
        place = f'x="{x:.1f}" y="{y}" textLength="{len(text) * CELL_WIDTH:.1f}"'
        shown = escape(text).replace(" ", NO_BREAK)
        return f'<text {place} fill="{_hex(self._colours(identity)[0])}"{slant}{weight}>{shown}</text>'


def _rectangle(column: int, row: int, width: float, colour: int) -> str:
    x, y = MARGIN + column * CELL_WIDTH, MARGIN + row * CELL_HEIGHT
    return f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{CELL_HEIGHT}" fill="{_hex(colour)}"/>'


def _hex(colour: int) -> str:
    return f"#{colour:06x}"
