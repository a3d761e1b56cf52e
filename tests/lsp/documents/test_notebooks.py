"""A cell is completed as a part of its notebook."""

import pytest
from holesmith.lsp.documents.documents import Documents, Limits
from holesmith.lsp.documents.notebooks import Notebooks
from holesmith.lsp.session import Session
from holesmith.lsp.settings import Settings
from holesmith.lsp.snapshots import SnapshotAt, snapshot_at
from lsprotocol import types

NOTEBOOK = "file:///shop/notes.ipynb"


def uri(name: str) -> str:
    return f"vscode-notebook-cell:/shop/notes.ipynb#{name}"


def cell(name: str, kind: types.NotebookCellKind = types.NotebookCellKind.Code) -> types.NotebookCell:
    return types.NotebookCell(kind, uri(name))


def item(name: str, text: str, language: str = "python") -> types.TextDocumentItem:
    return types.TextDocumentItem(uri(name), language, 1, text)


def opened(**texts: str) -> Session:
    """A notebook with cells of these names; ``text…`` are in Markdown."""
    session = Session(Documents("utf-16", Limits()), Settings(), ("/shop",))
    items = [
        item(name, text, "markdown" if name.startswith("text") else "python") for name, text in texts.items()
    ]
    notebook = types.NotebookDocument(NOTEBOOK, "jupyter-notebook", 1, [cell(name) for name in texts])
    session.notebooks.open(types.DidOpenNotebookDocumentParams(notebook, items), session.documents)
    return session


def changed(session: Session, cells: types.NotebookDocumentCellChanges) -> bool:
    notebook = types.VersionedNotebookDocumentIdentifier(2, NOTEBOOK)
    params = types.DidChangeNotebookDocumentParams(notebook, types.NotebookDocumentChangeEvent(cells=cells))
    return session.notebooks.change(params, session.documents)


def taken(session: Session, name: str, row: int, column: int) -> SnapshotAt:
    params = types.TextDocumentPositionParams(
        types.TextDocumentIdentifier(uri(name)), types.Position(row, column)
    )
    result = snapshot_at(session, params, with_cells=True)
    assert isinstance(result, SnapshotAt)
    return result


def test_a_cell_sees_the_code_of_the_cells_around_it() -> None:
    session = opened(a="import os", text="# Where we are", b="here = os.", c="print(here)\n")
    snapshot = taken(session, "b", 0, 10).snapshot
    assert (snapshot.prefix, snapshot.suffix) == ("import os\nhere = os.", "\nprint(here)\n")
    assert (snapshot.path, snapshot.workspace) == ("/shop/notes.ipynb", "/shop")


def test_positions_are_those_of_the_cell() -> None:
    session = opened(a="import os\n", b="x = 1\nhere = '😀' + os.")
    result = taken(session, "b", 1, 17)
    offset = result.snapshot.offset
    assert result.snapshot.prefix.endswith("os.")
    assert result.place.position == types.Position(1, 17)
    assert result.place.range_of(offset - 3, offset) == types.Range(
        types.Position(1, 14), types.Position(1, 17)
    )


def test_a_selected_menu_item_is_found_in_the_whole() -> None:
    session = opened(a="import os\n", b="os.ge")
    chosen = types.SelectedCompletionInfo(types.Range(types.Position(0, 3), types.Position(0, 5)), "getcwd")
    params = types.TextDocumentPositionParams(types.TextDocumentIdentifier(uri("b")), types.Position(0, 5))
    result = snapshot_at(session, params, selected=chosen, with_cells=True)
    assert isinstance(result, SnapshotAt)
    assert result.snapshot.selected is not None
    assert (result.snapshot.selected.start, result.snapshot.selected.stop) == (13, 15)


def test_cells_that_say_they_are_in_another_language_are_left_out() -> None:
    session = opened(a="%%bash\nls", b="x = ")
    assert taken(session, "b", 0, 4).snapshot.text == "x = "


@pytest.mark.parametrize(
    ("cell", "seen"),
    [
        ("%%time\nmodel = dict(rate=0.1)\n", "model = dict(rate=0.1)\n"),
        ("%%timeit -o\r\nx = 1", "x = 1\n"),
        ("%%capture out\nx = 1", "out = get_ipython()\nx = 1\n"),
        ("%%capture --no-stderr out\nx = 1", "out = get_ipython()\nx = 1\n"),
        ("%%capture\nx = 1", "x = 1\n"),
        ("%%bigquery sales --project p\nSELECT 1", "sales = get_ipython()\n"),
        ("%%html\n<b>", ""),
        ("%%time", ""),
        ("files = !ls *.py\nx = 1", "files = get_ipython()\nx = 1\n"),
        ("old = %env HOME\n", "old = get_ipython()\n"),
        ("x = (y\n= 1)", "x = (y\n= 1)\n"),
        ("x = a\\\n% b", "x = a\\\n% b\n"),
    ],
)
def test_cells_see_the_python_of_a_magic_and_the_names_it_binds(cell: str, seen: str) -> None:
    assert taken(opened(a=cell, b="x = "), "b", 0, 4).snapshot.text == f"{seen}x = "


def test_cells_come_move_change_and_go() -> None:
    session = opened(a="a = 1", b="b = ")
    insert = types.NotebookCellArrayChange(start=1, delete_count=0, cells=[cell("new")])
    structure = types.NotebookDocumentCellChangeStructure(insert, did_open=[item("new", "n = 2")])
    assert changed(session, types.NotebookDocumentCellChanges(structure=structure))
    assert taken(session, "b", 0, 4).snapshot.prefix == "a = 1\nn = 2\nb = "
    edit = types.TextDocumentContentChangeWholeDocument("a = 3")
    content = types.NotebookDocumentCellContentChanges(
        types.VersionedTextDocumentIdentifier(2, uri("a")), [edit]
    )
    assert changed(session, types.NotebookDocumentCellChanges(text_content=[content]))
    assert taken(session, "b", 0, 4).snapshot.prefix == "a = 3\nn = 2\nb = "
    remove = types.NotebookCellArrayChange(start=0, delete_count=1)
    structure = types.NotebookDocumentCellChangeStructure(
        remove, did_close=[types.TextDocumentIdentifier(uri("a"))]
    )
    assert changed(session, types.NotebookDocumentCellChanges(structure=structure))
    assert taken(session, "b", 0, 4).snapshot.prefix == "n = 2\nb = "
    closing = types.DidCloseNotebookDocumentParams(types.NotebookDocumentIdentifier(NOTEBOOK), [])
    session.notebooks.close(closing, session.documents)
    assert len(session.documents) == 0


@pytest.mark.parametrize(("start", "count"), [(7, 0), (0, 99), (2_000_000_000, 2_000_000_000)])
def test_a_change_outside_the_cells_is_taken_as_far_as_it_goes(start: int, count: int) -> None:
    session = opened(a="a = 1", b="b = ")
    array = types.NotebookCellArrayChange(start, count)
    assert changed(
        session,
        types.NotebookDocumentCellChanges(structure=types.NotebookDocumentCellChangeStructure(array)),
    )
    assert taken(session, "b", 0, 4).snapshot.text.endswith("b = ")


def test_a_change_to_a_notebook_that_is_not_open_is_refused() -> None:
    session = Session(Documents("utf-16", Limits()), Settings())
    assert not changed(session, types.NotebookDocumentCellChanges())
    assert Notebooks().around("file:///a.py", session.documents) is None
