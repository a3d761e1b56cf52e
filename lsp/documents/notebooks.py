"""The order of the cells in each notebook, so that a cell is completed with the code around it.

The texts of cells are kept as documents. A cell that is in no open notebook is completed by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from holesmith.lsp.documents.cell_magics import python_of
from holesmith.lsp.documents.documents import Document, Documents
from holesmith.lsp.documents.uris import key_of
from lsprotocol import types

# The most text of other cells that is used, before the cell and as much behind it.
CHARACTERS_MAX = 200_000


@dataclass(slots=True)
class Notebook:
    """An open notebook; ``cells`` are the keys of the URIs of its cells, in order."""

    uri: str
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Around:
    """The text of the code cells before and behind a cell; each text ends with a line break."""

    notebook: str
    before: str
    behind: str


class Notebooks:
    """The notebooks that the client has open, by the key of their URI."""

    def __init__(self) -> None:
        self._open: dict[str, Notebook] = {}

    def open(self, params: types.DidOpenNotebookDocumentParams, documents: Documents) -> None:
        notebook = params.notebook_document
        cells = [key_of(cell.document) for cell in notebook.cells]
        self._open[key_of(notebook.uri)] = Notebook(notebook.uri, cells)
        _open(params.cell_text_documents, documents)

    def change(self, params: types.DidChangeNotebookDocumentParams, documents: Documents) -> bool:
        """Apply the changes of one message. Returns False if the notebook is not open."""
        notebook, change = self._open.get(key_of(params.notebook_document.uri)), params.change.cells
        if notebook is None:
            return False
        if change is not None and change.structure is not None:
            array = change.structure.array
            start = min(array.start, len(notebook.cells))
            new = [key_of(cell.document) for cell in array.cells or ()]
            notebook.cells[start : start + array.delete_count] = new
            _open(change.structure.did_open or (), documents)
            _close((cell.uri for cell in change.structure.did_close or ()), documents)
        for edited in change.text_content or () if change is not None else ():
            documents.change(edited.document.uri, edited.document.version, tuple(edited.changes))
        return True

    def close(self, params: types.DidCloseNotebookDocumentParams, documents: Documents) -> None:
        notebook = self._open.pop(key_of(params.notebook_document.uri), None)
        cells = notebook.cells if notebook is not None else ()
        _close((*cells, *(cell.uri for cell in params.cell_text_documents)), documents)

    def around(self, uri: str, documents: Documents) -> Around | None:
        """The code before and behind a cell, in its language; None for a document that is no cell."""
        own, key = documents.get(uri), key_of(uri)
        for notebook in self._open.values():
            if key in notebook.cells and isinstance(own, Document):
                at = notebook.cells.index(key)
                before = _code(notebook.cells[:at], own.language, documents)
                behind = _code(notebook.cells[at + 1 :], own.language, documents)
                return Around(notebook.uri, before[-CHARACTERS_MAX:], behind[:CHARACTERS_MAX])
        return None


def _code(cells: Iterable[str], language: str, documents: Documents) -> str:
    """The text of the cells in ``language``, without text for other programs."""
    texts: list[str] = []
    for uri in cells:
        cell = documents.get(uri)
        if isinstance(cell, Document) and cell.language == language:
            text = cell.text
            if language == "python" or text.startswith("%%"):
                text = python_of(text) if language == "python" else ""
            texts.append(text if text.endswith("\n") or not text else text + "\n")
    return "".join(texts)


def _open(cells: Sequence[types.TextDocumentItem], documents: Documents) -> None:
    for cell in cells:
        documents.open(cell)


def _close(cells: Iterable[str], documents: Documents) -> None:
    for uri in cells:
        documents.close(uri)
