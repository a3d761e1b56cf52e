"""Other completions of the same hole: each begins with another token than all before it.

They part right of the cursor: the healed prefix before it (token healing) is spelt by the same tokens in all
of them, which go into the prompt. Each completion is decoded as the first was, under the same monitors, and
stops where it ends.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from holesmith.completion.answer import Completion
from holesmith.context.prompt.prompt import Prompt, Segment
from holesmith.engine.request import Token

# Beginnings that are tried beyond the number needed: some lead to the same text, some to none.
TRIES_MORE = 2


@dataclass(frozen=True, slots=True)
class Parting:
    """The place at which completions part.

    ``prompt`` ends there; ``first`` is the next token of the first completion, None if it has no more tokens.
    """

    prompt: Prompt
    first: int | None


def parting_of(prompt: Prompt, tokens: Sequence[Token], token_bytes: Callable[[int], bytes]) -> Parting:
    """Return the place at which other completions part from ``tokens``.

    The first tokens that spell nothing but the healed prefix are kept.
    """
    healed_prefix, spelt, kept, count = prompt.healed_prefix.encode(errors="replace"), b"", "", 0
    for index, token in enumerate(tokens, 1):
        spelt += token_bytes(token.id)
        if not healed_prefix.startswith(spelt):
            break
        if is_text(spelt):
            kept, count = spelt.decode(), index
    first = tokens[count].id if count < len(tokens) else None
    if count == 0:
        return Parting(prompt, first)
    spelling = Segment("middle", kept, tuple(token.id for token in tokens[:count]))
    rest = prompt.healed_prefix[len(kept) :]
    return Parting(replace(prompt, segments=(*prompt.segments, spelling), healed_prefix=rest), first)


def is_text(spelling: bytes) -> bool:
    """True if the bytes are whole characters in UTF-8."""
    try:
        spelling.decode()
    except UnicodeDecodeError:
        return False
    return True


def distinct(completions: Iterable[Completion]) -> tuple[Completion, ...]:
    """Drop completions that differ from an earlier one in nothing but white space."""
    kept: dict[str, Completion] = {}
    for completion in completions:
        kept.setdefault("".join(completion.text.split()), completion)
    return tuple(kept.values())
