"""The state of one document at one moment, with the cursor: everything that a completion depends on.

A snapshot is immutable, so that a completion computed while the user types on is still the right answer to
its own request. A snapshot knows no editor: offsets count code points from 0, and lines end as they do in the
text.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One document at one moment, with the cursor at ``offset``.

    ``path`` is absolute, or a bare name for a document that was never saved. ``address`` is the whole path in
    its URI, even if that names no file of this machine: only the names in it are looked at. ``language`` is
    the language server protocol's language id. ``invoked`` is true if the user asked for this completion by
    hand, ``after_deletion`` if the last edit only took text away at the cursor. ``selected`` is the item
    highlighted in the editor's completion menu; the completion then continues from there and begins with that
    text. ``indentation`` is one level of it as the editor writes it, a tab or spaces; None leaves it to the
    document's own style.
    """

    path: str
    language: str
    text: str
    offset: int
    workspace: str | None = None
    version: int = 0
    invoked: bool = False
    selected: "Selected | None" = None
    after_deletion: bool = False
    indentation: str | None = None
    address: str = ""

    def __post_init__(self) -> None:
        assert 0 <= self.offset <= len(self.text)

    @property
    def file_path(self) -> str | None:
        """The path of the document's file; None for a document that was never saved."""
        return self.path if Path(self.path).is_absolute() else None

    @property
    def prefix(self) -> str:
        """The text before the hole. An item selected in the editor's menu counts as typed."""
        selected = self.selected
        return self.text[: self.offset] if selected is None else self.text[: selected.start] + selected.text

    @property
    def suffix(self) -> str:
        """The text after the hole: behind the cursor, or behind the text that the selected item would
        replace.
        """
        return self.text[self.offset if self.selected is None else self.selected.stop :]


@dataclass(frozen=True, slots=True)
class Selected:
    """An item selected in the editor's menu: ``text`` would replace ``[start, stop)``."""

    start: int
    stop: int
    text: str
