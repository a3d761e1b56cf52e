"""Documents against an oracle that keeps the whole text as code units and scans it for every position."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from holesmith.lsp.documents import pieces
from holesmith.lsp.documents.documents import Document, Documents, Limits, RejectedDocument
from holesmith.lsp.documents.positions import Encoding
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")
CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}

# Everything that has gone wrong in some server: CR and LF apart and together, form feed, NEL, line separator
# (which end no line here), characters of one to four UTF-8 bytes, NUL, and lone halves of a surrogate pair.
TEXTS = st.text(st.sampled_from("ab\r\n\r\n\f\x85\u2028\0éß漢😀𝒳\ud83d\ude00"), max_size=14)


@dataclass(frozen=True)
class Edit:
    start: tuple[int, int]
    stop: tuple[int, int]
    text: str


PLACES = st.tuples(st.integers(0, 6), st.integers(0, 12))
EDITS = st.lists(st.builds(Edit, PLACES, PLACES, TEXTS), max_size=5)


class Oracle:
    """The client's view: a sequence of code units. Slow and obvious."""

    def __init__(self, text: str, encoding: Encoding) -> None:
        self.codec, self.width = CODECS[encoding]
        self.units = self.units_of(text)

    def units_of(self, text: str) -> list[bytes]:
        encoded = text.encode(self.codec, "surrogatepass")
        return [encoded[i : i + self.width] for i in range(0, len(encoded), self.width)]

    def is_at(self, index: int, character: str) -> bool:
        return self.units[index : index + 1] == self.units_of(character)

    def line_spans(self) -> list[tuple[int, int]]:
        """Of every line, where its text starts and stops, without the line ending."""
        spans, start, i = list[tuple[int, int]](), 0, 0
        while i < len(self.units):
            ends = self.is_at(i, "\n") or self.is_at(i, "\r")
            following = i + 2 if self.is_at(i, "\r") and self.is_at(i + 1, "\n") else i + 1
            if ends:
                spans.append((start, i))
                start = following
            i = following if ends else i + 1
        return [*spans, (start, len(self.units))]

    def index(self, place: tuple[int, int]) -> int:
        spans = self.line_spans()
        row, column = place
        if row >= len(spans):
            return len(self.units)
        start, stop = spans[row]
        index = min(start + column, stop)
        while not self.is_boundary(index):
            index -= 1
        return index

    def is_boundary(self, index: int) -> bool:
        if index in (0, len(self.units)):
            return True
        here, before = self.units[index], self.units[index - 1]
        if self.width == 1:
            return here[0] & 0xC0 != 0x80
        if self.width == 2:
            return not (0xDC <= here[1] <= 0xDF and 0xD8 <= before[1] <= 0xDB)
        return True

    def apply(self, edit: Edit) -> None:
        start, stop = sorted((self.index(edit.start), self.index(edit.stop)))
        self.units[start:stop] = self.units_of(edit.text)

    def text(self) -> str:
        return b"".join(self.units).decode(self.codec, "surrogatepass")


def change(edit: Edit) -> types.TextDocumentContentChangePartial:
    return types.TextDocumentContentChangePartial(
        range=types.Range(types.Position(*edit.start), types.Position(*edit.stop)), text=edit.text
    )


def document(text: str, encoding: Encoding = "utf-16") -> Document:
    return Document("file:///a.py", "python", 1, text, encoding)


@pytest.fixture(params=["as they are", "tiny"], scope="module")
def piece_lengths(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tiny pieces, so that short texts and edits reach over many of them."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "tiny":
            patch.setattr(pieces, "PIECE_CHARACTERS_MAX", 4)
            patch.setattr(pieces, "PIECE_LINES_MAX", 2)
        yield


@pytest.mark.usefixtures("piece_lengths")
@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=TEXTS, edits=EDITS)
def test_edits_do_what_they_did_in_the_client(encoding: Encoding, text: str, edits: list[Edit]) -> None:
    ours, oracle = document(text, encoding), Oracle(text, encoding)
    for edit in edits:
        ours.apply(change(edit))
        oracle.apply(edit)
        assert ours.text == oracle.text()
        assert ours.size == len(oracle.text().encode("utf-8", "surrogatepass"))


@pytest.mark.usefixtures("piece_lengths")
@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=TEXTS, edits=EDITS, place=PLACES)
def test_a_cursor_is_where_the_client_sees_it(
    encoding: Encoding, text: str, edits: list[Edit], place: tuple[int, int]
) -> None:
    ours, oracle = document(text, encoding), Oracle(text, encoding)
    for edit in edits:
        ours.apply(change(edit))
        oracle.apply(edit)
    cursor = ours.cursor_at(types.Position(*place))
    index = oracle.index(place)
    assert ours.text[: cursor.offset] == b"".join(oracle.units[:index]).decode(oracle.codec, "surrogatepass")
    start, stop = oracle.line_spans()[cursor.row]
    assert cursor.position_at(cursor.offset, encoding) == types.Position(cursor.row, index - start)
    end = cursor.line_start + len(cursor.line)
    assert cursor.position_at(end, encoding) == types.Position(cursor.row, stop - start)


@pytest.mark.usefixtures("piece_lengths")
@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=TEXTS, edits=EDITS)
def test_an_edit_ends_where_its_text_does(encoding: Encoding, text: str, edits: list[Edit]) -> None:
    ours, oracle = document(text, encoding), Oracle(text, encoding)
    assert ours.edit_end is None
    for edit in edits:
        end = min(oracle.index(edit.start), oracle.index(edit.stop)) + len(oracle.units_of(edit.text))
        ours.apply(change(edit))
        oracle.apply(edit)
        assert ours.edit_end is not None
        place = ours.edit_end.line, ours.edit_end.character
        is_inside = not oracle.is_boundary(end) or (oracle.is_at(end - 1, "\r") and oracle.is_at(end, "\n"))
        assert is_inside or oracle.index(place) == end


@pytest.mark.parametrize(
    ("edits", "end"),
    [
        ([Edit((0, 4), (0, 7), "2\n")], (1, 0)),
        ([Edit((1, 0), (1, 2), "")], (1, 0)),
        # One key after the other, told together.
        ([Edit((0, 7), (0, 7), "\n"), Edit((1, 0), (1, 0), "  ")], (1, 2)),
        # Several cursors, a renamed name.
        ([Edit((1, 0), (1, 0), "x"), Edit((0, 0), (0, 0), "x")], None),
    ],
)
def test_edits_in_several_places_do_not_tell_where_the_cursor_is(
    edits: list[Edit], end: tuple[int, int] | None
) -> None:
    ours = document("one two\nthree")
    ours.apply(*(change(edit) for edit in edits))
    assert ours.edit_end == (None if end is None else types.Position(*end))
    ours.apply(*whole("one two"))
    assert ours.edit_end is None


def test_an_emoji_typed_in_two_halves_is_one_character() -> None:
    ours = document("x = ''")
    ours.apply(change(Edit((0, 5), (0, 5), "\ud83d")))
    ours.apply(change(Edit((0, 6), (0, 6), "\ude00")))
    assert ours.text == "x = '😀'"


def test_a_change_without_a_range_replaces_everything() -> None:
    ours = document("old\ntext")
    ours.apply(types.TextDocumentContentChangeWholeDocument(text="new\r\n"))
    assert ours.text == "new\r\n"
    assert ours.cursor_at(types.Position(9, 9)).row == 1


def item(uri: str, text: str) -> types.TextDocumentItem:
    return types.TextDocumentItem(uri=uri, language_id="python", version=1, text=text)


def whole(text: str) -> tuple[types.TextDocumentContentChangeWholeDocument]:
    return (types.TextDocumentContentChangeWholeDocument(text=text),)


def test_a_document_over_the_limit_is_refused_with_its_size_until_it_is_replaced_by_a_smaller_one() -> None:
    documents = Documents("utf-16", Limits(document_bytes_max=5_000_000))
    refused = documents.open(item("file:///big.py", "x" * 10_000_000))
    assert isinstance(refused, RejectedDocument)
    assert "10.0 MB" in refused.reason
    assert "5.0 MB" in refused.reason
    assert documents.change("file:///big.py", 2, (change(Edit((0, 0), (0, 1), "")),)) is refused
    accepted = documents.change("file:///big.py", 3, whole("y = 1"))
    assert isinstance(accepted, Document)
    assert (accepted.text, accepted.language, accepted.version) == ("y = 1", "python", 3)


def test_a_document_that_grows_over_the_limit_is_let_go() -> None:
    documents = Documents("utf-16", Limits(document_bytes_max=10))
    documents.open(item("file:///a.py", "12345"))
    assert isinstance(
        documents.change("file:///a.py", 2, (change(Edit((0, 5), (0, 5), "漢漢")),)), RejectedDocument
    )


def test_many_documents_are_bounded_together() -> None:
    documents = Documents("utf-16", Limits(document_bytes_max=10, total_bytes_max=20))
    kept = [documents.open(item(f"file:///{n}.py", "12345678")) for n in range(4)]
    assert [isinstance(each, Document) for each in kept] == [True, True, False, False]
    documents.close("file:///0.py")
    assert isinstance(documents.open(item("file:///3.py", "12345678")), Document)


def test_unknown_documents_and_odd_versions() -> None:
    documents = Documents("utf-16", Limits())
    assert documents.get("file:///a.py") is None
    assert documents.change("file:///a.py", 1, whole("x")) is None
    documents.close("file:///a.py")
    documents.open(item("file:///a.py", "one"))
    backwards = documents.change("file:///a.py", 0, whole("two"))
    assert isinstance(backwards, Document)
    assert (backwards.text, backwards.version) == ("two", 0)
    reopened = documents.open(item("file:///a.py", "three"))
    assert isinstance(reopened, Document)
    assert reopened.text == "three"


@pytest.mark.parametrize(
    ("edits", "deleted_at"),
    [
        ([Edit((0, 4), (0, 5), "")], (0, 4)),
        ([Edit((0, 5), (0, 4), "")], (0, 4)),
        ([Edit((0, 4), (1, 2), "")], (0, 4)),
        ([Edit((1, 0), (1, 1), ""), Edit((0, 4), (0, 5), "")], (0, 4)),
        ([Edit((0, 4), (0, 5), "x")], None),
        ([Edit((0, 4), (0, 4), "x")], None),
        ([Edit((0, 4), (0, 4), "")], None),
        ([Edit((0, 4), (0, 5), ""), Edit((1, 0), (1, 0), "x")], None),
    ],
)
def test_a_deletion_is_known_until_the_next_edit(
    edits: list[Edit], deleted_at: tuple[int, int] | None
) -> None:
    document = Document("a", "python", 1, "one two\nthree", "utf-16")
    document.apply(*(change(edit) for edit in edits))
    for row, column in [(0, 4), (0, 3), (1, 0), (1, 2)]:
        cursor = document.cursor_at(types.Position(row, column))
        assert document.is_just_deleted_at(cursor) == ((row, column) == deleted_at)
    document.apply(change(Edit((0, 0), (0, 0), "y")))
    assert not document.is_just_deleted_at(document.cursor_at(types.Position(0, 4)))
