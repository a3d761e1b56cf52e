"""Build the prompt: ordered segments and their token ids, the stable ones first, within a budget.

There are two orders. *Plain* is prefix, suffix, middle marker. *Anchored* ends the prefix at the anchor, some
lines above the cursor, and gives the model the text from there to the cursor as the beginning of the middle.
Between keystrokes only the end of that text changes, and the anchor moves once in several lines, so the
prefix cache holds all the rest. Also, the text next to the cursor stands next to the generated text, which a
small model needs (docs/results/2026-11-26-anchored-order.md).

In both orders the text right at the cursor is healed (token_healing.py): the characters that are cut off come
back as ``healed_prefix``, with which the generated text must begin. At `return coun‸`, the
model sees the line only up to `return`, and `healed_prefix` is ` coun`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from holesmith.context.prompt.templates import Piece, Slot, Special, Template
from holesmith.context.prompt.token_healing import split_partial_token
from holesmith.context.prompt.tokenizer import Tokenizer
from holesmith.context.prompt.window import lines_after, lines_before

Order = Literal["plain", "anchored"]

# The largest share of the budget for text after the cursor; the unused rest goes to the text before.
SUFFIX_SHARE = 0.25

# At least ANCHORED_LINES_MIN lines above the cursor's line stand behind the anchor (fewer only at the top of
# a file); the anchor moves once in ANCHOR_EVERY_LINES lines.
ANCHORED_LINES_MIN = 6
ANCHOR_EVERY_LINES = 8
# Characters from the anchor to the cursor's line; behind longer text the anchor is the cursor's line.
ANCHORED_CHARACTERS_MAX = 1_200
# The tokens of the text behind the anchor are rounded up to a multiple of this.
TAIL_STEP_TOKENS = 64


@dataclass(frozen=True, slots=True)
class RepositoryFile:
    """A piece of another file of the repository; ``path`` is relative to the repository's root."""

    path: str
    code: str


@dataclass(frozen=True, slots=True)
class Hole:
    """The text around the cursor, its path, and the snippets for its prompt.

    ``preamble`` are comment lines before the prefix, for a family that has no layout for ``files``.
    ``appendix`` is the text behind the suffix, for a family that has other files there.
    """

    prefix: str
    suffix: str
    path: str
    repository: str
    files: tuple[RepositoryFile, ...] = ()
    preamble: str = ""
    appendix: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of the prompt: the name of its slot, or "marker", and its text with special tokens spelt out."""

    kind: str
    text: str
    token_ids: tuple[int, ...]


@dataclass(frozen=True)
class Prompt:
    """The finished prompt. ``healed_prefix`` is the text that the middle must begin with; it ends at the
    cursor.
    """

    segments: tuple[Segment, ...]
    healed_prefix: str
    stop_ids: frozenset[int]
    template: Template

    @cached_property
    def token_ids(self) -> tuple[int, ...]:
        return tuple(token for segment in self.segments for token in segment.token_ids)

    @property
    def text(self) -> str:
        return "".join(segment.text for segment in self.segments)


def build_prompt(
    hole: Hole, template: Template, tokenizer: Tokenizer, tokens_max: int, order: Order = "anchored"
) -> Prompt:
    """Build the prompt for one hole.

    The prompt has at most ``tokens_max`` tokens, apart from the few markers of the template.
    """
    line_start = hole.prefix.rfind("\n") + 1
    anchored = order == "anchored" and template.anchorable
    begun, healed_prefix = split_partial_token(hole.prefix[line_start:])
    anchor = anchor_of(hole.prefix, line_start) if anchored else line_start
    seen = hole.prefix[anchor:line_start] + begun
    opening = list(segments_of(repository_pieces(hole, template), tokenizer))
    appendix = hole.appendix if template.appends_files else ""
    preamble = hole.preamble if template.repository is None and not template.appends_files else ""
    taken = sum(len(segment.token_ids) for segment in opening) + len(tokenizer.encode(preamble + appendix))
    budget = max(16, tokens_max - taken)
    suffix = lines_after(hole.suffix, int(budget * SUFFIX_SHARE), tokenizer) if template.fills_middle else ""
    budget -= len(tokenizer.encode(suffix))
    if anchored:
        # Rounded up to steps: otherwise the window would move with every key.
        budget -= -(-len(tokenizer.encode(seen)) // TAIL_STEP_TOKENS) * TAIL_STEP_TOKENS
        prefix, middle = lines_before(hole.prefix[:anchor], max(0, budget), tokenizer), seen
    else:
        prefix, middle = lines_before(hole.prefix[:line_start] + seen, budget, tokenizer), ""
    texts = {Slot.PREFIX: preamble + prefix, Slot.SUFFIX: suffix + appendix, Slot.MIDDLE: middle}
    closing = segments_of(hole_pieces(hole, template, texts), tokenizer)
    begin = () if tokenizer.begin_id is None else (Segment("marker", "", (tokenizer.begin_id,)),)
    return Prompt((*begin, *opening, *closing), healed_prefix, template.stop_ids(tokenizer), template)


def anchor_of(prefix: str, line_start: int) -> int:
    """Return the anchor: the offset at which the prefix of the prompt ends.

    The anchor is the start of a line some lines above the cursor's, and stays the same for several lines. At
    the top of a file, and behind very long lines, it is the start of the cursor's line.
    """
    line = prefix.count("\n", 0, line_start)
    above = line - max(0, line - ANCHORED_LINES_MIN) // ANCHOR_EVERY_LINES * ANCHOR_EVERY_LINES
    anchor = line_start
    for _ in range(above):
        anchor = prefix.rfind("\n", 0, anchor - 1) + 1
    return anchor if anchor > 0 and line_start - anchor <= ANCHORED_CHARACTERS_MAX else line_start


def repository_pieces(hole: Hole, template: Template) -> Iterator[tuple[Piece, str]]:
    """Yield the pieces before the hole, each with its text; none if there is no other file to show."""
    layout = template.repository
    if layout is None or not hole.files:
        return
    yield from filled(layout.header, {Slot.REPOSITORY: hole.repository})
    for file in hole.files:
        yield from filled(layout.file, {Slot.PATH: file.path, Slot.CODE: file.code})
    yield from filled(layout.current, {Slot.PATH: hole.path})


def hole_pieces(hole: Hole, template: Template, texts: Mapping[Slot, str]) -> Iterator[tuple[Piece, str]]:
    """Yield the pieces of the hole, each with its text."""
    layout = template.repository
    for piece, text in filled(template.hole, texts):
        if piece is Slot.PREFIX and layout is not None and hole.files:
            yield from filled(layout.in_prefix, {Slot.PATH: hole.path})
        yield piece, text


def filled(pieces: Sequence[Piece], texts: Mapping[Slot, str]) -> Iterator[tuple[Piece, str]]:
    """Yield the pieces of a template, each with the text of its slot or its own."""
    for piece in pieces:
        match piece:
            case Special(text):
                yield piece, text
            case Slot():
                yield piece, texts[piece]
            case str():
                yield piece, piece


def segments_of(pieces: Iterator[tuple[Piece, str]], tokenizer: Tokenizer) -> Iterator[Segment]:
    """Yield the segments with their token ids.

    A template is chosen by vocabulary, so the vocabulary has all of its special tokens.
    """
    for piece, text in pieces:
        if isinstance(piece, Special):
            marker = tokenizer.special_id(text)
            assert marker is not None, text
            yield Segment("marker", text, (marker,))
        elif text:
            kind = piece.value if isinstance(piece, Slot) else "marker"
            start = kind in ("prefix", "path")
            yield Segment(kind, text, tuple(tokenizer.encode(text, dummy_space=start)))
