"""Models that our decoder does not cover, run by the transformers library behind the same interface.

The library gets no remote code, no pickled weights and no network. Such a model is slow to load and to run;
the description of its engine says so.
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, cast

import torch
from holesmith.engine.errors import WeightsError
from holesmith.engine.files.model_folder import read_json
from holesmith.engine.model.library_input import harmless, offline, read_tensors
from holesmith.kernels.workers import no_op
from torch import Tensor

_MADE_UP_MAX = 4
"""Limit of a model's parameters, as a multiple of those in its files; the library makes up the rest."""


class _Layers(Protocol):
    """The part of transformers' cache that is used."""

    def crop(self, tokens: int, /) -> None: ...

    def get_seq_length(self) -> int: ...


class LibraryCache:
    """A cache of transformers. If a layer cannot be rolled back, truncating forgets everything."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.layers = _new_layers()

    @property
    def length(self) -> int:
        """The number of tokens in the cache."""
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
            self.layers.crop(length - self.length)  # a negative number removes so many tokens from the end
        else:
            self.layers = _new_layers()


def _new_layers() -> _Layers:
    from transformers import DynamicCache  # takes seconds to import, and only rare models need it

    return cast("_Layers", DynamicCache())


class TransformersModel:
    """A model of transformers. Implements `causal_model.CausalModel`."""

    def __init__(self, module: torch.nn.Module, device: torch.device, context_tokens_max: int) -> None:
        self.device = device
        self.context_tokens_max = context_tokens_max
        self._module = module
        self._cache_keyword = cache_keyword(module)

    @property
    def vocabulary_rows(self) -> int:
        """The number of token ids that the embedding has rows for."""
        return int(cast("Any", self._module).get_input_embeddings().weight.shape[0])

    def new_cache(self) -> LibraryCache:
        """See `causal_model.CausalModel`."""
        return LibraryCache(self.context_tokens_max)

    @torch.inference_mode()
    def forward(
        self,
        token_ids: Tensor,
        cache: LibraryCache,
        logits_count: int = 1,
        on_launched: Callable[[], None] = no_op,
    ) -> Tensor:
        """See `causal_model.CausalModel`."""
        on_launched()
        output = self._module(
            input_ids=token_ids[None],
            use_cache=True,
            logits_to_keep=logits_count,
            **{self._cache_keyword: cache.layers},
        )
        return cast("Tensor", output.logits)[0].float()

    def abandon(self) -> None:
        """Do nothing: a pass of the library's goes on to its end. See `causal_model.CausalModel`."""


def cache_keyword(module: torch.nn.Module) -> str:
    """Return the name of a model's cache argument: "cache" since 5.24, which warns about the older name."""
    known = inspect.signature(module.forward).parameters
    return "cache" if "cache" in known else "past_key_values"


def load_library_model(
    directory: Path, device: torch.device, dtype: torch.dtype, context_tokens_max: int
) -> tuple[TransformersModel, str]:
    """Load a directory in Hugging Face layout through transformers, and name its architecture.

    The library gets a configuration and tensors, but no path, so that it cannot look for other files such as
    code, adapters or pickles. Raises WeightsError if it does not know the architecture, or for damaged files.
    """
    configuration = harmless(directory, read_json(directory / "config.json"))
    tensors = read_tensors(directory)
    try:
        with offline():
            module = _module_of(configuration, tensors, dtype)
    except Exception as error:  # a library of thousands of models can raise anything
        reason = " ".join(str(error).split())[:300]
        raise WeightsError(f"{directory}: this architecture cannot be loaded: {reason}") from error
    context = getattr(module.config.get_text_config(), "max_position_embeddings", context_tokens_max)
    family = str(module.config.model_type)
    on_device = cast("torch.nn.Module", module).to(device).eval()
    return TransformersModel(on_device, device, min(int(context), context_tokens_max)), family


def _module_of(configuration: dict[str, object], tensors: dict[str, Tensor], dtype: torch.dtype) -> Any:
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

    name = str(configuration.pop("model_type", ""))
    config = cast("Any", AutoConfig.for_model(name, **cast("dict[str, Any]", configuration)))
    kind = cast("Any", MODEL_FOR_CAUSAL_LM_MAPPING[type(config)])
    with torch.device("meta"):  # takes no memory
        needed = sum(parameter.numel() for parameter in kind(config).parameters())
    if needed > _MADE_UP_MAX * sum(tensor.numel() for tensor in tensors.values()):
        raise WeightsError("its weights are far fewer than its config.json says")
    return kind.from_pretrained(
        None,
        config=config,
        state_dict=tensors,
        dtype=dtype,
        attn_implementation="sdpa" if kind._supports_sdpa else "eager",  # noqa: SLF001  # its only name
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
    )
