"""Models whose architecture our decoder does not cover, run by the transformers library behind our interface.

Never with remote code, never with pickled weights, never over the network. Slow to load and to run: the
description of such an engine says so.
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, cast

import torch
from holesmith.engine.errors import WeightsError
from holesmith.kernels.workers import nothing
from torch import Tensor


class _Layers(Protocol):
    """The part of transformers' cache that is used."""

    def crop(self, tokens: int, /) -> None: ...

    def get_seq_length(self) -> int: ...


class LibraryCache:
    """transformers' cache. Where a layer cannot be rolled back, truncating forgets everything."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.layers = _new_layers()

    @property
    def length(self) -> int:
        """How many tokens are in it."""
        return int(self.layers.get_seq_length())

    def truncate(self, length: int) -> None:
        """See `causal_model.Cache`."""
        if length == self.length:
            return
        croppable = all(
            type(layer).__name__ == "DynamicLayer"
            for layer in cast("list[object]", getattr(self.layers, "layers", []))
        )
        if croppable and length > 0:
            self.layers.crop(length - self.length)  # negative: so many tokens off the end
        else:
            self.layers = _new_layers()


def _new_layers() -> _Layers:
    from transformers import DynamicCache  # seconds to import, and needed for rare models only

    return cast("_Layers", DynamicCache())


class LibraryModel:
    """A model of transformers. Implements `causal_model.CausalModel`."""

    def __init__(self, module: torch.nn.Module, device: torch.device, context_tokens_max: int) -> None:
        self.device = device
        self.context_tokens_max = context_tokens_max
        self._module = module
        self._cache_keyword = cache_keyword(module)

    def new_cache(self) -> LibraryCache:
        """See `causal_model.CausalModel`."""
        return LibraryCache(self.context_tokens_max)

    @torch.inference_mode()
    def forward(
        self,
        token_ids: Tensor,
        cache: LibraryCache,
        logits_count: int = 1,
        meanwhile: Callable[[], None] = nothing,
    ) -> Tensor:
        """See `causal_model.CausalModel`."""
        meanwhile()
        output = self._module(
            input_ids=token_ids[None],
            use_cache=True,
            logits_to_keep=logits_count,
            **{self._cache_keyword: cache.layers},
        )
        return cast("Tensor", output.logits)[0].float()

    def abandon(self) -> None:
        """See `causal_model.CausalModel`: a pass of the library's goes on to its end."""


def cache_keyword(module: torch.nn.Module) -> str:
    """What a model of the library calls its cache: another name since 5.24, which warns of the old one."""
    known = inspect.signature(module.forward).parameters
    return "cache" if "cache" in known else "past_key_values"


def load_library_model(
    directory: Path, device: torch.device, dtype: torch.dtype, context_tokens_max: int
) -> tuple[LibraryModel, str]:
    """Load a directory in Hugging Face layout through transformers, and name its architecture.

    Raises WeightsError if transformers does not know the architecture either, or cannot read the files.
    """
    from transformers import AutoModelForCausalLM

    try:
        module = AutoModelForCausalLM.from_pretrained(
            str(directory), dtype=dtype, local_files_only=True, trust_remote_code=False, use_safetensors=True
        )
    except Exception as error:  # whatever a library of thousands of models raises
        reason = " ".join(str(error).split())[:300]
        raise WeightsError(f"{directory}: this architecture cannot be loaded: {reason}") from error
    configuration = module.config.get_text_config()
    context = getattr(configuration, "max_position_embeddings", context_tokens_max)
    family = str(module.config.model_type)
    on_device = cast("torch.nn.Module", module).to(device).eval()
    return LibraryModel(on_device, device, min(int(context), context_tokens_max)), family
