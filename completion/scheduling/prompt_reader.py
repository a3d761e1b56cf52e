"""Read prompts ahead in the engine, piece by piece, and let requests pass.

Invariants: there is one prompt at a time; a request waits for one piece at most, or else for tokens that it
would have to read itself; a prompt that has been read is not read again.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from holesmith.completion.options import Options
from holesmith.completion.preparation import request_of
from holesmith.context.prompt.prompt import Prompt
from holesmith.engine.interface import Engine
from holesmith.engine.token_ids import shared_length

# This takes a tenth of a second on two cores with the default model. Longer pieces are not read faster.
PIECE_TOKENS = 64
# Fewer prompts than the engine's prefix cache has room for.
PROMPTS_MAX = 8

TokenIds = tuple[int, ...]


class PromptReader:
    """The prompt that is being read, and the prompts that have been. Belongs to one event loop."""

    def __init__(self, measured: Callable[[int, float], None]) -> None:
        """``measured`` is called after each reading with its number of tokens and its milliseconds."""
        self._measured = measured
        self._known: deque[TokenIds] = deque(maxlen=PROMPTS_MAX)
        self._reading: asyncio.Task[None] | None = None
        self._target: TokenIds = ()
        self._done = 0

    async def read(self, engine: Engine, prompt: Prompt, options: Options) -> bool:
        """Read a prompt in the engine; False if a request that needs less of the prompt has ended the
        reading.

        Cancelling the awaiting task stops the engine within one piece. Raises EngineError.
        """
        self._target, self._done = prompt.token_ids, self._known_length(prompt.token_ids)
        reading = self._reading = asyncio.ensure_future(self._read_pieces(engine, prompt, options))
        try:
            await asyncio.wait([reading])
        finally:
            reading.cancel()
        if reading.cancelled():
            return False
        reading.result()
        return len(prompt.token_ids) - len(self._target) < PIECE_TOKENS

    async def let_pass(self, token_ids: TokenIds) -> None:
        """Read on only the tokens that a request with these ids needs, before the engine gets the request.

        That takes the request no longer than reading them itself, and goes on if the request is given up.
        """
        reading = self._reading
        if reading is None or reading.done():
            return
        piece = len(self._target[self._done : self._done + PIECE_TOKENS])
        self._target = self._target[: shared_length(self._target, token_ids)]
        if 2 * (len(self._target) - self._done) < piece:  # most of the present piece is useless
            reading.cancel()
        await asyncio.wait([reading])

    def has_read(self, prompt: Prompt) -> bool:
        return self._known_length(prompt.token_ids) == len(prompt.token_ids)

    def note(self, token_ids: TokenIds) -> None:
        """Record that the engine has read a prompt that begins with these ids."""
        others = [known for known in self._known if known != token_ids[: len(known)]]
        self._known = deque((*others, token_ids), maxlen=PROMPTS_MAX)

    def forget(self) -> None:
        """Forget all prompts, because another engine has read nothing yet."""
        self._known.clear()

    async def _read_pieces(self, engine: Engine, prompt: Prompt, options: Options) -> None:
        """Read the rest of the prompt. For each piece the engine decodes one token,
        because it always does.
        """
        request = replace(request_of(prompt, options), tokens_max=1, healed_prefix=b"")
        tokens, took_ms = 0, 0.0
        while self._done < len(self._target):
            piece = self._target[: self._done + PIECE_TOKENS]
            stream = engine.start(replace(request, token_ids=piece))
            try:
                generation = await stream.result()
            finally:
                stream.cancel()
            tokens += generation.tokens_prefilled
            took_ms += generation.timings_ms["prefill"]
            self._done = len(piece)
            self.note(piece)
        self._measured(tokens, took_ms)

    def _known_length(self, token_ids: TokenIds) -> int:
        return max((shared_length(token_ids, known) for known in self._known), default=0)
