"""A cache that is written where a tensor on the device says, so that no address depends on how long it is.

Invariant: the buffers are those of the cache it was made of, at the same addresses.
"""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True)
class PositionedCache:
    """The buffers of a `KeyValueCache`, and where the tokens of this pass belong."""

    keys: Tensor  # [layers, kv_heads, capacity, head_width]
    values: Tensor  # as keys
    positions: Tensor  # [tokens] int64

    def write(self, layer: int, _start: int, keys: Tensor, values: Tensor) -> None:
        """Put the keys and values of the tokens at their positions.  # each [kv_heads, tokens, head_width]"""
        self.keys[layer].index_copy_(1, self.positions, keys.to(self.keys.dtype))
        self.values[layer].index_copy_(1, self.positions, values.to(self.values.dtype))
