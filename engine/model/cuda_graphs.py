"""CUDA graphs of calls that do the same work on the same memory every time.

Invariants: a failed capture costs only speed; its reason is logged once and kept, and no other capture is
tried. All graphs share one pool of memory, so only one of them may run at a time, and the result of a replay
is valid until the same graph's next replay.
"""

import logging
from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor

logger = logging.getLogger(__name__)

_WARM_UPS = 2
"""Calls before a capture: at a first call, libraries choose algorithms and take memory."""


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
        except RuntimeError as error:  # torch raises it for every error of CUDA, also for lack of memory
            torch.cuda.set_stream(stream)  # a capture that fails leaves its own stream as the current one
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
            # thread_local: work of other threads on the device must not end the capture.
            with torch.cuda.graph(graph, self._pool, side, capture_error_mode="thread_local"):
                logits = call()

        def replay() -> Tensor:
            graph.replay()
            return logits

        return replay

    @cached_property
    def _pool(self):  # torch does not export the type
        return torch.cuda.graph_pool_handle()
