"""The keys and values of several continuations of one prompt: the prompt's once, each continuation's own.

Invariant: all branches have the same number of tokens after the prompt; the prompt's cache is only read.
"""

from dataclasses import dataclass

import torch
from holesmith.engine.key_value_cache import KeyValueCache
from torch import Tensor


@dataclass(slots=True)
class BranchedCache:
    """Where the branches of one prompt go on."""

    shared: KeyValueCache
    keys: Tensor  # [layers, branches, kv_heads, tokens_max, head_width]
    values: Tensor  # as keys
    own_length: int = 0

    @property
    def length(self) -> int:
        """The tokens of prompt and branch together."""
        return self.shared.length + self.own_length

    def write(self, layer: int, start: int, keys: Tensor, values: Tensor) -> None:
        """Put the keys and values of one token of each branch.  # each [kv_heads, branches, head_width]"""
        at = start - self.shared.length
        self.keys[layer, :, :, at] = keys.transpose(0, 1)
        self.values[layer, :, :, at] = values.transpose(0, 1)

    def keep(self, branches: list[int]) -> None:
        """Drop all branches but these, in this order."""
        self.keys, self.values = self.keys[:, branches], self.values[:, branches]


def branch(shared: KeyValueCache, branches: int, tokens_max: int) -> BranchedCache:
    """Begin so many branches, of so many tokens each, after what ``shared`` holds."""
    layers, kv_heads, _, head_width = shared.keys.shape
    keys = torch.empty(
        (layers, branches, kv_heads, tokens_max, head_width),
        dtype=shared.keys.dtype,
        device=shared.keys.device,
    )
    return BranchedCache(shared, keys, torch.empty_like(keys))
