"""Optimistic decoding under monitors: decode ahead while analysis answers, and go back if it refuses.

Going back is a new request: the prompt and the tokens that stay, under the constraint. The engine's prefix
cache holds the keys and values of exactly those tokens, so it only forgets the tokens thrown away. Only plain
requests cross the interface, so any engine can do it. If the model writes `user.age)` and ``age`` is no
member of ``user``, decoding goes back to `user.` and goes on under the constraint of the members' names.

Invariant: for greedy decoding the text is the same as if decoding had waited at every trigger for its answer.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from time import perf_counter
from typing import Any

from holesmith.completion.guidance.corrections import Rollback
from holesmith.completion.guidance.watcher import Watcher
from holesmith.completion.postprocess.middle import Middle
from holesmith.engine.interface import Engine, Stream
from holesmith.engine.request import Generation, Request, Token


class GuidedDecoding:
    """Decodes one completion, over as many requests as it takes."""

    def __init__(
        self,
        engine: Engine,
        request: Request,
        middle: Middle,
        is_finished: Callable[[], bool],
        watcher: Watcher,
    ) -> None:
        """``is_finished`` tells whether ``middle`` has all the text that may be shown."""
        self._engine = engine
        self._request = request
        self._middle = middle
        self._is_finished = is_finished
        self._watcher = watcher
        self._tokens: list[Token] = []
        self._streams: list[Stream] = []
        self.waited_ms = 0.0

    async def run(self) -> Generation:
        """Decode until the text is finished and every answer that matters is in.
        Cancelling stops the engine.
        """
        try:
            self._streams.append(self._engine.start(self._request))
            while (rollback := await self._next_rollback()) is not None:
                self._go_back(rollback)
            return await self._generation()
        finally:
            for stream in self._streams:
                stream.cancel()
            self._watcher.close()

    async def _next_rollback(self) -> Rollback | None:
        """Decode on until analysis refuses something; None if the text is finished
        and nothing was refused.
        """
        stream = self._streams[-1]
        reader = aiter(stream)
        coming: asyncio.Task[Token | None] | None = None
        is_decoding = True
        ended = 0.0
        try:
            while True:
                answers = self._watcher.unanswered() if is_decoding else self._watcher.outstanding()
                if not is_decoding and not answers:
                    return None
                awaited: set[asyncio.Task[Any]] = {*answers}
                if awaited and is_decoding:
                    coming = coming or asyncio.ensure_future(_next(reader))
                    awaited.add(coming)
                if awaited:
                    await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
                # If nothing but a token is waited for, a task for it would cost more than all the rest.
                if is_decoding and (not awaited or (coming is not None and coming.done())):
                    token = await (coming or _next(reader))
                    coming, is_decoding = None, self._take(token, stream)
                    ended = now_ms()
                rollback = self._watcher.rollback()
                if rollback is not None:
                    return rollback
        finally:
            self.waited_ms += 0.0 if is_decoding else now_ms() - ended
            stream.cancel()
            if coming is not None:
                coming.cancel()

    def _take(self, token: Token | None, stream: Stream) -> bool:
        """Record a token; True if more tokens are needed."""
        if token is None:
            self._watcher.end()
            return False
        self._tokens.append(token)
        self._middle.add(token)
        self._watcher.add(self._engine.vocabulary.token_bytes(token.id))
        if self._is_finished():
            stream.cancel()
            if not self._middle.text.strip():
                self._watcher.end()
            return False
        return True

    def _go_back(self, rollback: Rollback) -> None:
        kept = self._tokens[: rollback.tokens_kept]
        self._tokens = kept
        self._middle.rewind(len(kept))
        self._streams.append(self._engine.start(self._request_after(kept, rollback)))

    def _request_after(self, kept: list[Token], rollback: Rollback) -> Request:
        """Return the rest of the first request, with ``kept`` as tokens that are done."""
        healed_prefix = self._request.healed_prefix
        counted = 0
        for token in kept:
            counted += not healed_prefix
            healed_prefix = healed_prefix[len(self._engine.vocabulary.token_bytes(token.id)) :]
        return replace(
            self._request,
            token_ids=(*self._request.token_ids, *(token.id for token in kept)),
            tokens_max=self._request.tokens_max - counted,
            healed_prefix=healed_prefix,
            constraints=rollback.constraints,
            excluded_first=frozenset() if kept else self._request.excluded_first,
            sampling=replace(self._request.sampling, seed=self._request.sampling.seed + len(self._streams)),
        )

    async def _generation(self) -> Generation:
        """Return the results of all requests as one generation."""
        parts = [await stream.result() for stream in self._streams]
        timings: dict[str, float] = {}
        for part in parts:
            for stage, duration_ms in part.timings_ms.items():
                timings[stage] = timings.get(stage, 0.0) + duration_ms
        return replace(
            parts[-1],
            tokens=tuple(self._tokens),
            tokens_prefilled=sum(part.tokens_prefilled for part in parts),
            timings_ms=timings,
            constraints_dropped=sum(part.constraints_dropped for part in parts),
        )


def now_ms() -> float:
    return perf_counter() * 1000


async def _next(reader: AsyncIterator[Token]) -> Token | None:
    return await anext(reader, None)
