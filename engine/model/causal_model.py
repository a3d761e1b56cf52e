"""The interface of a model to the decode loop, which our own decoder and transformers' models implement."""

from collections.abc import Callable
from typing import Protocol, TypeVar

import torch
from holesmith.kernels.workers import no_op
from torch import Tensor


class Cache(Protocol):
    """The keys and values of the tokens run so far."""

    @property
    def length(self) -> int:
        """The number of tokens in the cache."""
        ...

    @property
    def capacity(self) -> int:
        """The number of tokens that fit."""
        ...

    def truncate(self, length: int) -> None:
        """Forget the tokens from position ``length`` on. May forget more: look at ``length`` afterwards."""
        ...


CacheT = TypeVar("CacheT", bound=Cache)


class CausalModel(Protocol[CacheT]):
    """A causal language model: token ids in, logits out."""

    @property
    def device(self) -> torch.device: ...

    @property
    def context_tokens_max(self) -> int:
        """The most tokens that prompt and generation may have together."""
        ...

    def new_cache(self) -> CacheT: ...

    def forward(
        self,
        token_ids: Tensor,
        cache: CacheT,
        logits_count: int = 1,
        on_launched: Callable[[], None] = no_op,
    ) -> Tensor:
        """Run tokens that follow the cached ones; return the logits of the last ``logits_count`` of them.

        ``on_launched`` is called once, as soon as only the computation is left to be done.

        # [tokens] int64 -> [logits_count, vocabulary] float32
        """
        ...

    def abandon(self) -> None:
        """End the running forward pass early, if possible: its result is not needed any more.

        May be called from any thread, and when no pass is running.
        """
        ...
