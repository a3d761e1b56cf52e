"""The two norms of transformers, over the last dimension, float32 to float32."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Norm:
    """Normalises by the root of the mean square without a ``shift``, else by mean and variance."""

    scale: Tensor  # [width] float32
    shift: Tensor | None  # [width] float32
    epsilon: float

    def __call__(self, values: Tensor) -> Tensor:
        """Return the values normalised, scaled and shifted."""
        if self.shift is not None:
            return functional.layer_norm(
                values, tuple(self.scale.shape), self.scale, self.shift, self.epsilon
            )
        if values.is_cuda:  # one kernel on CUDA
            return functional.rms_norm(values, tuple(self.scale.shape), self.scale, self.epsilon)
        # Half the operations of torch's own norm, which matters for one token.
        inverse = values.square().mean(-1, keepdim=True).add_(self.epsilon).rsqrt_()
        return (values * inverse).mul_(self.scale)
