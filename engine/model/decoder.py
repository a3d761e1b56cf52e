"""The decoder: token ids and a cache in, logits out. One readable forward pass serves every known family.

Invariants: a forward pass appends exactly its tokens to the cache and changes nothing before them; nothing
here knows vocabularies, sampling or requests.

The families differ only by data (`Architecture`) and by the optional weights that a layer has.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import torch
from holesmith.engine.model.architecture import Architecture
from holesmith.engine.model.attention import (
    FEW_TOKENS_MAX,
    apply_softcap,
    attend_few,
    attend_many,
    mask_of,
    visible,
)
from holesmith.engine.model.cuda_graphs import CudaGraphs
from holesmith.engine.model.cuda_step import CudaGraphStep
from holesmith.engine.model.kv_cache import KeyValueCache, allocate_cache
from holesmith.engine.model.norm import Norm
from holesmith.engine.model.positioned_cache import PositionedCache
from holesmith.engine.model.rope import Rope, rotate
from holesmith.kernels.workers import no_op
from torch import Tensor
from torch.nn import functional

Linear = Callable[[Tensor], Tensor]
"""A matrix product with its bias.  # [tokens, inputs] -> [tokens, outputs]"""


@dataclass(frozen=True, slots=True)
class Layer:
    """The weights of one layer. ``qkv`` is queries, keys and values in one product.

    ``feed_forward_input`` is gate and up in one product for a ``gated`` layer, else up alone.
    """

    attention_norm: Norm
    qkv: Linear
    attention_output: Linear
    feed_forward_norm: Norm
    feed_forward_input: Linear
    gated: bool
    down_proj: Linear
    query_norm: Norm | None
    key_norm: Norm | None
    post_attention_norm: Norm | None
    post_feed_forward_norm: Norm | None


@dataclass(frozen=True, slots=True)
class Parts:
    """All the weights of a model."""

    embed: Callable[[Tensor], Tensor]  # [tokens] int64 -> [tokens, hidden_size]
    layers: tuple[Layer, ...]
    norm: Norm
    head: Linear


_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "silu": functional.silu,
    "gelu": functional.gelu,
    "gelu_tanh": partial(functional.gelu, approximate="tanh"),
}


class CpuStepModel(Protocol):
    """A forward pass of a few tokens in one piece: `cpu_step.CpuStep`."""

    @property
    def tokens_max(self) -> int:
        """The most tokens of such a pass; more are run in the usual way."""
        ...

    def run(
        self,
        embedded: Tensor,
        cache: KeyValueCache,
        logits_count: int,
        on_launched: Callable[[], None] = no_op,
    ) -> Tensor:
        """Write the keys and values of the tokens behind the cached ones, without changing the length.

        # [tokens, hidden_size] float32 -> [logits_count, vocabulary] float32
        """
        ...

    def abandon(self) -> None:
        """End the running pass, if there is one, within a layer. May be called from any thread."""
        ...

    def probe(self) -> None:
        """Do a piece of the work for one token, for timing."""
        ...

    def use_threads(self, count: int) -> None:
        """Compute in so many threads from now on."""
        ...


AnyCache = KeyValueCache | PositionedCache
"""The caches that a forward pass can write keys and values to."""


@dataclass(frozen=True, slots=True)
class _Step:
    """The data that all layers of one forward pass share.

    Keys are read up to ``stop``. New keys are written from ``start`` on, unless the cache has positions of
    its own.
    """

    start: int
    stop: int
    angles: dict[Rope, tuple[Tensor, Tensor]]  # each [tokens, 1, head_width] float32
    masks: dict[int | None, Tensor | None]  # added to the scores: [tokens, stop] float32


class Decoder:
    """A loaded model. ``context_tokens_max`` limits every cache; rotary tables reach that far.

    On CUDA a few tokens are run in `cuda_step`, by a graph if one can be captured.

    Matrix products take inputs of ``dtype``, and keys and values are rounded to ``cache_dtype``, so that the
    prefix cache can keep them in it. The sum over the layers stays in float32, and so do the scores of
    attention: some models have keys so large that bfloat16 could not tell scores apart.
    """

    def __init__(
        self,
        architecture: Architecture,
        parts: Parts,
        device: torch.device,
        dtypes: tuple[torch.dtype, torch.dtype],
        context_tokens_max: int,
        fused: CpuStepModel | None = None,
    ) -> None:
        """Make the model.

        ``dtypes`` are ``dtype`` and ``cache_dtype``; ``fused`` runs a few tokens faster than `_run`.
        """
        self.architecture = architecture
        self.device = device
        self.dtype, self.cache_dtype = dtypes
        self._fused = fused
        self._graphs = CudaGraphs(device) if device.type == "cuda" else None
        self._static = None if self._graphs is None else CudaGraphStep(device, self._graphs.capture)
        self.context_tokens_max = min(context_tokens_max, architecture.context_tokens_max)
        self._parts = parts
        self._activate = _ACTIVATIONS[architecture.activation]
        self._tables = {
            rope: rope.tables(self.context_tokens_max, architecture.head_width, device)
            for rope in {architecture.rope, architecture.local_rope or architecture.rope}
        }
        self._swaps = {rope: rope.swap(architecture.head_width, device) for rope in self._tables}

    @property
    def parts(self) -> Parts:
        """The weights that passes are computed with."""
        return self._parts

    @property
    def step(self) -> CpuStepModel | None:
        """The faster form of a pass of few tokens; None if there is none."""
        return self._fused

    def compute_with(self, parts: Parts, step: CpuStepModel | None) -> None:
        """Use another form of the same weights for the following passes. Must not be called during a pass."""
        self._parts, self._fused = parts, step

    def new_cache(self, capacity: int | None = None) -> KeyValueCache:
        """Make an empty cache of ``capacity`` tokens; None for the longest context."""
        arch = self.architecture
        tokens = self.context_tokens_max if capacity is None else min(capacity, self.context_tokens_max)
        buffers = torch.float32 if self.device.type == "cpu" else self.dtype
        return allocate_cache(
            arch.layers, arch.kv_heads, tokens, arch.head_width, (buffers, self.cache_dtype), self.device
        )

    @torch.inference_mode()
    def forward(
        self,
        token_ids: Tensor,
        cache: KeyValueCache,
        logits_count: int = 1,
        on_launched: Callable[[], None] = no_op,
    ) -> Tensor:
        """See `causal_model.CausalModel`."""
        start, stop = cache.length, cache.length + len(token_ids)
        assert start < stop <= cache.capacity, (start, stop, cache.capacity)
        if self._fused is not None and len(token_ids) <= self._fused.tokens_max:
            logits = self._fused.run(self._embed(token_ids), cache, logits_count, on_launched)
        elif self._static is not None and self._static.fits(len(token_ids), cache):
            logits = self._static.run(self.forward_at, token_ids, cache, logits_count)
            on_launched()  # a device computes while the host goes on
        else:
            if self.device.type == "cpu":
                on_launched()
            logits = self._run(token_ids, cache, self._step(start, stop), logits_count)
            if self.device.type != "cpu":
                on_launched()
        cache.length = stop
        return logits

    def abandon(self) -> None:
        """See `causal_model.CausalModel`."""
        if self._fused is not None:
            self._fused.abandon()

    def _embed(self, token_ids: Tensor) -> Tensor:
        """Return the embeddings of the tokens.  # [tokens] int64 -> [tokens, hidden_size] float32"""
        return self._parts.embed(token_ids).float() * self.architecture.embedding_scale

    def forward_at(self, token_ids: Tensor, positions: Tensor, cache: KeyValueCache, keys: int) -> Tensor:
        """Run tokens as `forward` does, at positions that only the device knows.

        Attention reads the first ``keys`` positions of the cache. The host waits for nothing and decides
        nothing by values, so that a graph of the call can be captured. The cache's content behind the
        positions must be finite. The cache's length is left unchanged.

        # two of [tokens] int64 -> [tokens, vocabulary] float32
        """
        masks: dict[int | None, Tensor | None] = {
            window: visible(positions, keys, window, self._mask_dtype)
            for window in set(self.architecture.windows)
        }
        placed = PositionedCache(cache.keys, cache.values, positions)
        return self._run(token_ids, placed, _Step(0, keys, self._angles(positions), masks), len(token_ids))

    def _run(self, token_ids: Tensor, cache: AnyCache, step: _Step, logits_count: int) -> Tensor:
        arch = self.architecture
        hidden = self._embed(token_ids)
        for index, layer in enumerate(self._parts.layers):
            hidden = self._attention(index, layer, hidden, cache, step)
            hidden = self._feed_forward(layer, hidden)
        normed = self._parts.norm(hidden[-logits_count:]).to(self.dtype)
        return apply_softcap(self._parts.head(normed).float() * arch.logit_scale, arch.logit_softcap)

    @torch.inference_mode()
    def forward_tree(self, token_ids: Tensor, parents: Sequence[int], cache: KeyValueCache) -> Tensor:
        """Run a tree of tokens after the cached ones. Each node sees the cache and its own path.

        ``parents`` are indices into ``token_ids``, lower than the child's, -1 for the prompt. The cache is
        left unchanged.

        # [nodes] int64 -> [nodes, vocabulary] float32
        """
        start, stop = cache.length, cache.length + len(token_ids)
        assert start < stop <= cache.capacity, (start, stop, cache.capacity)
        seen = torch.eye(len(token_ids), dtype=torch.bool)
        for node, parent in enumerate(parents):
            if parent >= 0:
                seen[node] |= seen[parent]
        positions = (start - 1 + seen.sum(1)).to(self.device)
        seen = seen.to(self.device)
        masks: dict[int | None, Tensor | None] = {
            window: self._tree_mask(start, positions, seen, window)
            for window in set(self.architecture.windows)
        }
        return self._run(token_ids, cache, _Step(start, stop, self._angles(positions), masks), len(token_ids))

    def _tree_mask(self, start: int, positions: Tensor, seen: Tensor, window: int | None) -> Tensor:
        """Return the mask of a tree. ``seen`` [nodes, nodes] says which nodes of the tree each node sees."""
        of_prompt = torch.arange(start, device=self.device).expand(len(positions), -1)
        keys = torch.cat((of_prompt, positions.expand(len(positions), -1)), dim=1)
        hidden = torch.cat((torch.zeros_like(of_prompt, dtype=torch.bool), ~seen), dim=1)
        if window is not None:
            hidden |= keys <= positions[:, None] - window
        return mask_of(hidden, self._mask_dtype)

    def probe(self) -> None:
        """Do a piece of the work for one token, for timing."""
        if self._fused is not None:
            self._fused.probe()
            return
        with torch.inference_mode():
            hidden = torch.zeros(1, self.architecture.hidden_size, dtype=self.dtype, device=self.device)
            self._parts.layers[0].feed_forward_input(hidden)

    @property
    def graph_failure(self) -> str | None:
        """The reason why passes on CUDA run kernel by kernel; None if they do not."""
        return None if self._graphs is None else self._graphs.failure

    def without_graphs(self) -> None:
        """Run every pass kernel by kernel from now on, for comparisons."""
        self._graphs = self._static = None

    def use_threads(self, count: int) -> None:
        """Compute in so many threads of the processor from now on."""
        torch.set_num_threads(count)
        if self._fused is not None:
            self._fused.use_threads(count)

    def _step(self, start: int, stop: int) -> _Step:
        positions = torch.arange(start, stop, device=self.device)
        windows = set(self.architecture.windows)
        masks = {window: self._mask(positions, start, stop, window) for window in windows}
        return _Step(start, stop, self._angles(positions), masks)

    def _angles(self, positions: Tensor) -> dict[Rope, tuple[Tensor, Tensor]]:
        return {
            rope: (cosine.index_select(0, positions)[:, None], sine.index_select(0, positions)[:, None])
            for rope, (cosine, sine) in self._tables.items()
        }

    def _mask(self, positions: Tensor, start: int, stop: int, window: int | None) -> Tensor | None:
        """Return zero for the keys that each new token may see; None if every token may see all of them."""
        if stop - start == 1 and (window is None or stop <= window):
            return None
        return visible(positions, stop, window, self._mask_dtype)

    @property
    def _mask_dtype(self) -> torch.dtype:
        """The type of the keys, which the library's fused attention requires of masks."""
        return torch.float32 if self.device.type == "cpu" else self.dtype

    def _attention(
        self,
        index: int,
        layer: Layer,
        hidden: Tensor,
        cache: AnyCache,
        step: _Step,
    ) -> Tensor:
        arch = self.architecture
        projected = layer.qkv(layer.attention_norm(hidden).to(self.dtype))
        heads = projected.view(len(hidden), -1, arch.head_width).float()  # [tokens, all heads, head_width]
        to_rotate, values = heads.split((arch.heads + arch.kv_heads, arch.kv_heads), dim=1)
        if layer.query_norm is not None and layer.key_norm is not None:
            queries, keys = to_rotate.split((arch.heads, arch.kv_heads), dim=1)
            to_rotate = torch.cat((layer.query_norm(queries), layer.key_norm(keys)), dim=1)
        rope = arch.rope if arch.windows[index] is None else (arch.local_rope or arch.rope)
        rotated = rotate(to_rotate, *step.angles[rope], self._swaps[rope])
        queries, keys = rotated.split((arch.heads, arch.kv_heads), dim=1)
        kept = self.cache_dtype
        cache.write(index, step.start, keys.to(kept).transpose(0, 1), values.to(kept).transpose(0, 1))
        attention_output = self._attend(queries, index, cache, step)
        output = layer.attention_output(attention_output.to(self.dtype))
        if layer.post_attention_norm is not None:
            output = layer.post_attention_norm(output.float())
        return hidden.add(output, alpha=arch.residual_scale)

    def _attend(self, queries: Tensor, index: int, cache: AnyCache, step: _Step) -> Tensor:
        """Attend over all cached keys.  # [tokens, heads, head_width] -> [tokens, heads * head_width]"""
        arch = self.architecture
        tokens, group = len(queries), arch.heads // arch.kv_heads
        grouped = queries.view(tokens, arch.kv_heads, group, arch.head_width).permute(1, 2, 0, 3)
        mask = step.masks[arch.windows[index]]
        keys, values = cache.keys[index, :, : step.stop], cache.values[index, :, : step.stop]
        is_few = tokens <= FEW_TOKENS_MAX or arch.attention_softcap is not None
        attention_output = (attend_few if is_few else attend_many)(arch, grouped, keys, values, mask)
        return attention_output.permute(2, 0, 1, 3).reshape(tokens, -1)

    def _feed_forward(self, layer: Layer, hidden: Tensor) -> Tensor:
        intermediate = layer.feed_forward_input(layer.feed_forward_norm(hidden).to(self.dtype))
        if layer.gated:
            gate, up = intermediate.chunk(2, dim=-1)
            intermediate = self._activate(gate).mul_(up)
        else:
            intermediate = self._activate(intermediate)
        output = layer.down_proj(intermediate)
        if layer.post_feed_forward_norm is not None:
            output = layer.post_feed_forward_norm(output.float())
        return hidden.add(output, alpha=self.architecture.residual_scale)
