"""Generated text as tokens, as bytes and as characters; it can be taken back to any token."""

import codecs


class GeneratedText:
    """Generated text. Offsets in characters are of ``text``, which lacks a character
    that is not whole yet.
    """

    def __init__(self) -> None:
        self.tokens: list[bytes] = []
        self.text = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._lengths: list[int] = []  # [length of ``text`` after each token]

    def add(self, token: bytes) -> None:
        """Append the bytes of a token."""
        self.tokens.append(token)
        self.text += self._decoder.decode(token)
        self._lengths.append(len(self.text))

    def text_of(self, count: int) -> str:
        """Return the text when there were ``count`` tokens of it, at least one."""
        return self.text[: self._lengths[count - 1]]

    def bytes_of(self, count: int) -> bytes:
        """Return the bytes of the first ``count`` tokens."""
        return b"".join(self.tokens[:count])

    def rewind(self, count: int) -> None:
        """Keep only the first ``count`` tokens."""
        tokens = self.tokens[:count]
        self.tokens, self.text = tokens, ""
        self._decoder.reset()
        for token in tokens:
            self.text += self._decoder.decode(token)
        del self._lengths[count:]

    def byte_offset(self, offset: int) -> int:
        """Return the offset in bytes of the character at ``offset``."""
        return len(self.text[:offset].encode("utf-8", "surrogateescape"))

    def token_at(self, byte_offset: int) -> int:
        """Return the index of the token that holds a byte; the number of tokens if none does."""
        stop = 0
        for index, token in enumerate(self.tokens):
            stop += len(token)
            if stop > byte_offset:
                return index
        return len(self.tokens)
