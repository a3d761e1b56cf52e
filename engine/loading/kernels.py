"""The compiled kernels of a model on a CPU: kept by an earlier run, or compiled now or beside requests."""

from collections.abc import Callable

from holesmith.engine.loading.kernel_switch import KernelSwitch
from holesmith.engine.local import Loop
from holesmith.engine.model.decoder import Decoder
from holesmith.kernels.compilation import Compilation, CompileState
from holesmith.kernels.machine_code.low_bit import IS_SUPPORTED

COMPILING = "compiling the kernels (once, half a minute)"
"""The stage that ``progress`` gets while they are compiled."""

Progress = Callable[[str, float], None]


def compile_kernels(progress: Progress, compilation: Compilation | None = None) -> str | None:
    """Compile the kernels that this processor can use, unless an earlier run kept them.

    Returns the reason of a failure, or None.
    """
    if not IS_SUPPORTED:
        return None
    compilation = compilation or Compilation()
    if not compilation.load_kept():
        progress(COMPILING, 0.0)
        compilation.run(lambda state: progress(COMPILING, state.share))
    return compilation.state.failure


class Kernels:
    """The compiled kernels of one engine, whose compilation may still be running."""

    def __init__(self, compilation: Compilation | None = None) -> None:
        self._compilation = compilation or Compilation()

    def serve(self, loop: Loop, decoder: Decoder, progress: Progress, *, beside: bool) -> Loop:
        """Return a loop that computes with torch until the kernels are compiled, then with the kernels.

        With ``beside`` they are compiled while requests run, and ``progress`` is called on another thread;
        otherwise this method waits for them.
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
        """Return why there are no kernels, and the consequence, in one line; None if there will be some."""
        failure = self._compilation.state.failure
        return None if failure is None else in_words(failure)

    def close(self) -> None:
        """End the compilation, if it is running."""
        self._compilation.stop()


def in_words(failure: str) -> str:
    """Write a line for people about kernels that could not be compiled."""
    return f"the kernels could not be compiled, so PyTorch computes, which is slower: {failure}"
