"""What the decode loop needs of a model: our own decoder and the one through transformers both offer it."""

from collections.abc import Callable
from typing import Protocol, TypeVar

import torch
from holesmith.kernels.workers import nothing
from torch import Tensor


class Cache(Protocol):
    """The keys and values of the tokens run so far."""

    @property
    def length(self) -> int:
        """How many tokens are in it."""
        ...

    @property
    def capacity(self) -> int:
        """How many tokens fit."""
        ...

    def truncate(self, length: int) -> None:
        """Forget the tokens from position ``length`` on. May forget more: look at ``length`` afterwards."""
        ...


CacheT = TypeVar("CacheT", bound=Cache)


class CausalModel(Protocol[CacheT]):
    """Token ids in, logits out."""

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
        meanwhile: Callable[[], None] = nothing,
    ) -> Tensor:
        """Run tokens that follow what the cache holds; give the logits of the last ``logits_count`` of them.

        ``meanwhile`` is called once, as soon as nothing but the computation is left to be done.

        # [tokens] int64 -> [logits_count, vocabulary] float32
        """
        ...

    def abandon(self) -> None:
        """Have the forward pass that is under way end early, if it can: its result is to be thrown away.

        May be called from any thread, and when nothing is under way.
        """
        ...
