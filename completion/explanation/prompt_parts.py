"""Split a prompt into parts, to show what the model saw and where it came from."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import cast

from holesmith.completion.answer import PartKind, PromptPart
from holesmith.context.prompt.comments import as_appendix, as_comments
from holesmith.context.prompt.prompt import Prompt, RepositoryFile, Segment

# A piece of a segment: its kind, its text, and the path of the file that it shows or "".
_Piece = tuple[PartKind, str, str]


def parts_of(
    prompt: Prompt,
    files: Sequence[RepositoryFile],
    language: str,
    token_bytes: Callable[[int], bytes],
) -> tuple[PromptPart, ...]:
    """Return the prompt's segments in order, cut where another file's code begins or ends in one.

    ``files`` are those that the prompt shows. A token across such a cut counts for the part in which it
    begins.
    """
    parts: list[PromptPart] = []
    path = ""
    for segment in prompt.segments:
        path = segment.text if segment.kind == "path" else path
        pieces = list(_pieces_of(segment, files, language, path))
        tokens = _tokens_of(pieces, segment, token_bytes)
        parts += [
            PromptPart(kind, text, count, shown)
            for (kind, text, shown), count in zip(pieces, tokens, strict=True)
        ]
    return (*parts, PromptPart("healed", prompt.healed_prefix, 0)) if prompt.healed_prefix else tuple(parts)


def _pieces_of(
    segment: Segment, files: Sequence[RepositoryFile], language: str, path: str
) -> Iterator[_Piece]:
    """Yield the pieces of a segment; ``path`` is that of the last path in the prompt."""
    kind, text = cast("PartKind", segment.kind), segment.text
    if kind == "prefix" and (comments := as_comments(files, language)) and text.startswith(comments):
        for file in files:
            yield "file", as_comments((file,), language), file.path
        text = text[len(comments) :]
    if kind == "suffix" and (appendix := as_appendix(files, language)) and text.endswith(appendix):
        yield "suffix", text[: -len(appendix)], ""
        for file in files:
            yield "file", as_appendix((file,), language), file.path
    else:
        yield kind, text, path if kind == "code" else ""


def _tokens_of(
    pieces: Sequence[_Piece], segment: Segment, token_bytes: Callable[[int], bytes]
) -> Iterator[int]:
    """Yield the number of the segment's tokens that begin in each piece."""
    if len(pieces) == 1:
        yield len(segment.token_ids)
        return
    starts = [0, *accumulate(len(token_bytes(token)) for token in segment.token_ids)][:-1]
    ends = list(accumulate(len(text.encode(errors="replace")) for _, text, _ in pieces))
    counts = [bisect_left(starts, end) for end in ends[:-1]]
    edges = [0, *counts, len(starts)]
    yield from (after - before for before, after in pairwise(edges))
