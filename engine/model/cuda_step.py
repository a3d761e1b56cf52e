"""A forward pass of a few tokens with constant shapes and addresses, so that a CUDA graph can be kept of it.

Launching the hundreds of small kernels of one pass costs more time than they compute. A graph launches all of
them at once, if passes differ only by values in memory: ids and position lie in buffers that are made once,
keys are read up to the next of a few lengths, and the tokens of a pass are padded to the next of a few
counts.

Invariants: the logits are those of `decoder.Decoder.forward`; a graph writes to the very cache that it was
captured with, and is dropped when another cache comes; padding rows are written behind the cached tokens.
"""

from collections.abc import Callable
from functools import partial

import torch
from holesmith.engine.model.attention import FEW_TOKENS_MAX
from holesmith.engine.model.kv_cache import KeyValueCache
from torch import Tensor

ROWS = (1, 2, 4, FEW_TOKENS_MAX)
"""The numbers of tokens that one pass can have; fewer tokens are padded to the next of them."""

KEYS_MIN = 256
"""Keys are read up to this position, or twice, four times, … as far: a short prompt reads few of them."""

Forward = Callable[[Tensor, Tensor, KeyValueCache, int], Tensor]
"""The type of `decoder.Decoder.forward_at`."""

Replay = Callable[[], Tensor]

Capture = Callable[[Callable[[], Tensor]], Replay | None]
"""Makes a graph of a call that does the same work on the same memory each time; None if impossible."""


def _never(_call: Callable[[], Tensor]) -> Replay | None:
    return None


class CudaGraphStep:
    """The buffers and graphs of one model. For one thread at a time, as the engine has one."""

    def __init__(self, device: torch.device, capture: Capture = _never) -> None:
        """Make the buffers.

        Without ``capture`` every pass is computed anew, on any device, as the tests need it.
        """
        self._capture = capture
        self._ids = torch.zeros(ROWS[-1], dtype=torch.int64, device=device)
        self._position = torch.zeros((), dtype=torch.int64, device=device)
        self._offsets = torch.arange(ROWS[-1], device=device)
        self._graphs: dict[tuple[int, int], Replay] = {}
        self._buffers: tuple[Tensor, Tensor] | None = None

    def fits(self, tokens: int, cache: KeyValueCache) -> bool:
        """True if so many tokens can be run here. The last few of a full cache cannot be padded."""
        return tokens <= ROWS[-1] and cache.length + next_rows(tokens) <= cache.capacity

    def run(self, forward: Forward, token_ids: Tensor, cache: KeyValueCache, logits_count: int) -> Tensor:
        """Write the keys and values of the tokens behind the cached ones, without changing the length.

        # [tokens] int64 -> [logits_count, vocabulary] float32
        """
        tokens = len(token_ids)
        rows = next_rows(tokens)
        keys = next_keys(cache.length + rows, cache.capacity)
        self._ids[:tokens].copy_(token_ids)  # the rest are ids of earlier passes, as good as any
        self._position.fill_(cache.length)
        logits = self._replay(partial(self._pass, forward, cache, rows, keys), cache, (rows, keys))
        # The next replay overwrites the result of this one.
        return logits[tokens - logits_count : tokens].clone()

    def _pass(self, forward: Forward, cache: KeyValueCache, rows: int, keys: int) -> Tensor:
        return forward(self._ids[:rows], self._position + self._offsets[:rows], cache, keys)

    def _replay(self, call: Callable[[], Tensor], cache: KeyValueCache, shape: tuple[int, int]) -> Tensor:
        if self._buffers is None or self._buffers[0] is not cache.keys:
            self._graphs.clear()
            self._buffers = cache.keys, cache.values
        graph = self._graphs.get(shape) or self._capture(call)
        if graph is None:
            return call()
        self._graphs[shape] = graph
        return graph()


def next_rows(tokens: int) -> int:
    """Return the number of rows that a pass of so many tokens has."""
    return next(rows for rows in ROWS if rows >= tokens)


def next_keys(length: int, capacity: int) -> int:
    """Return the number of keys that are read if ``length`` are cached."""
    keys = KEYS_MIN
    while keys < length:
        keys *= 2
    return min(keys, capacity)
