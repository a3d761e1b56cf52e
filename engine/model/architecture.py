"""The data that tells one decoder from another: sizes, norms, rotary embedding, attention windows and scales.

One `Architecture` describes a model completely except for its weights. The weights themselves show which
biases, query/key norms and post norms exist.
"""

from dataclasses import dataclass
from typing import Literal

from holesmith.engine.model.rope import Rope

Norm = Literal["rms", "layer"]
Activation = Literal["silu", "gelu", "gelu_tanh"]


@dataclass(frozen=True, slots=True)
class Architecture:
    """The shape of one decoder-only transformer.

    ``intermediate_size`` is that between the feed-forward matrices. ``windows`` has one entry a layer: the
    number of tokens back that it may look at, None for all. ``local_rope`` is used by the layers with a
    window if it differs. ``norm_offset`` is added to the stored weights of the norms (Gemma stores them minus
    one). A softcap c maps x to ``c * tanh(x / c)``.
    """

    family: str
    layers: int
    hidden_size: int
    heads: int
    kv_heads: int
    head_width: int
    intermediate_size: int
    context_tokens_max: int
    rope: Rope
    windows: tuple[int | None, ...]
    norm_epsilon: float
    attention_scale: float
    norm: Norm = "rms"
    activation: Activation = "silu"
    local_rope: Rope | None = None
    norm_offset: float = 0.0
    embedding_scale: float = 1.0
    residual_scale: float = 1.0
    logit_scale: float = 1.0
    attention_softcap: float | None = None
    logit_softcap: float | None = None

    def __post_init__(self) -> None:
        assert len(self.windows) == self.layers
        assert self.heads % self.kv_heads == 0

    @property
    def kv_bytes_per_token(self) -> int:
        """The memory that one token's keys and values take in a 16-bit type."""
        return 2 * 2 * self.layers * self.kv_heads * self.head_width
