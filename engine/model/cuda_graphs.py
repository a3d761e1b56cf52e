"""CUDA graphs of calls that do the same work on the same memory every time.

Invariants: a graph that cannot be captured costs speed and nothing else; why is logged once and kept, and no
other capture is tried. All graphs share one pool of memory, so only one of them may run at a time, and what a
replay gives is valid until the same graph's next.
"""

import logging
from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor

logger = logging.getLogger(__name__)

_WARM_UPS = 2
"""Libraries choose algorithms and take memory at a first call, which a capture must not see."""


class CudaGraphs:
    """Captures the graphs of one model on one device."""

    def __init__(self, device: torch.device) -> None:
        self.failure: str | None = None
        self._device = device

    def capture(self, call: Callable[[], Tensor]) -> Callable[[], Tensor] | None:
        """See `cuda_step.Capture`. The call is run a few times; None once a capture has failed."""
        if self.failure is not None:
            return None
        stream = torch.cuda.current_stream(self._device)
        try:
            return self._capture(call, stream)
        except RuntimeError as error:  # what torch raises for whatever CUDA refuses, lack of memory included
            torch.cuda.set_stream(stream)  # a capture that ends in an error leaves its own stream behind
            self.failure = next(iter(str(error).splitlines()), type(error).__name__)
            logger.warning("no CUDA graphs, decoding will be slower: %s", self.failure)
            return None

    def _capture(self, call: Callable[[], Tensor], before: torch.cuda.Stream) -> Callable[[], Tensor]:
        with torch.cuda.device(self._device):
            side = torch.cuda.Stream(self._device)
            side.wait_stream(before)
            with torch.cuda.stream(side):
                for _ in range(_WARM_UPS):
                    call()
            before.wait_stream(side)
            graph = torch.cuda.CUDAGraph()
            # thread_local: what other threads of the process do on the device must not end the capture.
            with torch.cuda.graph(graph, self._pool, side, capture_error_mode="thread_local"):
                logits = call()

        def replay() -> Tensor:
            graph.replay()
            return logits

        return replay

    @cached_property
    def _pool(self):  # of a type that torch keeps to itself
        return torch.cuda.graph_pool_handle()
