"""Prompts from token ids that the caller has cut, for evaluation under published settings.

The pipeline's own prompt has its windows, its order and its context; a published setting has others. Only the
family's template with its special tokens is used here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from holesmith.context.prompt.templates import LEFT_TO_RIGHT, Slot, Special, template_for
from holesmith.context.prompt.token_healing import split_partial_token
from holesmith.engine.vocabulary.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class PlainPrompt:
    """The ids of a prompt, and the ids that end the model's text."""

    token_ids: tuple[int, ...]
    stop_ids: frozenset[int]


def fills_middle(vocabulary: Vocabulary) -> bool:
    """True if the model of this vocabulary was trained to see text behind the hole."""
    return template_for(vocabulary).fills_middle


def plain_prompt(
    vocabulary: Vocabulary,
    prefix_ids: Sequence[int],
    suffix_ids: Sequence[int] | None = None,
    middle_ids: Sequence[int] = (),
) -> PlainPrompt:
    """Make the family's fill-in-the-middle prompt.

    It goes left to right if ``suffix_ids`` is None or the family has no such prompt. ``middle_ids`` begin the
    middle; in a template without a place for them, they end the prefix.
    """
    family = template_for(vocabulary)
    template = LEFT_TO_RIGHT if suffix_ids is None or not family.fills_middle else family
    anchored = template.anchorable and template is not LEFT_TO_RIGHT
    texts = {
        Slot.PREFIX: [*prefix_ids] if anchored else [*prefix_ids, *middle_ids],
        Slot.SUFFIX: [*(suffix_ids or ())],
        Slot.MIDDLE: [*middle_ids],
    }
    token_ids: list[int] = [] if vocabulary.begin_id is None else [vocabulary.begin_id]
    for piece in template.hole:
        match piece:
            case Special(text):
                marker = vocabulary.special_id(text)
                assert marker is not None, text
                token_ids.append(marker)
            case Slot():
                token_ids.extend(texts[piece])
            case str():
                token_ids.extend(vocabulary.encode(piece))
    return PlainPrompt(tuple(token_ids), family.stop_ids(vocabulary))


def split_half_word(text: str) -> tuple[str, str]:
    """Split off the end of ``text`` that may be half a token: the rest, and that end (see token healing)."""
    return split_partial_token(text)


def spelled(vocabulary: Vocabulary, token_ids: Sequence[int]) -> str:
    """Return the text of a prompt with its special tokens spelt out, for people."""
    specials = {
        marker: text
        for text in template_for(vocabulary).specials()
        if (marker := vocabulary.special_id(text)) is not None
    }
    parts = [
        specials[token_id].encode() if token_id in specials else vocabulary.token_bytes(token_id)
        for token_id in token_ids
    ]
    return b"".join(parts).decode("utf-8", "replace")
