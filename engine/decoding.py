"""The decode loop: one request in, tokens out, over one model and one cache that is kept between requests.

Invariants: what the cache holds is always exactly the keys and values of ``self._cached_ids``, also after a
cancellation or an error half-way; the cancel flag is read before every forward pass.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from math import isfinite
from time import perf_counter
from typing import Generic

import torch
from holesmith.engine.causal_model import CacheT, CausalModel
from holesmith.engine.errors import EngineError
from holesmith.engine.guide import Guide, MaskCache
from holesmith.engine.request import Finish, Generation, Request, Token
from holesmith.engine.sampling import Sampler
from holesmith.engine.token_index import TokenIndex
from holesmith.engine.vocabulary import Vocabulary
from torch import Tensor

PREFILL_TOKENS_MAX = 512
"""Long prompts are run in pieces of this many tokens, between which a cancellation is seen."""


class DecodeLoop(Generic[CacheT]):
    """Runs requests one after another. Not safe for use by several threads at once."""

    def __init__(self, model: CausalModel[CacheT], vocabulary: Vocabulary) -> None:
        self._model = model
        self._vocabulary = vocabulary
        self._cache = model.new_cache()
        self._cached_ids: list[int] = []

    def run(
        self, request: Request, emit: Callable[[Token], None], cancelled: Callable[[], bool]
    ) -> Generation:
        """Generate, calling ``emit`` with each token at once.

        Raises EngineError for a prompt that does not fit. The timings have the stages "prefill" and "decode".
        """
        began = perf_counter()
        self._check(request)
        logits, prefilled = self._prefill(request.token_ids, cancelled)
        decoding = perf_counter()
        tokens: list[Token] = []
        finish: Finish = "cancelled"
        guide = Guide(request, self._mask_cache)
        if logits is not None:
            finish = self._decode(request, guide, logits, tokens, emit, cancelled)
        timings = {"prefill": 1e3 * (decoding - began), "decode": 1e3 * (perf_counter() - decoding)}
        return Generation(tuple(tokens), finish, prefilled, timings, guide.dropped)

    def _check(self, request: Request) -> None:
        assert request.tokens_max >= 1
        room = self._cache.capacity - len(request.token_ids)
        if not request.token_ids or room < 1:
            count, most = len(request.token_ids), self._cache.capacity - 1
            raise EngineError(f"the prompt has {count} tokens, the model takes 1 to {most}")

    def _prefill(self, token_ids: Sequence[int], cancelled: Callable[[], bool]) -> tuple[Tensor | None, int]:
        """The logits after the prompt, and how many tokens were run; no logits if cancelled on the way."""
        self._truncate(_common_prefix(self._cached_ids, token_ids[:-1]))
        todo = token_ids[self._cache.length :]
        logits: Tensor | None = None
        done = 0
        while done < len(todo):
            if cancelled():
                return None, done
            piece = todo[done : done + PREFILL_TOKENS_MAX]
            logits = self._forward(piece)
            done += len(piece)
        return logits, done

    def _truncate(self, length: int) -> None:
        self._cache.truncate(min(length, self._cache.length))
        del self._cached_ids[self._cache.length :]

    def _forward(self, token_ids: Sequence[int]) -> Tensor:
        """Run tokens and note them as cached.  # [vocabulary] float32, the logits after the last of them"""
        ids = torch.tensor(token_ids, dtype=torch.int64, device=self._model.device)
        logits = self._model.forward(ids, self._cache)[0]
        self._cached_ids.extend(token_ids)
        return logits

    def _decode(
        self,
        request: Request,
        guide: Guide,
        logits: Tensor,
        tokens: list[Token],
        emit: Callable[[Token], None],
        cancelled: Callable[[], bool],
    ) -> Finish:
        sampler = Sampler(request.sampling)
        counted = 0
        while True:
            token = _choose(sampler, logits, guide)
            if token.id in request.stop_ids:
                return "stop"
            tokens.append(token)
            emit(token)
            counted += not guide.is_healing
            guide.advance(self._vocabulary.token_bytes(token.id))
            if counted == request.tokens_max or self._cache.length == self._cache.capacity:
                return "length"
            if cancelled():
                return "cancelled"
            logits = self._forward([token.id])

    @cached_property
    def _mask_cache(self) -> MaskCache:
        return MaskCache(TokenIndex(self._vocabulary.bytes_by_id))


def _choose(sampler: Sampler, logits: Tensor, guide: Guide) -> Token:
    token = sampler.choose(logits, guide.allowed(logits.device), guide.prefer(logits))
    if not isfinite(token.log_probability):
        raise EngineError("the model computes values that are not numbers: its weights may be damaged")
    return token


def _common_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens two sequences share from the start."""
    shortest = min(len(first), len(second))
    return next((at for at in range(shortest) if first[at] != second[at]), shortest)
