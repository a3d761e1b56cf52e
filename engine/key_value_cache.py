"""The keys and values of the tokens that a model has seen: fixed buffers, filled from the front.

Invariant: positions below ``length`` are valid for exactly the tokens that were run; what lies beyond is
garbage. Rolling back is therefore free: it only lowers ``length``.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(slots=True)
class KeyValueCache:
    """Static buffers for one sequence. The pages of a CPU buffer take no memory until they are written."""

    keys: Tensor  # [layers, kv_heads, capacity, head_width]
    values: Tensor  # [layers, kv_heads, capacity, head_width]
    length: int = 0

    @property
    def capacity(self) -> int:
        """How many tokens fit."""
        return self.keys.shape[2]

    def truncate(self, length: int) -> None:
        """See `causal_model.Cache`; never forgets more than it was told to."""
        assert 0 <= length <= self.length, (length, self.length)
        self.length = length

    def write(self, layer: int, start: int, keys: Tensor, values: Tensor) -> None:
        """Put the keys and values of tokens at ``start`` on.  # each [kv_heads, tokens, head_width]"""
        stop = start + keys.shape[1]
        assert stop <= self.capacity, (stop, self.capacity)
        self.keys[layer, :, start:stop] = keys
        self.values[layer, :, start:stop] = values

    def copy(self, start: int, stop: int) -> Tensor:
        """The keys and values of some positions.  # [2, layers, kv_heads, stop - start, head_width]"""
        assert stop <= self.length
        return torch.stack((self.keys[:, :, start:stop], self.values[:, :, start:stop]))

    def append(self, slab: Tensor) -> None:
        """Take over keys and values that `copy` gave for the very same tokens at these positions."""
        stop = self.length + slab.shape[3]
        self.keys[:, :, self.length : stop], self.values[:, :, self.length : stop] = slab[0], slab[1]
        self.length = stop


def allocate_cache(
    layers: int, kv_heads: int, capacity: int, head_width: int, dtype: torch.dtype, device: torch.device
) -> KeyValueCache:
    """An empty cache for ``capacity`` tokens."""
    shape = (layers, kv_heads, capacity, head_width)
    return KeyValueCache(
        torch.empty(shape, dtype=dtype, device=device), torch.empty(shape, dtype=dtype, device=device)
    )
