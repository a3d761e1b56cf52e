"""The decoder: token ids and a cache in, logits out. One readable forward pass for every family we know.

Invariants: a forward pass appends exactly its tokens to the cache and changes nothing before them; nothing
here knows vocabularies, sampling or requests.

The families differ only by data (`Architecture`) and by which optional weights a layer has.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from holesmith.engine.architecture import Architecture
from holesmith.engine.key_value_cache import KeyValueCache, allocate_cache
from holesmith.engine.rope import rotate
from torch import Tensor
from torch.nn import functional

Linear = Callable[[Tensor], Tensor]
"""A matrix product with its bias.  # [tokens, inputs] -> [tokens, outputs]"""

NormFunction = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Layer:
    """The weights of one layer. ``qkv`` is queries, keys and values in one product.

    ``feed_forward_input`` is gate and up in one product where the layer is ``gated``, else up alone.
    """

    attention_norm: NormFunction
    qkv: Linear
    attention_output: Linear
    feed_forward_norm: NormFunction
    feed_forward_input: Linear
    gated: bool
    down: Linear
    query_norm: NormFunction | None
    key_norm: NormFunction | None
    post_attention_norm: NormFunction | None
    post_feed_forward_norm: NormFunction | None


@dataclass(frozen=True, slots=True)
class Parts:
    """All the weights of a model."""

    embed: Callable[[Tensor], Tensor]  # [tokens] int64 -> [tokens, width]
    layers: tuple[Layer, ...]
    norm: NormFunction
    head: Linear


_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "silu": functional.silu,
    "gelu": functional.gelu,
    "gelu_tanh": partial(functional.gelu, approximate="tanh"),
}


class Decoder:
    """A loaded model. ``context_tokens_max`` bounds every cache; rotary tables reach that far."""

    def __init__(
        self,
        architecture: Architecture,
        parts: Parts,
        device: torch.device,
        dtype: torch.dtype,
        context_tokens_max: int,
    ) -> None:
        self.architecture = architecture
        self.device = device
        self.dtype = dtype
        self.context_tokens_max = min(context_tokens_max, architecture.context_tokens_max)
        self._parts = parts
        self._activate = _ACTIVATIONS[architecture.activation]
        self._ropes = {
            rope: tuple(
                table.to(device) for table in rope.tables(self.context_tokens_max, architecture.head_width)
            )
            for rope in {architecture.rope, architecture.local_rope or architecture.rope}
        }

    def new_cache(self, capacity: int | None = None) -> KeyValueCache:
        """An empty cache, for the longest context unless said otherwise."""
        arch = self.architecture
        tokens = self.context_tokens_max if capacity is None else min(capacity, self.context_tokens_max)
        return allocate_cache(arch.layers, arch.kv_heads, tokens, arch.head_width, self.dtype, self.device)

    @torch.inference_mode()
    def forward(self, token_ids: Tensor, cache: KeyValueCache, logits_count: int = 1) -> Tensor:
        """See `causal_model.CausalModel`."""
        arch = self.architecture
        start, stop = cache.length, cache.length + len(token_ids)
        assert len(token_ids) > 0, "nothing to run"
        assert stop <= cache.capacity, (stop, cache.capacity)
        hidden = self._parts.embed(token_ids) * arch.embedding_scale
        masks = {window: self._mask(start, stop, window) for window in set(arch.windows)}
        for index, layer in enumerate(self._parts.layers):
            hidden = self._attention(index, layer, hidden, cache, masks[arch.windows[index]])
            hidden = self._feed_forward(layer, hidden)
        cache.length = stop
        logits = self._parts.head(self._parts.norm(hidden[-logits_count:])).float() * arch.logit_scale
        return _soften(logits, arch.logit_softcap)

    def _mask(self, start: int, stop: int, window: int | None) -> Tensor | None:
        """Which of the keys each new token may see; None where a token may see all of them.

        # [stop - start, stop] bool
        """
        if stop - start == 1 and (window is None or stop <= window):
            return None
        queries = torch.arange(start, stop, device=self.device)[:, None]
        keys = torch.arange(stop, device=self.device)[None, :]
        seen = keys <= queries
        return seen if window is None else seen & (keys > queries - window)

    def _attention(
        self, index: int, layer: Layer, hidden: Tensor, cache: KeyValueCache, mask: Tensor | None
    ) -> Tensor:
        arch = self.architecture
        tokens, start = len(hidden), cache.length
        projected = layer.qkv(layer.attention_norm(hidden)).view(tokens, -1, arch.head_width)
        queries, keys, values = projected.split((arch.heads, arch.kv_heads, arch.kv_heads), dim=1)
        if layer.query_norm is not None and layer.key_norm is not None:
            queries, keys = layer.query_norm(queries), layer.key_norm(keys)
        rope = arch.rope if arch.windows[index] is None else (arch.local_rope or arch.rope)
        cosine, sine = (table[start : start + tokens, None] for table in self._ropes[rope])
        half = len(rope.frequencies)
        keys = rotate(keys, cosine, sine, half)
        cache.write(index, start, keys.transpose(0, 1), values.transpose(0, 1))
        mixed = self._mix(rotate(queries, cosine, sine, half), index, cache, start + tokens, mask)
        output = layer.attention_output(mixed)
        if layer.post_attention_norm is not None:
            output = layer.post_attention_norm(output)
        return hidden + output * arch.residual_scale

    def _mix(
        self, queries: Tensor, index: int, cache: KeyValueCache, stop: int, mask: Tensor | None
    ) -> Tensor:
        """Attention over all cached keys. The query heads that share a key head lie along one dimension.

        # [tokens, heads, head_width] -> [tokens, heads * head_width]
        """
        arch = self.architecture
        tokens, group = len(queries), arch.heads // arch.kv_heads
        grouped = queries.view(tokens, arch.kv_heads, group, arch.head_width).permute(1, 2, 0, 3)
        keys = cache.keys[index, :, None, :stop].expand(
            -1, group, -1, -1
        )  # [kv_heads, group, stop, head_width]
        values = cache.values[index, :, None, :stop].expand(-1, group, -1, -1)
        if arch.attention_softcap is None:
            mixed = functional.scaled_dot_product_attention(
                grouped, keys, values, attn_mask=mask, scale=arch.attention_scale
            )
        else:
            scores = (grouped.float() @ keys.float().transpose(-1, -2)) * arch.attention_scale
            scores = _soften(scores, arch.attention_softcap)
            if mask is not None:
                scores = scores.masked_fill(~mask, float("-inf"))
            mixed = (scores.softmax(-1) @ values.float()).to(queries.dtype)
        return mixed.permute(2, 0, 1, 3).reshape(tokens, -1)

    def _feed_forward(self, layer: Layer, hidden: Tensor) -> Tensor:
        inner = layer.feed_forward_input(layer.feed_forward_norm(hidden))
        if layer.gated:
            gate, up = inner.chunk(2, dim=-1)
            inner = self._activate(gate) * up
        else:
            inner = self._activate(inner)
        output = layer.down(inner)
        if layer.post_feed_forward_norm is not None:
            output = layer.post_feed_forward_norm(output)
        return hidden + output * self.architecture.residual_scale


def _soften(scores: Tensor, cap: float | None) -> Tensor:
    return scores if cap is None else cap * torch.tanh(scores / cap)
