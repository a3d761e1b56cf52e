"""The part of a vocabulary that building a prompt needs; the engine's Vocabulary provides it."""

from collections.abc import Sequence
from typing import Protocol


class Tokenizer(Protocol):
    """Encode text as token ids; text of the user never becomes a special token."""

    @property
    def begin_id(self) -> int | None:
        """The id that every prompt must begin with; None if the model needs none."""
        ...

    @property
    def end_ids(self) -> frozenset[int]:
        """The ids with which the model ends its text."""
        ...

    def encode(self, text: str, *, dummy_space: bool = False) -> Sequence[int]:
        """Return the token ids of ``text``.

        ``dummy_space`` asks for the space that SentencePiece families put before the start of a text.
        """
        ...

    def special_id(self, text: str) -> int | None:
        """Return the id of the special token with this spelling; None if the vocabulary has none."""
        ...
