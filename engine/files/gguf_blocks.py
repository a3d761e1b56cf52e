"""The block formats of GGUF tensors, unpacked to one form: groups of small integers with an affine map.

Every format here is ``value = scale * code + minimum`` with one scale and one minimum for each group of 16 or
32 values, so that one form serves dequantising and repacking. Layouts follow ggml's ``ggml-common.h`` and
``ggml-quants.c``; the tests compare with the ``gguf`` package, value for value.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Groups:
    """Quantised values: ``scale[:, None] * codes + minimum[:, None]``, float32 scale and minimum."""

    codes: Tensor  # [groups, group_size] uint8 or int8
    scale: Tensor  # [groups]
    minimum: Tensor | None  # [groups]; None when it is zero everywhere

    def dequantise(self) -> Tensor:
        """Return the values.  # [groups * group_size] float32"""
        values = self.codes.float() * self.scale[:, None]
        if self.minimum is not None:
            values += self.minimum[:, None]
        return values.flatten()


@dataclass(frozen=True, slots=True)
class Block:
    """A block format: ``values`` numbers in ``bytes_count`` bytes. ``unpack`` is None for plain floats."""

    name: str
    code: int
    values: int
    bytes_count: int
    unpack: Callable[[Tensor], Groups] | None
    dtype: torch.dtype | None = None


def _half(raw: Tensor, start: int) -> Tensor:
    """Return the float16 at byte ``start`` of every block.  # [blocks] float32"""
    return raw[:, start : start + 2].contiguous().view(torch.float16).float().flatten()


def _nibbles(raw: Tensor) -> Tensor:
    """Return the low halves of all bytes, then the high halves.  # [blocks, n] -> [blocks, 2 n]"""
    return torch.cat((raw & 15, raw >> 4), dim=1)


def _fifth_bits(raw: Tensor) -> Tensor:
    """Return bit 4 of each of 32 values from a 32-bit little-endian mask.  # [blocks, 4] -> [blocks, 32]"""
    bits = raw[:, :, None] >> torch.arange(8, dtype=torch.uint8)
    return ((bits & 1) << 4).flatten(1)


def _q4_0(raw: Tensor) -> Groups:
    scale = _half(raw, 0)
    return Groups(_nibbles(raw[:, 2:]), scale, -8 * scale)


def _q4_1(raw: Tensor) -> Groups:
    return Groups(_nibbles(raw[:, 4:]), _half(raw, 0), _half(raw, 2))


def _q5_0(raw: Tensor) -> Groups:
    scale = _half(raw, 0)
    return Groups(_nibbles(raw[:, 6:]) | _fifth_bits(raw[:, 2:6]), scale, -16 * scale)


def _q5_1(raw: Tensor) -> Groups:
    return Groups(_nibbles(raw[:, 8:]) | _fifth_bits(raw[:, 4:8]), _half(raw, 0), _half(raw, 2))


def _q8_0(raw: Tensor) -> Groups:
    return Groups(raw[:, 2:].contiguous().view(torch.int8), _half(raw, 0), None)


def _q2_k(raw: Tensor) -> Groups:
    sub_scales, packed = raw[:, :16], raw[:, 16:80].reshape(-1, 2, 1, 32)
    shifts = torch.tensor([0, 2, 4, 6], dtype=torch.uint8).reshape(1, 1, 4, 1)
    codes = ((packed >> shifts) & 3).reshape(-1, 16)
    scale = _half(raw, 80)[:, None] * (sub_scales & 15)
    minimum = -_half(raw, 82)[:, None] * (sub_scales >> 4)
    return Groups(codes, scale.flatten(), minimum.flatten())


def _q3_k(raw: Tensor) -> Groups:
    shifts = torch.tensor([0, 2, 4, 6], dtype=torch.uint8).reshape(1, 1, 4, 1)
    low = ((raw[:, 32:96].reshape(-1, 2, 1, 32) >> shifts) & 3).reshape(-1, 8, 32)
    planes = torch.arange(8, dtype=torch.uint8).reshape(1, 8, 1)
    high = (raw[:, None, :32] >> planes) & 1
    packed = raw[:, 96:108]
    low_scales = torch.cat((packed[:, :8] & 15, packed[:, :8] >> 4), dim=1)
    high_scales = ((packed[:, None, 8:12] >> planes[:, :4] * 2) & 3).reshape(-1, 16)
    sub_scales = (low_scales | (high_scales << 4)).to(torch.int16) - 32
    scale = (_half(raw, 108)[:, None] * sub_scales).flatten()
    return Groups((low | (high << 2)).reshape(-1, 16), scale, -4 * scale)


def _k_scales(packed: Tensor) -> tuple[Tensor, Tensor]:
    """Return the 6-bit scales and minimums of Q4_K and Q5_K from their 12 bytes.  # two of [blocks, 8]"""
    first, second, third = packed[:, :4], packed[:, 4:8], packed[:, 8:]
    scales = torch.cat((first & 63, (third & 15) | ((first >> 6) << 4)), dim=1)
    minimums = torch.cat((second & 63, (third >> 4) | ((second >> 6) << 4)), dim=1)
    return scales, minimums


def _q4_k(raw: Tensor) -> Groups:
    scales, minimums = _k_scales(raw[:, 4:16])
    codes = _nibbles(raw[:, 16:].reshape(-1, 32)).reshape(-1, 32)
    return Groups(
        codes, (_half(raw, 0)[:, None] * scales).flatten(), (-_half(raw, 2)[:, None] * minimums).flatten()
    )


def _q5_k(raw: Tensor) -> Groups:
    scales, minimums = _k_scales(raw[:, 4:16])
    low = _nibbles(raw[:, 48:].reshape(-1, 32)).reshape(-1, 8, 32)
    high = (raw[:, None, 16:48] >> torch.arange(8, dtype=torch.uint8).reshape(1, 8, 1)) & 1
    scale = (_half(raw, 0)[:, None] * scales).flatten()
    return Groups((low | (high << 4)).reshape(-1, 32), scale, (-_half(raw, 2)[:, None] * minimums).flatten())


def _q6_k(raw: Tensor) -> Groups:
    low = _nibbles(raw[:, :128].reshape(-1, 64)).reshape(-1, 2, 4, 32)
    shifts = torch.tensor([0, 2, 4, 6], dtype=torch.uint8).reshape(1, 1, 4, 1)
    high = (raw[:, 128:192].reshape(-1, 2, 1, 32) >> shifts) & 3
    sub_scales = raw[:, 192:208].contiguous().view(torch.int8)
    scale = (_half(raw, 208)[:, None] * sub_scales).flatten()
    return Groups((low | (high << 4)).reshape(-1, 16), scale, -32 * scale)


BLOCKS = {
    block.name: block
    for block in (
        Block("F32", 0, 1, 4, None, torch.float32),
        Block("F16", 1, 1, 2, None, torch.float16),
        Block("BF16", 30, 1, 2, None, torch.bfloat16),
        Block("Q4_0", 2, 32, 18, _q4_0),
        Block("Q4_1", 3, 32, 20, _q4_1),
        Block("Q5_0", 6, 32, 22, _q5_0),
        Block("Q5_1", 7, 32, 24, _q5_1),
        Block("Q8_0", 8, 32, 34, _q8_0),
        Block("Q2_K", 10, 256, 84, _q2_k),
        Block("Q3_K", 11, 256, 110, _q3_k),
        Block("Q4_K", 12, 256, 144, _q4_k),
        Block("Q5_K", 13, 256, 176, _q5_k),
        Block("Q6_K", 14, 256, 210, _q6_k),
    )
}
"""Every format that can be read, by ggml's name."""


def unpack(raw: Tensor, name: str) -> Groups:
    """Return the groups of a quantised tensor's bytes, in the order of its values."""
    block = BLOCKS[name]
    assert block.unpack is not None, name
    return block.unpack(raw.reshape(-1, block.bytes_count))


def dequantise(raw: Tensor, name: str) -> Tensor:
    """Return the values of a tensor's bytes.  # flat, float32 (or the file's own float type)"""
    block = BLOCKS[name]
    return raw.view(block.dtype) if block.dtype is not None else unpack(raw, name).dequantise()
