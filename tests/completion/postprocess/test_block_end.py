"""Where a block ends is told by lexing the text as it grows; tree-sitter, which sees all of it, agrees.

Every block of our own sources is taken out and written again, with all that follows it in the file.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from holesmith.analysis.outline.grammars import grammar_of
from holesmith.analysis.syntax.stops import stops_at
from tree_sitter import Node, Parser

ROOT = Path(__file__).parents[3]
BLOCKS = {"python": "block", "typescript": "statement_block", "javascript": "statement_block"}
SOURCES = {
    "python": sorted((ROOT / "completion").glob("*.py")),
    "typescript": sorted((ROOT / "editors" / "vscode" / "src").glob("*.ts")),
    "javascript": sorted((ROOT / "tests" / "e2e").rglob("*.mjs")),
}
BLOCKS_MAX = 150


def blocks(node: Node, kind: str) -> Iterator[Node]:
    for child in node.children:
        if child.type == kind:
            yield child
        yield from blocks(child, kind)


def spans(language: str, path: Path) -> Iterator[tuple[str, int, int]]:
    """The text and the span of each block in it, of files with one byte a character: offsets are the same."""
    text = path.read_text()
    grammar = grammar_of(language)
    assert grammar is not None
    if text.isascii():
        for block in blocks(Parser(grammar).parse(text.encode()).root_node, BLOCKS[language]):
            yield text, block.start_byte, block.end_byte


@pytest.mark.parametrize("language", BLOCKS)
def test_a_block_ends_where_tree_sitter_says(language: str) -> None:
    found = [span for path in SOURCES[language] for span in spans(language, path)]
    assert len(found) > 20
    for text, start, stop in found[:: len(found) // BLOCKS_MAX + 1]:
        opened = start if language == "python" else start + 1
        middle = text[opened:]
        end = stops_at(language, text[:opened], "").block_stop(middle)
        written = middle if end is None else middle[:end]
        assert without_comments(written) == without_comments(text[opened:stop]), text[start - 200 : stop]


def without_comments(code: str) -> str:
    """Without those at the end, which belong to the block or to what follows as one likes."""
    lines = code.rstrip().split("\n")
    while lines and lines[-1].lstrip().startswith(("#", "//")):
        lines.pop()
    return "\n".join(lines).rstrip()
