"""The compiled kernels that a model on a CPU needs: found, or compiled now, or beside the first requests."""

from collections.abc import Callable

from holesmith.engine.loading.kernel_switch import KernelSwitch
from holesmith.engine.local import Loop
from holesmith.engine.model.decoder import Decoder
from holesmith.kernels.compilation import Compilation, CompileState
from holesmith.kernels.machine_code.low_bit import IS_SUPPORTED

COMPILING = "compiling the kernels (once, half a minute)"
"""What progress says while they are compiled."""

Progress = Callable[[str, float], None]


def compile_kernels(progress: Progress, compilation: Compilation | None = None) -> str | None:
    """Compile what this processor can use and no earlier run has kept; why that failed, or None."""
    if not IS_SUPPORTED:
        return None
    compilation = compilation or Compilation()
    if not compilation.load_kept():
        progress(COMPILING, 0.0)
        compilation.run(lambda state: progress(COMPILING, state.share))
    return compilation.state.failure


class Kernels:
    """The compiled kernels of one engine, which may still be in the making."""

    def __init__(self, compilation: Compilation | None = None) -> None:
        self._compilation = compilation or Compilation()

    def serve(self, loop: Loop, decoder: Decoder, progress: Progress, *, beside: bool) -> Loop:
        """A loop that computes with the kernels, as soon as they are compiled, and with torch until then.

        ``beside`` has them compiled beside the requests, and ``progress`` told on another thread; else they
        are waited for.
        """
        if decoder.step is None or self._compilation.load_kept():
            return loop
        switch = KernelSwitch(loop, decoder, lambda: self._compilation.state)

        def tell(state: CompileState) -> None:
            progress(COMPILING, state.share)

        progress(COMPILING, 0.0)
        (self._compilation.start if beside else self._compilation.run)(tell)
        return switch

    def problem(self) -> str | None:
        """Why there are none, and what that means, in one line; None if there are or will be."""
        failure = self._compilation.state.failure
        return None if failure is None else in_words(failure)

    def close(self) -> None:
        """End the compilation, if it is under way."""
        self._compilation.stop()


def in_words(failure: str) -> str:
    """A line for people, about kernels that could not be compiled."""
    return f"the kernels could not be compiled, so PyTorch computes, which is slower: {failure}"
