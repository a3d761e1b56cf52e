"""The keys and values of the tokens that a model has seen, in fixed buffers that are filled from the front.

Invariant: positions below ``length`` are valid for exactly the tokens that were run; those above are garbage.
Rolling back therefore costs nothing: it only lowers ``length``.
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
        """The number of tokens that fit."""
        return self.keys.shape[2]

    def truncate(self, length: int) -> None:
        """See `causal_model.Cache`. Never forgets more than requested."""
        assert 0 <= length <= self.length, (length, self.length)
        self.length = length

    def write(self, layer: int, start: int, keys: Tensor, values: Tensor) -> None:
        """Write the keys and values of tokens from ``start`` on.  # each [kv_heads, tokens, head_width]"""
        stop = start + keys.shape[1]
        assert stop <= self.capacity, (stop, self.capacity)
        self.keys[layer, :, start:stop] = keys
        self.values[layer, :, start:stop] = values

    def copy(self, start: int, stop: int) -> Tensor:
        """Return the keys and values of some positions.  # [2, layers, kv_heads, stop - start, head_width]

        They are in ``slab_dtype``; written values have already been rounded to that type.
        """
        assert stop <= self.length
        slab = torch.stack((self.keys[:, :, start:stop], self.values[:, :, start:stop]))
        return slab.to(self.slab_dtype)

    def append(self, slab: Tensor) -> None:
        """Append keys and values that `copy` returned for the very same tokens at these positions."""
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
    """Make an empty cache for ``capacity`` tokens.

    ``dtypes`` are those of its buffers and of `copy`'s results.
    """
    shape = (layers, kv_heads, capacity, head_width)
    buffer_dtype, slab_dtype = dtypes
    # A CUDA graph reads and masks positions that were never written, which only works with finite numbers.
    allocate = torch.empty if device.type == "cpu" else torch.zeros
    keys, values = (allocate(shape, dtype=buffer_dtype, device=device) for _ in range(2))
    return KeyValueCache(keys, values, slab_dtype)
