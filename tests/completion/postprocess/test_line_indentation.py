"""Where a line may be indented further than the cursor stands, and with which tokens it would be."""

import pytest
from holesmith.completion.hole_context import HoleContext
from holesmith.completion.postprocess.line_indentation import deeper_tokens, is_indented
from holesmith.completion.snapshot import Snapshot

from tests.fakes import byte_vocabulary

FULL = {
    "a statement of the same block": "def f():\n    x = 1\n    ",
    "the first of a block": "def f():\n    ",
    "the first of a block behind blank lines": "class A:\n\n    def f(self):\n\n        ",
    "behind a block": "def f():\n    if x:\n        y()\n    ",
    "behind a bracket": "f(\n    ",
    "behind an element": "x = [\n    1,\n    ",
    "with tabs": "def f():\n\tx = 1\n\t",
}
FREE = {
    "at the left margin": "def f():\n    x = 1\n",
    "a block that is not indented yet": "def f():\n    if x:\n    ",
    "a block with a comment that is not indented yet": "def f():\n    if x:  # why\n    ",
    "a block with a comment below that is not indented yet": "def f():\n    if x:\n        # why\n    ",
    "behind an element that is aligned": "x = f(1,\n    ",
    "a line that goes on": "x = 1 + \\\n    ",
    "in a text": 'def f():\n    """One.\n\n    ',
    "behind a word": "def f():\n    x",
    "no code at all": "",
}


def context(prefix: str, language: str = "python") -> HoleContext:
    return HoleContext(Snapshot("/shop/a", language, prefix, len(prefix)))


@pytest.mark.parametrize("prefix", FULL.values(), ids=FULL.keys())
def test_nothing_may_be_indented_further(prefix: str) -> None:
    assert is_indented(context(prefix))
    assert not is_indented(context(prefix, "javascript"))


@pytest.mark.parametrize("prefix", FREE.values(), ids=FREE.keys())
def test_more_may_be_needed(prefix: str) -> None:
    assert not is_indented(context(prefix))


def test_tokens_that_indent_further() -> None:
    vocabulary = byte_vocabulary(("    ", "     ", "    \t", "    \n", "    x", "   x"))
    spellings = {vocabulary.bytes_by_id[each] for each in deeper_tokens(vocabulary, "    ")}
    assert spellings == {b"     ", b"    \t"}
