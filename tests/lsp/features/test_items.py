"""What the editor gets of a completion."""

import pytest
from holesmith.completion.answer import Completion
from holesmith.lsp.documents.documents import Document
from holesmith.lsp.features.items import inline_list, menu_list
from holesmith.lsp.snapshots import Place
from lsprotocol import types

CURSOR = "<CURSOR>"


def place_in(marked: str) -> Place:
    text = marked.replace(CURSOR, "")
    before = marked[: marked.index(CURSOR)]
    document = Document("file:///a.py", "python", 1, text, "utf-16")
    row = before.count("\n")
    column = len(before.split("\n")[-1].encode("utf-16-le")) // 2
    return Place("file:///a.py", 1, document.cursor_at(types.Position(row, column)), "utf-16")


def check_menu(marked: str, text: str, label: str, new_text: str, columns: tuple[int, int]) -> None:
    place = place_in(marked)
    offset = place.cursor.offset
    (item,) = menu_list(Completion(text, offset, offset, 1.0), place).items
    assert isinstance(item.text_edit, types.TextEdit)
    assert (item.label, item.text_edit.new_text) == (label, new_text)
    assert item.filter_text == new_text
    span = item.text_edit.range
    assert (span.start.character, span.end.character) == columns
    assert span.start.line == span.end.line == place.cursor.row


@pytest.mark.parametrize(
    ("marked", "text", "label", "new_text", "columns"),
    [
        ("x = <CURSOR>", "foo()", "foo()", "foo()", (4, 4)),
        ("x = fo<CURSOR>", "o()", "foo()", "foo()", (4, 6)),
        ("a\nx.fo<CURSOR>)", "o", "foo", "foo", (2, 4)),
        ("'😀' + gr<CURSOR>", "öße", "größe", "größe", (7, 9)),
        ("x = <CURSOR>", "f(\n    1,\n)", "f(", "f(", (4, 4)),
        ("if x:<CURSOR>", " return  \nelse:", "return", " return", (5, 5)),
    ],
)
def test_a_menu_item_is_one_line_and_goes_on_from_the_word(
    marked: str, text: str, label: str, new_text: str, columns: tuple[int, int]
) -> None:
    check_menu(marked, text, label, new_text, columns)


def test_what_the_line_hides_is_inserted_as_it_is_and_shown_in_the_label() -> None:
    check_menu('x = "\u202e" + ab<CURSOR>', 'c("\u202e")', 'abc("\\u202e")', 'abc("\u202e")', (10, 12))


def test_a_long_label_is_cut() -> None:
    place = place_in("<CURSOR>")
    (item,) = menu_list(Completion("x" * 300, 0, 0, 1.0), place).items
    assert item.label == "x" * 79 + "…"
    assert isinstance(item.text_edit, types.TextEdit)
    assert len(item.text_edit.new_text) == 300


@pytest.mark.parametrize("text", ["\n    pass", "   \nx"])
def test_there_is_no_menu_item_without_a_line(text: str) -> None:
    assert menu_list(Completion(text, 0, 0, 1.0), place_in("<CURSOR>")).items == ()


def test_ghost_text_may_have_several_lines_and_replaces_its_span() -> None:
    place = place_in("'😀'.fo<CURSOR>)")
    start, stop = place.cursor.offset - 2, place.cursor.offset + 1
    (item,) = inline_list([Completion("bar(\n  1)", start, stop, 1.0)], place).items
    assert item.insert_text == "bar(\n  1)"
    assert item.range == types.Range(types.Position(0, 5), types.Position(0, 8))


@pytest.mark.parametrize(
    ("marked", "text", "new_text", "stop"),
    [
        ("print(<CURSOR>)", "value", "value)", 7),
        ("print(f(<CURSOR>))  ", "a, b", "a, b))", 10),
        ('name = "<CURSOR>"', "Alice", 'Alice"', 9),
        ("foo(<CURSOR>);", "bar", "bar);", 6),
        ("foo(<CURSOR>):", "a: int", "a: int):", 6),
        # What follows was written by the user.
        ("foo(<CURSOR>, b)", "a", "a", 4),
        ("foo(<CURSOR>) + 1", "a", "a", 4),
        ("x = <CURSOR>,", "a", "a", 4),
        # Its own bracket is still open: this one belongs to it.
        ("foo(<CURSOR>)", "len(a", "len(a", 4),
        ("foo(<CURSOR>)", "[\n    1,\n]", "[\n    1,\n]", 4),
        ("((((((((((<CURSOR>))))))))))", "a", "a", 10),
    ],
)
def test_an_item_reaches_over_what_the_editor_closed(
    marked: str, text: str, new_text: str, stop: int
) -> None:
    place = place_in(marked)
    offset = place.cursor.offset
    (item,) = inline_list([Completion(text, offset, offset, 1.0)], place).items
    assert (item.insert_text, item.range) == (
        new_text,
        types.Range(types.Position(0, offset), types.Position(0, stop)),
    )


def test_there_are_as_many_items_as_completions() -> None:
    completions = [Completion(text, 4, 4, 1.0) for text in ("a", "b", "c")]
    items = inline_list(completions, place_in("x = <CURSOR>")).items
    assert [item.insert_text for item in items] == ["a", "b", "c"]


def test_nothing_is_an_empty_list() -> None:
    assert inline_list((), place_in("<CURSOR>")).items == ()
    assert inline_list((), None).items == ()
    assert menu_list(None, None).items == ()
    assert menu_list(None, None).is_incomplete
