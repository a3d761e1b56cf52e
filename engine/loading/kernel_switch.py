"""Computes with torch until the kernels are compiled, and with the kernels from then on.

The switch happens between two requests. The cache of keys and values stays valid: torch and the kernels write
the same numbers to it, up to rounding. So the text may differ between a request before and one after the
switch, as it does between processors with and without our kernels.
"""

from collections.abc import Callable
from dataclasses import replace

from holesmith.engine.local import Loop
from holesmith.engine.model.decoder import Decoder, Layer, Linear, Parts
from holesmith.engine.request import Generation, Request, Token
from holesmith.kernels.compilation import CompileState
from holesmith.kernels.compilation_units import PRODUCTS, STEP
from holesmith.kernels.low_bit_matrix import LowBitMatrix
from holesmith.kernels.torch_matrix import TorchMatrix


class KernelSwitch:
    """Implements `local.Loop` over the loop of a decoder with low-bit matrices."""

    def __init__(self, loop: Loop, decoder: Decoder, state: Callable[[], CompileState]) -> None:
        """Start with torch.

        ``state`` returns the progress of the compilation; it is called before each request.
        """
        self._loop = loop
        self._decoder = decoder
        self._state = state
        self._compiled = decoder.parts, decoder.step
        self._stages = 0
        decoder.compute_with(torch_parts(decoder.parts), None)

    def run(
        self, request: Request, emit: Callable[[Token], None], cancelled: Callable[[], bool]
    ) -> Generation:
        """Run the loop with the kernels that are compiled by now."""
        self._take(self._state().stages)
        return self._loop.run(request, emit, cancelled)

    def abandon(self) -> None:
        """See `local.Loop`."""
        self._loop.abandon()

    def _take(self, stages: int) -> None:
        if stages == self._stages:
            return
        self._stages = stages
        parts, step = self._compiled
        if stages >= PRODUCTS:
            self._decoder.compute_with(parts, step if stages >= STEP else None)


def torch_parts(parts: Parts) -> Parts:
    """Return the same weights in a form that torch multiplies."""
    return replace(parts, layers=tuple(map(_torch_layer, parts.layers)), head=_torch_matrix(parts.head))


def _torch_layer(layer: Layer) -> Layer:
    return replace(
        layer,
        qkv=_torch_matrix(layer.qkv),
        attention_output=_torch_matrix(layer.attention_output),
        feed_forward_input=_torch_matrix(layer.feed_forward_input),
        down_proj=_torch_matrix(layer.down_proj),
    )


def _torch_matrix(matrix: Linear) -> Linear:
    return TorchMatrix(matrix) if isinstance(matrix, LowBitMatrix) else matrix
