"""What an edit costs, as a ratio in one run; what it does is in test_documents.py."""

from collections.abc import Sequence
from time import process_time

import pytest
from holesmith.lsp.documents.documents import Document
from lsprotocol import types

END = types.Position(2**31 - 1, 2**31 - 1)


def insertion(row: int, column: int, text: str = "é") -> types.TextDocumentContentChangePartial:
    place = types.Position(row, column)
    return types.TextDocumentContentChangePartial(types.Range(place, place), text)


def deletion_from(row: int, column: int) -> types.TextDocumentContentChangePartial:
    return types.TextDocumentContentChangePartial(types.Range(types.Position(row, column), END), "")


def seconds_for(text: str, changes: Sequence[types.TextDocumentContentChangePartial]) -> float:
    document = Document("file:///a.py", "python", 1, text, "utf-16")
    began = process_time()
    document.apply(*changes)
    return process_time() - began


@pytest.mark.parametrize(
    "change", [insertion(0, 5), insertion(END.line, 0), insertion(0, END.character), deletion_from(0, 5)]
)
@pytest.mark.parametrize("character", ["x", "é", "\n"])
def test_an_edit_costs_no_more_in_a_long_line_or_text(
    character: str, change: types.TextDocumentContentChangePartial
) -> None:
    short, long = (seconds_for(character * length, [change] * 1_000) for length in (1_000, 1_000_000))
    assert long < 20 * short


def test_many_edits_in_one_message_cost_as_much_each_as_a_few() -> None:
    typed = [insertion(0, column) for column in range(16_000)]
    assert seconds_for("", typed) < 5 * 16 * seconds_for("", typed[:1_000])
