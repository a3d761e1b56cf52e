"""A cache that is written at positions in a device tensor, so that no address depends on its length.

Invariant: the buffers are those of the cache it was made from, at the same addresses.
"""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True)
class PositionedCache:
    """The buffers of a `KeyValueCache`, and the positions of this pass's tokens."""

    keys: Tensor  # [layers, kv_heads, capacity, head_width]
    values: Tensor  # as keys
    positions: Tensor  # [tokens] int64

    def write(self, layer: int, _start: int, keys: Tensor, values: Tensor) -> None:
        """Write the keys and values of tokens at their positions.  # each [kv_heads, tokens, head_width]"""
        self.keys[layer].index_copy_(1, self.positions, keys.to(self.keys.dtype))
        self.values[layer].index_copy_(1, self.positions, values.to(self.values.dtype))
