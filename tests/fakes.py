"""An engine that says what the test tells it to: same protocol as the real ones, no model, no thread."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence

from holesmith.engine.errors import EngineError
from holesmith.engine.interface import ModelDescription
from holesmith.engine.request import Finish, Generation, Request, Token
from holesmith.engine.token_ids import shared_length
from holesmith.engine.vocabulary.vocabulary import BYTE_OF_CHARACTER, Pieces, Vocabulary
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

QWEN_SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
)

Answer = str | Callable[[str], str]


def byte_vocabulary(words: Sequence[str] = (), special: Sequence[str] = QWEN_SPECIAL) -> Vocabulary:
    """A byte-level vocabulary: id = byte for 0..255, then the special tokens, then merged ``words``.

    Each word, and each of its prefixes, becomes one token wherever it occurs: ``" self"`` and ``".get"`` are
    possible words, as in the vocabularies of real models.
    """
    character_of = {byte: character for character, byte in BYTE_OF_CHARACTER.items()}
    texts = [character_of[byte] for byte in range(256)] + list(special)
    ids = {text: token_id for token_id, text in enumerate(texts[:256])}
    merges: list[tuple[str, str]] = []
    for word in words:
        spelled = [character_of[byte] for byte in word.encode()]
        merged = spelled[0]
        for character in spelled[1:]:
            pair = (merged, character)
            merged += character
            if merged not in ids:
                ids[merged] = len(texts)
                texts.append(merged)
                merges.append(pair)
    tokenizer = Tokenizer(models.BPE(ids, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(False, use_regex=False)  # pyright: ignore[reportAttributeAccessIssue]  # the stub lacks the setter
    tokenizer.decoder = decoders.ByteLevel()  # pyright: ignore[reportAttributeAccessIssue]  # the stub lacks the setter
    special_ids = {text: 256 + order for order, text in enumerate(special)}
    end_ids = frozenset(special_ids[text] for text in ("<|endoftext|>", "<|im_end|>") if text in special_ids)
    return Vocabulary(tokenizer, Pieces(texts, "byte_level", special_ids), None, end_ids)


class FakeStream:
    """The tokens of one scripted answer; yields to the event loop between tokens, as a real one would."""

    def __init__(
        self,
        tokens: Sequence[Token],
        finish: Finish,
        gate: asyncio.Event,
        error: EngineError | None,
        read: Callable[[], int],
    ) -> None:
        self._tokens = tokens
        self._finish: Finish = finish
        self._gate = gate
        self._error = error
        self._read = read
        self._cancelled = False
        self._queue: asyncio.Queue[Token | None] = asyncio.Queue()
        self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> Generation:
        made: list[Token] = []
        finish = self._finish
        prefilled = 0
        try:
            await self._gate.wait()
            prefilled = 0 if self._cancelled else self._read()
            if self._error is not None:
                raise self._error
            for token in self._tokens:
                await asyncio.sleep(0)
                if self._cancelled:
                    finish = "cancelled"
                    break
                made.append(token)
                self._queue.put_nowait(token)
        finally:
            self._queue.put_nowait(None)
        if self._cancelled and len(made) < len(self._tokens):
            finish = "cancelled"
        return Generation(tuple(made), finish, prefilled, {"queue": 0.0, "prefill": 0.0, "decode": 0.0})

    async def __aiter__(self) -> AsyncIterator[Token]:
        while (token := await self._queue.get()) is not None:
            yield token

    def cancel(self) -> None:
        self._cancelled = True
        self._gate.set()

    async def result(self) -> Generation:
        return await asyncio.shield(self._task)


class FakeEngine:
    """Answers each request with a scripted middle.

    ``answers`` is one text for every request, which the healed prefix is put before, or a function from
    the decoded prompt (special tokens spelled out, so that a test can see the parts) to the text of the
    middle. ``requests`` records what was asked.
    ``others`` are, in this order, the middles of requests that exclude first tokens, one for each of these.
    Of a prompt it reads what the last prompts before it do not begin with, one token at least. ``error``
    makes every result fail. While ``gate`` is clear, requests wait before their first token: tests of
    cancellation and of latest-wins call ``gate.clear()`` first.
    """

    def __init__(
        self, answers: Answer = "", *, vocabulary: Vocabulary | None = None, error: EngineError | None = None
    ) -> None:
        self.answers = answers
        self.others: Sequence[str] = ()
        self.error = error
        self.requests: list[Request] = []
        self.streams: list[FakeStream] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.closed = False
        self._vocabulary = vocabulary or byte_vocabulary()
        self._known: deque[tuple[int, ...]] = deque(maxlen=16)

    @property
    def description(self) -> ModelDescription:
        return ModelDescription("fake", "scripted", "cpu", "none", 4096)

    @property
    def vocabulary(self) -> Vocabulary:
        return self._vocabulary

    def prompt_text(self, request: Request) -> str:
        """The prompt with its special tokens spelled out."""
        names = {
            token_id: text
            for text in QWEN_SPECIAL
            if (token_id := self._vocabulary.special_id(text)) is not None
        }
        parts = [
            names[token_id].encode() if token_id in names else self._vocabulary.token_bytes(token_id)
            for token_id in request.token_ids
        ]
        return b"".join(parts).decode("utf-8", "replace")

    def start(self, request: Request) -> FakeStream:
        self.requests.append(request)
        excluded = len(request.excluded_first)
        if excluded:
            answer = self.others[excluded - 1] if excluded <= len(self.others) else ""
        else:
            answer = (
                self.answers if isinstance(self.answers, str) else self.answers(self.prompt_text(request))
            )
        ids = self._vocabulary.encode(request.healed_prefix.decode() + answer)
        finish: Finish = "length" if len(ids) > request.tokens_max else "stop"
        tokens = tuple(Token(token_id, -0.1) for token_id in ids[: request.tokens_max])
        stream = FakeStream(tokens, finish, self.gate, self.error, lambda: self._read(request.token_ids))
        self.streams.append(stream)
        return stream

    def _read(self, token_ids: tuple[int, ...]) -> int:
        """How many tokens of a prompt are new."""
        known = max((shared_length(token_ids[:-1], earlier) for earlier in self._known), default=0)
        self._known.append(token_ids)
        return len(token_ids) - known

    async def close(self) -> None:
        for stream in self.streams:
            stream.cancel()
        self.closed = True
