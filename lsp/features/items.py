"""Turn a completion into items of the protocol: ghost text, and an entry of the completion menu."""

import re
from collections.abc import Sequence

from holesmith.completion.answer import Completion
from holesmith.completion.postprocess.shaping import unclosed
from holesmith.completion.scheduling.completion_cache import CLOSED_MAX
from holesmith.completion.visible_text import visible
from holesmith.lsp.snapshots import Place
from lsprotocol import types

_CLOSERS = re.compile(r"""[)\]}"'`]+[;:,]?""")
_LABEL_CHARACTERS_MAX = 80


def inline_list(completions: Sequence[Completion], place: Place | None) -> types.InlineCompletionList:
    """One item for each completion, the likeliest first."""
    if place is None:
        return types.InlineCompletionList(items=())
    return types.InlineCompletionList(
        items=tuple(_inline_item(completion, place) for completion in completions)
    )


def _inline_item(completion: Completion, place: Place) -> types.InlineCompletionItem:
    """An item that also replaces brackets and quotes that the editor has closed behind the cursor.

    Its text repeats them, so that the cursor ends up behind them.
    """
    closed = _closed_behind(completion, place)
    return types.InlineCompletionItem(
        insert_text=completion.text + closed,
        range=place.range_of(completion.start, completion.stop + len(closed)),
    )


def _closed_behind(completion: Completion, place: Place) -> str:
    """The rest of the line if it is only closing brackets and quotes; else an empty text."""
    cursor = place.cursor
    rest = cursor.line[completion.stop - cursor.line_start :].rstrip()
    is_closed = _CLOSERS.fullmatch(rest) is not None and len(rest) <= CLOSED_MAX
    return rest if is_closed and "\n" not in completion.text and not unclosed(completion.text) else ""


def menu_list(completion: Completion | None, place: Place | None) -> types.CompletionList:
    """A list of at most one item, marked incomplete so that the client asks again at the next keystroke."""
    item = _menu_item(completion, place) if completion and place else None
    return types.CompletionList(is_incomplete=True, items=() if item is None else (item,))


def _menu_item(completion: Completion, place: Place) -> types.CompletionItem | None:
    """The completion's first line, because menus re-indent or break several. None if that line is blank.

    The item also replaces the word before the cursor, because menus filter their items by that word.
    """
    line = completion.text.partition("\n")[0].rstrip()
    if not line:
        return None
    cursor = place.cursor
    word = _word_before(cursor.line[: completion.start - cursor.line_start])
    text = word + line
    shown = visible(text.strip())
    return types.CompletionItem(
        label=shown if len(shown) <= _LABEL_CHARACTERS_MAX else shown[: _LABEL_CHARACTERS_MAX - 1] + "…",
        label_details=types.CompletionItemLabelDetails(description="Holesmith"),
        kind=types.CompletionItemKind.Text,
        detail="suggested by Holesmith",
        sort_text="0",
        filter_text=text,
        preselect=False,
        insert_text_format=types.InsertTextFormat.PlainText,
        insert_text_mode=types.InsertTextMode.AsIs,
        text_edit=types.TextEdit(place.range_of(completion.start - len(word), completion.stop), text),
    )


def _word_before(line: str) -> str:
    start = len(line)
    while start and (line[start - 1].isalnum() or line[start - 1] == "_"):
        start -= 1
    return line[start:]
