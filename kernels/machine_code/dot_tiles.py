"""Multiply 8-bit inputs with tiles of 8- or 4-bit weights, by the processor's dot-product instruction.

A tile is four blocks of sixteen weight rows, times one, two or four inputs. One instruction multiplies four
unsigned 8-bit codes of each of sixteen rows with the same four signed 8-bit inputs, and adds up the four
products in 32 bits (x86 ``vpdpbusd``). numba does not compile a Python loop to this instruction, so the loop
over a tile is written in LLVM instructions here. `low_bit` has everything around it.

Sums within a group of inputs are exact. Only the sum over groups rounds, always in the same order, so a row
of the product does not depend on how many inputs were multiplied at once.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, cast

import llvmlite.binding as llvm
from holesmith.kernels.machine_code.compiler import cgutils, intrinsic, ir, types

BLOCK_ROWS = 16
"""The rows of a block, whose codes lie side by side: the lanes of one instruction."""

TILE_BLOCKS = 4
"""The blocks of a tile: four independent sums hide the latency of the instruction, even for one input."""

GROUP = 64
"""The inputs that share a scale. Products of 8-bit codes are summed over a group, then become floats."""

HALF_GROUP = 32
"""The inputs for which 4-bit weights share a scale and a minimum."""

_AHEAD_BYTES = 2048  # measured: four inputs take 5.0 instead of 7.7 ms for 136 MB of codes
_READ_AND_KEEP = 0, 3, 1  # flags of llvm.prefetch: read, keep in all caches, data
_STEP = 4  # inputs that one instruction multiplies
_VECTOR_BYTES = BLOCK_ROWS * _STEP

_I8, _I32, _I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_BYTES = ir.VectorType(_I8, _VECTOR_BYTES)
_SUMS = ir.VectorType(_I32, BLOCK_ROWS)
_HALVES = ir.VectorType(ir.HalfType(), BLOCK_ROWS)
_FLOATS = ir.VectorType(ir.FloatType(), BLOCK_ROWS)

Tile = Callable[[int, int, int, int, int, int, int, int, int, int], None]
"""A function that computes one tile. Its arguments are the `_PARAMETERS`: addresses, and strides in bytes.

A stride of codes or scales leads from one block of rows to the next. The inputs [tile_inputs, width] int8,
their scales [tile_inputs, width / GROUP] float32 and their sums [tile_inputs, width / HALF_GROUP] int32 lie
without gaps. The function writes ``sums`` [tile_inputs, TILE_BLOCKS * BLOCK_ROWS] float32, whose rows are
``sums_stride`` apart. 8-bit tiles ignore ``scales``, because their scales belong to whole rows.
"""


def instruction_width() -> int | None:
    """The rows of one dot-product instruction of this processor: 16 or 8; None if it has no such one."""
    features = llvm.get_host_cpu_features()
    if features.get("avx512vnni") and features.get("avx512vl") and features.get("avx512bw"):
        return BLOCK_ROWS
    return BLOCK_ROWS // 2 if features.get("avxvnni") else None


class _Builder:
    """An instruction builder for the operations that all tiles need."""

    def __init__(self, builder: Any, lanes: int) -> None:
        self.b = builder
        self._lanes = lanes
        name = f"llvm.x86.avx512.vpdpbusd.{lanes * 32}"
        part = (ir.VectorType(_I32, lanes), *[ir.VectorType(_I8, lanes * _STEP)] * 2)
        self._dot = cgutils.get_or_insert_function(builder.module, ir.FunctionType(part[0], part), name)

    def load(self, kind: ir.Type, base: Any, offset: Any, align: int) -> Any:
        address = self.b.inttoptr(self.b.add(base, offset), ir.PointerType(kind))
        return self.b.load(address, align=align)

    def prefetch(self, base: Any, offset: Any) -> None:
        """Prefetch memory that will be read soon. An invalid address does no harm."""
        pointer = ir.PointerType(_I8)
        kind = ir.FunctionType(ir.VoidType(), [pointer, _I32, _I32, _I32])
        function = cgutils.get_or_insert_function(self.b.module, kind, "llvm.prefetch.p0")
        address = self.b.inttoptr(self.b.add(base, offset), pointer)
        self.b.call(function, [address, *(ir.Constant(_I32, flag) for flag in _READ_AND_KEEP)])

    def store(self, value: Any, base: Any, offset: Any) -> None:
        address = self.b.inttoptr(self.b.add(base, offset), ir.PointerType(value.type))
        self.b.store(value, address, align=4)

    def times(self, value: Any, factor: int) -> Any:
        return self.b.mul(value, ir.Constant(_I64, factor))

    def plus(self, value: Any, summand: int) -> Any:
        return self.b.add(value, ir.Constant(_I64, summand))

    def splat(self, value: Any) -> Any:
        kind = ir.VectorType(value.type, BLOCK_ROWS)
        nothing = ir.Constant(kind, ir.Undefined)
        first = self.b.insert_element(nothing, value, ir.Constant(_I32, 0))
        return self.b.shuffle_vector(first, nothing, ir.Constant(_SUMS, [0] * BLOCK_ROWS))

    def fma(self, factor: Any, other: Any, summand: Any) -> Any:
        return self.b.fadd(self.b.fmul(factor, other, flags=("contract",)), summand, flags=("contract",))

    def dot(self, sums: Any, codes: Any, inputs: Any) -> Any:
        """Add to each lane the products of its four unsigned codes with the four signed inputs."""
        if self._lanes == BLOCK_ROWS:
            return self.b.call(self._dot, [sums, codes, inputs])
        halves = [
            self.b.call(self._dot, [self._half(value, part) for value in (sums, codes, inputs)])
            for part in (0, 1)
        ]
        return self.b.shuffle_vector(*halves, ir.Constant(_SUMS, list(range(BLOCK_ROWS))))

    def _half(self, value: Any, part: int) -> Any:
        count = value.type.count // 2
        picked = list(range(part * count, (part + 1) * count))
        return self.b.shuffle_vector(value, value, ir.Constant(ir.VectorType(_I32, count), picked))


@cache
def eight_bit_tile(tile_inputs: int, lanes: int, is_ahead: bool = False) -> Tile:
    """A tile of ``tile_inputs`` inputs, with instructions for ``lanes`` rows.

    ``is_ahead``: prefetch codes. That helps where codes are read for the first time and the arithmetic of
    several inputs keeps the processor from reading far enough ahead.

    Codes are ``weight + 128``, [blocks, width / 4, 16 rows, 4] uint8. The sums lack the scale of the row.
    """

    def group(at: _Builder, args: dict[str, Any], index: Any, sums: list[list[Any]]) -> list[list[Any]]:
        exact = [[_offset_sum(at, args, index, each)] * TILE_BLOCKS for each in range(tile_inputs)]
        for step in range(GROUP // _STEP):
            codes = [
                _codes(at, args, block, index, GROUP // _STEP, step, is_ahead) for block in range(TILE_BLOCKS)
            ]
            for each in range(tile_inputs):
                inputs = _inputs(at, args, each, index, step)
                exact[each] = [at.dot(*pair, inputs) for pair in zip(exact[each], codes, strict=True)]
        for each in range(tile_inputs):
            scale = at.splat(_input_scale(at, args, each, index))
            sums[each] = [
                at.fma(at.b.sitofp(whole, _FLOATS), scale, old)
                for whole, old in zip(exact[each], sums[each], strict=True)
            ]
        return sums

    return _tile(tile_inputs, lanes, group)


@cache
def four_bit_tile(tile_inputs: int, lanes: int, is_ahead: bool = False) -> Tile:
    """A tile as `eight_bit_tile` makes it, but for codes from 0 to 15.

    Codes are [blocks, width / 8, 16 rows, 4] uint8: in a half group, the low bits of vector ``i`` are step
    ``i``, the high bits step ``i + 4``. Scales are [blocks, width / 32, 2, 16] float16: scale and minimum.
    """

    def group(at: _Builder, args: dict[str, Any], index: Any, sums: list[list[Any]]) -> list[list[Any]]:
        for half in (0, 1):
            sums = half_group(at, args, index, half, sums)
        return sums

    def half_group(
        at: _Builder, args: dict[str, Any], index: Any, half: int, sums: list[list[Any]]
    ) -> list[list[Any]]:
        steps = HALF_GROUP // _STEP
        exact = [[ir.Constant(_SUMS, [0] * BLOCK_ROWS)] * TILE_BLOCKS for _ in range(tile_inputs)]
        low_bits = ir.Constant(_BYTES, [15] * _VECTOR_BYTES)
        four = ir.Constant(_BYTES, [4] * _VECTOR_BYTES)
        for vector in range(steps // 2):
            place = half * steps // 2 + vector
            packed = [_codes(at, args, block, index, steps, place, is_ahead) for block in range(TILE_BLOCKS)]
            for high, codes in (
                (0, [at.b.and_(each, low_bits) for each in packed]),
                (1, [at.b.lshr(each, four) for each in packed]),
            ):
                step = half * steps + high * steps // 2 + vector
                for each in range(tile_inputs):
                    inputs = _inputs(at, args, each, index, step)
                    exact[each] = [at.dot(*pair, inputs) for pair in zip(exact[each], codes, strict=True)]
        scales = [_scales(at, args, block, index, half, 0) for block in range(TILE_BLOCKS)]
        minimums = [_scales(at, args, block, index, half, 1) for block in range(TILE_BLOCKS)]
        for each in range(tile_inputs):
            scale = _input_scale(at, args, each, index)
            whole = at.b.sitofp(_input_sum(at, args, each, index, half), ir.FloatType())
            total = at.splat(at.b.fmul(scale, whole))
            scale = at.splat(scale)
            for block in range(TILE_BLOCKS):
                both = at.b.fmul(scales[block], scale)
                partial = at.fma(minimums[block], total, sums[each][block])
                sums[each][block] = at.fma(at.b.sitofp(exact[each][block], _FLOATS), both, partial)
        return sums

    return _tile(tile_inputs, lanes, group)


def _codes(
    at: _Builder, args: dict[str, Any], block: int, index: Any, per_group: int, vector: int, is_ahead: bool
) -> Any:
    start = at.plus(at.times(index, per_group * _VECTOR_BYTES), vector * _VECTOR_BYTES)
    offset = at.b.add(at.times(args["codes_stride"], block), start)
    if is_ahead:
        at.prefetch(args["codes"], at.plus(offset, _AHEAD_BYTES))
    return at.load(_BYTES, args["codes"], offset, 64)


def _scales(at: _Builder, args: dict[str, Any], block: int, index: Any, half: int, which: int) -> Any:
    row_bytes = BLOCK_ROWS * 2
    start = at.plus(at.times(index, 4 * row_bytes), (2 * half + which) * row_bytes)
    offset = at.b.add(at.times(args["scales_stride"], block), start)
    return at.b.fpext(at.load(_HALVES, args["scales"], offset, 32), _FLOATS)


def _inputs(at: _Builder, args: dict[str, Any], each: int, index: Any, step: int) -> Any:
    """A vector with the same four inputs for every row."""
    start = at.plus(at.times(index, GROUP), step * _STEP)
    four = at.load(_I32, args["inputs"], at.b.add(at.times(args["width"], each), start), 4)
    return at.b.bitcast(at.splat(four), _BYTES)


def _input_scale(at: _Builder, args: dict[str, Any], each: int, index: Any) -> Any:
    start = at.b.add(
        at.b.udiv(at.times(args["width"], 4 * each), ir.Constant(_I64, GROUP)), at.times(index, 4)
    )
    return at.load(ir.FloatType(), args["input_scales"], start, 4)


def _input_sum(at: _Builder, args: dict[str, Any], each: int, index: Any, half: int) -> Any:
    row = at.b.udiv(at.times(args["width"], 4 * each), ir.Constant(_I64, HALF_GROUP))
    return at.load(_I32, args["input_sums"], at.b.add(row, at.plus(at.times(index, 8), 4 * half)), 4)


def _offset_sum(at: _Builder, args: dict[str, Any], index: Any, each: int) -> Any:
    """The start value of the sums of a group, which subtracts the 128 that was added to each weight."""
    both = at.b.add(_input_sum(at, args, each, index, 0), _input_sum(at, args, each, index, 1))
    return at.splat(at.b.mul(both, ir.Constant(_I32, -128)))


_Group = Callable[[_Builder, dict[str, Any], Any, list[list[Any]]], list[list[Any]]]
_PARAMETERS = (
    "codes",
    "codes_stride",
    "scales",
    "scales_stride",
    "inputs",
    "input_scales",
    "input_sums",
    "width",
    "sums",
    "sums_stride",
)


def _tile(tile_inputs: int, lanes: int, group: _Group) -> Tile:
    """A compiler intrinsic that loops over groups and then stores the sums."""
    signature = types.void(*[types.int64] * len(_PARAMETERS))

    def generate(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        at = _Builder(builder, lanes)
        args: dict[str, Any] = dict(zip(_PARAMETERS, values, strict=True))
        entry, loop = builder.basic_block, builder.append_basic_block("group")
        done = builder.append_basic_block("done")
        groups = builder.udiv(args["width"], ir.Constant(_I64, GROUP))
        builder.branch(loop)
        builder.position_at_end(loop)
        index = builder.phi(_I64)
        index.add_incoming(ir.Constant(_I64, 0), entry)
        carried = [[builder.phi(_FLOATS) for _ in range(TILE_BLOCKS)] for _ in range(tile_inputs)]
        sums = group(at, args, index, [list(row) for row in carried])
        following = at.plus(index, 1)
        index.add_incoming(following, loop)
        zero = ir.Constant(_FLOATS, [ir.Constant(ir.FloatType(), 0.0)] * BLOCK_ROWS)
        for each in range(tile_inputs):
            for phi, value in zip(carried[each], sums[each], strict=True):
                phi.add_incoming(zero, entry)
                phi.add_incoming(value, loop)
        builder.cbranch(builder.icmp_unsigned("<", following, groups), loop, done)
        builder.position_at_end(done)
        for each in range(tile_inputs):
            for block, value in enumerate(sums[each]):
                row = at.plus(at.times(args["sums_stride"], each), block * BLOCK_ROWS * 4)
                at.store(value, args["sums"], row)
        return context.get_dummy_value()

    # numba reads the number of parameters from the signature, so *arguments is not possible.
    def tile(_: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any, i: Any, j: Any) -> Any:
        return signature, generate

    return cast("Tile", intrinsic(tile))
