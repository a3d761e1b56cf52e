"""The tokens of one model: text to ids and back, the bytes of each token, and special tokens by their text.

Invariants: ``encode`` never yields a special token, whatever the text says; the bytes of the ids that it
yields, joined, are the UTF-8 of the text; special tokens have no bytes, so they can never appear in decoded
text.
"""

import re
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from holesmith.engine.errors import EngineError
from tokenizers import Tokenizer

VOCABULARY_ROWS_MAX = 1 << 21
"""Limit of a vocabulary's ids and of an embedding's rows: eight times those of the largest code models."""


Spelling = Literal["byte_level", "sentencepiece"]

_SPACE_MARK = "▁"
_BYTE_PIECE = re.compile(r"<0x[0-9A-Fa-f]{2}>", re.ASCII)


def _byte_level_alphabet() -> dict[str, int]:
    """Return the printable stand-in of each byte in byte-level BPE (GPT-2's table)."""
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    alphabet = {chr(byte): byte for byte in printable}
    hidden = (byte for byte in range(256) if byte not in set(printable))
    return alphabet | {chr(256 + order): byte for order, byte in enumerate(hidden)}


BYTE_OF_CHARACTER: Mapping[str, int] = _byte_level_alphabet()


def _sentencepiece_bytes(piece: str) -> bytes:
    if _BYTE_PIECE.fullmatch(piece):
        return bytes([int(piece[3:5], 16)])
    return piece.replace(_SPACE_MARK, " ").encode()


def _byte_level_bytes(piece: str) -> bytes:
    try:
        return bytes([BYTE_OF_CHARACTER[character] for character in piece])
    except KeyError:  # a token that was added as plain text, outside the byte alphabet
        return piece.encode()


@dataclass(frozen=True, slots=True)
class Pieces:
    """The vocabulary as the model file writes it.

    ``texts`` is indexed by token id and may have gaps (empty strings). ``plain`` are the ids of tokens that
    were added as ordinary text; their texts are not written in the alphabet of ``spelling``. ``dummy_space``
    says that the family puts a space before the start of every text (Llama's SentencePiece).
    """

    texts: Sequence[str]
    spelling: Spelling
    special: Mapping[str, int]
    plain: frozenset[int] = frozenset()
    dummy_space: bool = False


@contextmanager
def panics_as_errors() -> Generator[None]:
    """Raise EngineError for a panic of the tokenizers library.

    The library raises an exception that is no Exception, of a class that can't be imported.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise EngineError("the model's tokenizer cannot split this text: it is damaged") from error


class Vocabulary:
    """The meaning of a model's token ids. Built by gguf.py or huggingface.py."""

    def __init__(
        self, tokenizer: Tokenizer, pieces: Pieces, begin_id: int | None, end_ids: frozenset[int]
    ) -> None:
        """Make the vocabulary.

        ``tokenizer`` must know no special token and add nothing by itself, no dummy space.
        """
        self._tokenizer = tokenizer
        self._pieces = pieces
        self._special_ids = frozenset(pieces.special.values())
        self._bytes_of: dict[int, bytes] = dict.fromkeys(self._special_ids, b"")
        self.begin_id = begin_id
        """The id that every prompt must begin with; None if the model wants none."""
        self.end_ids = end_ids
        """The ids by which the model itself ends a text."""

    @property
    def size(self) -> int:
        """The number of ids. A model may have more rows of logits than this (padding)."""
        return len(self._pieces.texts)

    @property
    def special_ids(self) -> frozenset[int]:
        """The ids of all special tokens: control tokens, padding and others that are not text."""
        return self._special_ids

    @property
    def tokenizer_json(self) -> str:
        """The tokenizer in the JSON form of other libraries; it knows no special token."""
        return self._tokenizer.to_str()

    def encode(self, text: str, *, dummy_space: bool = False) -> list[int]:
        """Return the ids of ``text``, without begin or end.

        ``dummy_space`` asks for the space that some SentencePiece families put before the start of a text:
        right at the beginning of a document, wrong if the text continues another. Other families ignore it.
        """
        if dummy_space and self._pieces.dummy_space:
            text = " " + text
        if self._pieces.spelling == "sentencepiece" and _SPACE_MARK in text and self._space_mark:
            parts = [self._ids(part) for part in text.split(_SPACE_MARK)]
            return [*parts[0], *(token_id for part in parts[1:] for token_id in [*self._space_mark, *part])]
        return self._ids(text)

    @cached_property
    def _space_mark(self) -> list[int]:
        """The ids that spell SentencePiece's space mark in bytes, because its character would become a space.

        Empty if the vocabulary lacks those bytes.
        """
        bytes_of_mark = [f"<0x{byte:02X}>" for byte in _SPACE_MARK.encode()]
        ids = [self._pieces.texts.index(piece) for piece in bytes_of_mark if piece in self._pieces.texts]
        return ids if len(ids) == len(bytes_of_mark) else []

    def _ids(self, text: str) -> list[int]:
        with panics_as_errors():  # for example, for a split expression that takes too long
            return self._tokenizer.encode(text, add_special_tokens=False).ids

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of ``ids``, without special tokens, with U+FFFD for bytes that are not UTF-8."""
        return b"".join(map(self.token_bytes, ids)).decode("utf-8", "replace")

    def token_bytes(self, token_id: int) -> bytes:
        """Return the bytes of a token; ``b""`` for special tokens and for ids past the vocabulary."""
        known = self._bytes_of.get(token_id)
        if known is None:
            known = self._bytes_of[token_id] = self._spell(token_id)
        return known

    def special_id(self, text: str) -> int | None:
        """Return the id of the special token with exactly this text; None if there is no such token."""
        return self._pieces.special.get(text)

    def piece(self, token_id: int) -> str:
        """Return a token as the model file writes it: for display and for writing model files."""
        return self._pieces.texts[token_id]

    @cached_property
    def bytes_by_id(self) -> tuple[bytes, ...]:
        """The bytes of every token, by id.

        They take about 20 MB and 0.1 s for 150,000 tokens, so they are made at first use.
        """
        return tuple(self.token_bytes(token_id) for token_id in range(self.size))

    def _spell(self, token_id: int) -> bytes:
        if not 0 <= token_id < self.size:
            return b""
        text = self._pieces.texts[token_id]
        if token_id in self._pieces.plain:
            return text.encode()
        return (
            _byte_level_bytes(text) if self._pieces.spelling == "byte_level" else _sentencepiece_bytes(text)
        )
