"""Generated text as tokens, as bytes and as characters, which can be taken back to any token."""

import codecs


class GeneratedText:
    """Offsets in characters are of ``text``; a character that is not whole yet is not in it."""

    def __init__(self) -> None:
        self.tokens: list[bytes] = []
        self.text = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._lengths: list[int] = []  # of the text, after each token

    def add(self, token: bytes) -> None:
        """Append the bytes of a token."""
        self.tokens.append(token)
        self.text += self._decoder.decode(token)
        self._lengths.append(len(self.text))

    def text_of(self, count: int) -> str:
        """The text when there were ``count`` tokens of it, at least one."""
        return self.text[: self._lengths[count - 1]]

    def bytes_of(self, count: int) -> bytes:
        """The bytes of the first ``count`` tokens."""
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
        """Where the character at ``offset`` begins, in bytes."""
        return len(self.text[:offset].encode("utf-8", "surrogateescape"))

    def token_at(self, byte_offset: int) -> int:
        """The index of the token that holds a byte; the number of tokens if none does."""
        stop = 0
        for index, token in enumerate(self.tokens):
            stop += len(token)
            if stop > byte_offset:
                return index
        return len(self.tokens)
