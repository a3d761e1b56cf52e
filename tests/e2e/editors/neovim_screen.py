"""Neovim's screen as its user interface protocol draws it: text to assert on, and a picture for the manual."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from typing import Any

CELL_WIDTH, CELL_HEIGHT, MARGIN = 8.4, 18, 10


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
            for arguments in calls if handler is not None else ():
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
        width, height = (len(self.rows[0]) * CELL_WIDTH, len(self.rows) * CELL_HEIGHT)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width + 2 * MARGIN:.0f} {height + 2 * MARGIN}"'
            ' font-family="ui-monospace,DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="14" xml:space="preserve">',
            f'<rect width="100%" height="100%" rx="8" fill="{_hex(self.background)}"/>',
        ]
        for number, row in enumerate(self.rows):
            parts += self._row_as_svg(number, row)
        row, column = self.cursor
        x, y = MARGIN + column * CELL_WIDTH, MARGIN + row * CELL_HEIGHT
        parts.append(
            f'<rect x="{x:.1f}" y="{y}" width="2" height="{CELL_HEIGHT}" fill="{_hex(self.foreground)}"/>'
        )
        return "\n".join([*parts, "</svg>\n"])

    def _row_as_svg(self, number: int, row: Sequence[tuple[str, int]]) -> Iterable[str]:
        column, y = 0, MARGIN + number * CELL_HEIGHT
        for identity, run in groupby(row, key=lambda cell: cell[1]):
            texts = [text for text, _ in run]
            x, width = MARGIN + column * CELL_WIDTH, len(texts) * CELL_WIDTH
            column += len(texts)
            foreground, background = self._colours(identity)
            if background != self.background:
                yield f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{CELL_HEIGHT}" fill="{_hex(background)}"/>'
            if text := "".join(texts).rstrip():
                slant = ' font-style="italic"' if self.highlights.get(identity, {}).get("italic") else ""
                weight = ' font-weight="bold"' if self.highlights.get(identity, {}).get("bold") else ""
                yield (
                    f'<text x="{x:.1f}" y="{y + 14}" textLength="{len(text) * CELL_WIDTH:.1f}" '
                    f'fill="{_hex(foreground)}"{slant}{weight}>{escape(text)}</text>'
                )


def _hex(colour: int) -> str:
    return f"#{colour:06x}"
