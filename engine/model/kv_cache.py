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
    slab_dtype: torch.dtype
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
        """The keys and values of some positions.  # [2, layers, kv_heads, stop - start, head_width]

        In ``slab_dtype``, to which what is written is rounded already.
        """
        assert stop <= self.length
        slab = torch.stack((self.keys[:, :, start:stop], self.values[:, :, start:stop]))
        return slab.to(self.slab_dtype)

    def append(self, slab: Tensor) -> None:
        """Take over keys and values that `copy` gave for the very same tokens at these positions."""
        stop = self.length + slab.shape[3]
        self.keys[:, :, self.length : stop], self.values[:, :, self.length : stop] = slab[0], slab[1]
        self.length = stop


def allocate_cache(
    layers: int,
    kv_heads: int,
    capacity: int,
    head_width: int,
    dtypes: tuple[torch.dtype, torch.dtype],
    device: torch.device,
) -> KeyValueCache:
    """An empty cache for ``capacity`` tokens. ``dtypes``: of its buffers, and of what `copy` gives."""
    shape = (layers, kv_heads, capacity, head_width)
    buffer_dtype, slab_dtype = dtypes
    # A static step reads beyond what is written, and hides it, which only works with finite numbers.
    allocate = torch.empty if device.type == "cpu" else torch.zeros
    keys, values = (allocate(shape, dtype=buffer_dtype, device=device) for _ in range(2))
    return KeyValueCache(keys, values, slab_dtype)
