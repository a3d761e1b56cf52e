"""The prompt: ordered segments and their token ids, the stable ones first, within a budget.

Two orders. *Plain* is prefix, suffix, middle marker. *Anchored* gives the model the lines before the cursor's
line as prefix, and the line so far as the beginning of the middle; between keystrokes only that last part
changes, so the prefix cache holds all the rest. In both the text right at the cursor is healed (healing.py):
what is cut off comes back as ``required``, with which the generated text must begin.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from holesmith.context.healing import split_partial_token
from holesmith.context.templates import Piece, Slot, Special, Template
from holesmith.context.tokenizer import Tokenizer
from holesmith.context.window import lines_after, lines_before

Order = Literal["plain", "anchored"]

# The share of the budget that text after the cursor may take; what it leaves goes to the text before.
SUFFIX_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class RepositoryFile:
    """A piece of another file of the repository; ``path`` is relative to its root."""

    path: str
    code: str


@dataclass(frozen=True, slots=True)
class Hole:
    """The text around the cursor, where it lies, and what stands in the prompt before it.

    ``preamble`` are comment lines that stand before the prefix if the family has no layout for ``files``.
    """

    prefix: str
    suffix: str
    path: str
    repository: str
    files: tuple[RepositoryFile, ...] = ()
    preamble: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of the prompt: the name of its slot, or "marker", and its text, special tokens spelt out."""

    kind: str
    text: str
    token_ids: tuple[int, ...]


@dataclass(frozen=True)
class Prompt:
    """``required`` is the text that the middle must begin with; it ends at the cursor."""

    segments: tuple[Segment, ...]
    required: str
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
    """The prompt for one hole. It stays below ``tokens_max`` apart from the few markers of the template."""
    line_start = hole.prefix.rfind("\n") + 1
    anchored = order == "anchored" and template.anchorable
    seen, required = split_partial_token(hole.prefix[line_start:])
    opening = list(segments_of(repository_pieces(hole, template), tokenizer))
    preamble = hole.preamble if template.repository is None else ""
    taken = sum(len(segment.token_ids) for segment in opening) + len(tokenizer.encode(preamble))
    budget = max(16, tokens_max - taken)
    suffix = lines_after(hole.suffix, int(budget * SUFFIX_SHARE), tokenizer) if template.fills_middle else ""
    budget -= len(tokenizer.encode(suffix))
    if anchored:
        budget -= len(tokenizer.encode(seen))
        prefix, middle = lines_before(hole.prefix[:line_start], max(0, budget), tokenizer), seen
    else:
        prefix, middle = lines_before(hole.prefix[:line_start] + seen, budget, tokenizer), ""
    texts = {Slot.PREFIX: preamble + prefix, Slot.SUFFIX: suffix, Slot.MIDDLE: middle}
    closing = segments_of(hole_pieces(hole, template, texts), tokenizer)
    begin = () if tokenizer.begin_id is None else (Segment("marker", "", (tokenizer.begin_id,)),)
    return Prompt((*begin, *opening, *closing), required, template.stop_ids(tokenizer), template)


def repository_pieces(hole: Hole, template: Template) -> Iterator[tuple[Piece, str]]:
    """What stands before the hole, each slot with its text; nothing when there is no other file to show."""
    layout = template.repository
    if layout is None or not hole.files:
        return
    yield from filled(layout.header, {Slot.REPOSITORY: hole.repository})
    for file in hole.files:
        yield from filled(layout.file, {Slot.PATH: file.path, Slot.CODE: file.code})
    yield from filled(layout.current, {Slot.PATH: hole.path})


def hole_pieces(hole: Hole, template: Template, texts: Mapping[Slot, str]) -> Iterator[tuple[Piece, str]]:
    layout = template.repository
    for piece, text in filled(template.hole, texts):
        if piece is Slot.PREFIX and layout is not None and hole.files:
            yield from filled(layout.in_prefix, {Slot.PATH: hole.path})
        yield piece, text


def filled(pieces: Sequence[Piece], texts: Mapping[Slot, str]) -> Iterator[tuple[Piece, str]]:
    for piece in pieces:
        match piece:
            case Special(text):
                yield piece, text
            case Slot():
                yield piece, texts[piece]
            case str():
                yield piece, piece


def segments_of(pieces: Iterator[tuple[Piece, str]], tokenizer: Tokenizer) -> Iterator[Segment]:
    """Segment by segment to token ids; a template chosen by vocabulary has all its special tokens."""
    for piece, text in pieces:
        if isinstance(piece, Special):
            marker = tokenizer.special_id(text)
            assert marker is not None, text
            yield Segment("marker", text, (marker,))
        elif text:
            kind = piece.value if isinstance(piece, Slot) else "marker"
            start = kind in ("prefix", "path")
            yield Segment(kind, text, tuple(tokenizer.encode(text, dummy_space=start)))
