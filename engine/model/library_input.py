"""The input of transformers: a configuration without names of code, and tensors of safetensors.

The library's own loading follows the names in a configuration: code in other files, kernels and adapters of
the hub, weights under any name and of any kind, pickles too. So the library is given none of these names.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from holesmith.engine.errors import WeightsError
from holesmith.engine.files.model_folder import require_own_files, safetensors_files
from holesmith.engine.model.checked_numbers import in_digits
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

# Limits of integers in a configuration: of those that count repeated parts, and of all others.
_REPEATED_MAX = 4096
_NUMBER_MAX = 1 << 40
_NAMES_OF_CODE = frozenset(
    (
        "adapter_config",
        "attn_implementation",
        "_attn_implementation",
        "_attn_implementation_internal",
        "auto_map",
        "custom_pipelines",
        "distributed_config",
        "experts_implementation",
        "_experts_implementation",
        "_experts_implementation_internal",
        "fusion_config",
        "kernel_config",
        "name_or_path",
        "_name_or_path",
        "transformers_weights",
        "trust_remote_code",
        "use_kernels",
    )
)


def harmless(directory: Path, configuration: Mapping[str, object]) -> dict[str, object]:
    """Return the configuration, and those nested in it, without names of code, kernels or other files.

    Raises WeightsError for a quantised model, whose method would be code of another package, and for counts
    that no model has.
    """
    if configuration.get("quantization_config") is not None:
        raise WeightsError(f"{directory} is quantised in a way that is not supported: take GGUF or bfloat16")
    for key, value in configuration.items():
        if isinstance(value, int) and abs(value) > _most(key):
            raise WeightsError(
                f"{directory}: {key[:80]!r} is {in_digits(value)}: is its config.json damaged?"
            )
    return {
        key: harmless(directory, cast("Mapping[str, object]", value)) if isinstance(value, dict) else value
        for key, value in configuration.items()
        if key not in _NAMES_OF_CODE
    }


def _most(key: str) -> int:
    return _REPEATED_MAX if any(part in key for part in ("layer", "expert", "block")) else _NUMBER_MAX


def read_tensors(directory: Path) -> dict[str, Tensor]:
    """Return all tensors of a directory by their names, mapped.

    Raises WeightsError as `safetensors_files` does.
    """
    require_own_files(directory)
    tensors: dict[str, Tensor] = {}
    for file in safetensors_files(directory):
        try:
            tensors |= load_file(file)
        except (SafetensorError, OSError) as error:
            reason = " ".join(str(error).split())[:200]
            raise WeightsError(f"{file} is truncated or damaged ({reason}): pull the model again") from error
    return tensors


@contextmanager
def offline() -> Generator[None]:
    """Make the model hub's library refuse every request inside the ``with`` block."""
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
