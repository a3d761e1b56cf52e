"""What prompt making needs of a vocabulary; the engine's Vocabulary has it without knowing this file."""

from collections.abc import Sequence
from typing import Protocol


class Tokenizer(Protocol):
    """Text to token ids, where text of the user never becomes a special token."""

    @property
    def begin_id(self) -> int | None:
        """The id that every prompt must begin with, None when the model wants none."""
        ...

    @property
    def end_ids(self) -> frozenset[int]:
        """Ids after which the model has nothing more to say."""
        ...

    def encode(self, text: str, *, dummy_space: bool = False) -> Sequence[int]:
        """``dummy_space`` asks for the space that SentencePiece families put before the start of a text."""
        ...

    def special_id(self, text: str) -> int | None:
        """The id of the special token spelt exactly so, or None if the vocabulary has none."""
        ...
