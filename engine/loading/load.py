"""Loads a model: from its weights on disk to a running engine. Loading blocks: call it off the event loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

import torch
from holesmith.engine.decoding.decode_loop import DecodeLoop
from holesmith.engine.decoding.prefix_cache import PrefixCache
from holesmith.engine.decoding.thread_tuner import ThreadPool, thread_counts
from holesmith.engine.decoding.watchful_loop import WatchfulLoop
from holesmith.engine.errors import DeviceError, EngineError, WeightsError
from holesmith.engine.files.gguf_file import read_gguf
from holesmith.engine.files.model_folder import read_json, safetensors_files
from holesmith.engine.files.open_file import OpenFile
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.interface import ModelDescription
from holesmith.engine.loading.assembly import assemble, dense_matrices
from holesmith.engine.loading.configuration import architecture_from_config, architecture_from_gguf
from holesmith.engine.loading.device_matrices import WeightForm, device_matrices
from holesmith.engine.loading.kernels import Kernels
from holesmith.engine.loading.packing import packed_matrices
from holesmith.engine.loading.weight_check import check_ids, check_vocabulary
from holesmith.engine.loading.weights import GGUFWeights, SafetensorsWeights, Weights
from holesmith.engine.local import Loaded, LocalEngine, Loop
from holesmith.engine.model.architecture import Architecture
from holesmith.engine.model.decoder import Decoder
from holesmith.engine.model.transformers_model import TransformersModel, load_library_model
from holesmith.engine.request import Request
from holesmith.engine.store.verified_files import check_hashes
from holesmith.engine.vocabulary.gguf import vocabulary_from_gguf
from holesmith.engine.vocabulary.huggingface import vocabulary_from_directory
from holesmith.engine.vocabulary.vocabulary import Vocabulary
from holesmith.kernels.workers import Workers

Progress = Callable[[str, float], None]

CONTEXT_TOKENS_MAX = 8192
"""Limit of a context.

A completion's prompt is far shorter than models can read; this limits the cache's memory.
"""

PREFIX_BYTES_MAX = 256 << 20
"""Memory for keys and values of earlier prompts: 20,000 tokens of a model with half a billion parameters."""

DRAFTED_TOKENS_MAX = {"cpu": 3, "cuda": 8}
"""Drafted tokens of one pass.

So many cost little: on a CPU, weights are read from memory once for four tokens.
"""

_WARM_UP = Request(token_ids=(0, 0), tokens_max=2, stop_ids=frozenset())


def _silent(_stage: str, _share: float) -> None:
    pass


def load_engine(
    source: WeightSource,
    device: str = "auto",
    progress: Progress = _silent,
    weights: str = "auto",
    *,
    compile_beside: bool = False,
) -> LocalEngine:
    """Load a model and start its engine.

    ``device`` is "auto" (CUDA if there is one), "cpu" or "cuda" or "cuda:N". ``weights`` is a `WeightForm` or
    "auto": bf16 on CUDA, and on a CPU 8 bits, or 4 if the file has them. ``progress`` is called on this
    thread with a stage and a share from 0 to 1. Kernels that no earlier run has compiled are compiled now or,
    with ``compile_beside``, beside the first requests, which are slower then; ``progress`` is told of that on
    another thread until the share is 1.

    Raises EngineError: damaged or unsupported weights (`WeightsError`), a device that does not exist or is
    too small (`DeviceError`), a form of weights that the device does not have.
    """
    chosen = choose_device(device)
    form = choose_form(weights, chosen)
    try:
        loaded = load_model(source, chosen, progress, form)
        return LocalEngine(_with_kernels(loaded, progress, beside=compile_beside))
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise DeviceError(
            f"not enough memory on {chosen} for {source.name}: choose a smaller model"
        ) from error
    except RuntimeError as error:
        if "alloc" in str(error) or "out of memory" in str(error):
            raise DeviceError(
                f"not enough memory on {chosen} for {source.name}: choose a smaller model"
            ) from error
        raise EngineError(f"{source.name} cannot be loaded on {chosen}: {error}") from error


def choose_device(name: str) -> torch.device:
    """Return the device of that name. Raises DeviceError if it does not exist; never falls back silently."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DeviceError(f"no such device: {name!r}; use auto, cpu or cuda") from error
    if device.type not in ("cpu", "cuda"):
        raise DeviceError(f"device {name!r} is not supported; use auto, cpu or cuda")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise DeviceError(f"device {name!r} was asked for, but torch finds no such GPU; use auto or cpu")
    return device


def choose_form(name: str, device: torch.device) -> WeightForm:
    """Return the form called ``name`` on a device, or the default for "auto".

    Raises EngineError if it cannot be.
    """
    if name == "auto":
        return "int8" if device.type == "cpu" else "bf16"
    form = next((known for known in get_args(WeightForm) if known == name), None)
    if form is None:
        raise EngineError(f"no such form of weights: {name!r}; use auto, {', '.join(get_args(WeightForm))}")
    if device.type == "cpu" and form != "int8":
        raise EngineError(f"weights in {form} are for CUDA: on a CPU use auto, which keeps the file's 4 bits")
    return form


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model with its vocabulary and description, before anything runs on it."""

    model: Decoder | TransformersModel
    vocabulary: Vocabulary
    description: ModelDescription
    files: Sequence[OpenFile] = ()
    """The files that the model still reads, which must not change."""


def load_model(
    source: WeightSource,
    device: torch.device,
    progress: Progress = _silent,
    form: WeightForm | None = None,
) -> LoadedModel:
    """Load a model without starting an engine. Raises as `load_engine` does."""
    form = form or choose_form("auto", device)
    progress("reading", 0.0)
    check_hashes(source)
    if source.layout == "gguf":
        file = read_gguf(source.path)
        vocabulary, architecture = vocabulary_from_gguf(file), architecture_from_gguf(file)
        if architecture is None:
            name = file.text("general.architecture")
            raise WeightsError(
                f"{source.path} has the architecture {name!r}, which is not supported from GGUF: "
                "take the model as a directory with safetensors"
            )
        weights = GGUFWeights(file, architecture)
        return _load_own(source, architecture, weights, vocabulary, device, progress, form)
    safetensors_files(source.path)
    vocabulary = vocabulary_from_directory(source.path)
    architecture = architecture_from_config(read_json(source.path / "config.json"))
    if architecture is None:
        if device.type != "cpu" and form != "bf16":
            raise EngineError(f"{source.name} runs through transformers, which has no {form} here: use bf16")
        return _load_through_library(source, vocabulary, device, progress)
    weights = SafetensorsWeights(source.path, architecture)
    return _load_own(source, architecture, weights, vocabulary, device, progress, form)


def _load_own(
    source: WeightSource,
    architecture: Architecture,
    weights: Weights,
    vocabulary: Vocabulary,
    device: torch.device,
    progress: Progress,
    form: WeightForm,
) -> LoadedModel:
    check_vocabulary(vocabulary, weights)
    files: Sequence[OpenFile] = ()
    if device.type == "cpu":
        workers = Workers(max(thread_counts()))
        make_matrix = packed_matrices(source, architecture, weights, workers, progress)
        files = [*weights.files, *make_matrix.files]
        dtypes = torch.float32, torch.bfloat16
    else:
        make_matrix = device_matrices(weights, device, form)
        dtypes = torch.bfloat16, torch.bfloat16
    decoder = assemble(architecture, weights, device, dtypes, CONTEXT_TOKENS_MAX, make_matrix, progress)
    description = ModelDescription(
        name=source.name,
        architecture=architecture.family,
        device=str(device),
        weights=form,
        context_tokens_max=decoder.context_tokens_max,
    )
    return LoadedModel(decoder, vocabulary, description, files)


def _load_through_library(
    source: WeightSource, vocabulary: Vocabulary, device: torch.device, progress: Progress
) -> LoadedModel:
    progress("loading through transformers", 0.0)
    model, family = load_library_model(source.path, device, torch.bfloat16, CONTEXT_TOKENS_MAX)
    check_ids(vocabulary, model.vocabulary_rows, str(source.path))
    name, context = f"{family} (transformers)", model.context_tokens_max
    description = ModelDescription(source.name, name, str(device), "bf16", context)
    files = [OpenFile(path) for path in safetensors_files(source.path)] if device.type == "cpu" else ()
    return LoadedModel(model, vocabulary, description, files)


def _with_kernels(loaded: LoadedModel, progress: Progress, *, beside: bool) -> Loaded:
    loop, model = _loop(loaded), loaded.model
    if isinstance(model, TransformersModel) or model.step is None:
        return Loaded(loop, loaded.vocabulary, loaded.description)
    kernels = Kernels()
    served = kernels.serve(loop, model, progress, beside=beside)
    return Loaded(served, loaded.vocabulary, loaded.description, kernels.problem, kernels.close)


def _loop(loaded: LoadedModel) -> Loop:
    model, vocabulary = loaded.model, loaded.vocabulary
    if isinstance(model, TransformersModel):
        return _watched(DecodeLoop(model, vocabulary), loaded.files)
    pool = ThreadPool(model.probe, thread_counts(), model.use_threads) if model.device.type == "cpu" else None
    prefixes = PrefixCache(PREFIX_BYTES_MAX)
    loop = DecodeLoop(model, vocabulary, prefixes, DRAFTED_TOKENS_MAX[model.device.type], pool)
    if model.device.type == "cuda":
        # Libraries' first calls and the first graph belong to loading, so that no request waits for them.
        loop.run(_WARM_UP, lambda _: None, lambda: False)
    return _watched(loop, loaded.files)


def _watched(loop: Loop, files: Sequence[OpenFile]) -> Loop:
    return WatchfulLoop(loop, files) if files else loop


def load_decoder(
    architecture: Architecture, weights: Weights, device: torch.device, dtype: torch.dtype
) -> Decoder:
    """Load our decoder with plain matrices of ``dtype``: the reference for the forms of `load_engine`."""
    make_matrix = dense_matrices(weights, device, dtype)
    return assemble(architecture, weights, device, (dtype, dtype), CONTEXT_TOKENS_MAX, make_matrix, _silent)
