"""The tensors of a model by one set of names, for every file layout.

The names are GGUF's (``blk.0.attn_q.weight``). Only safetensors and GGUF are ever read: neither can hold code
that runs.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from holesmith.engine.errors import WeightsError
from holesmith.engine.files.gguf_blocks import Groups, dequantise, unpack
from holesmith.engine.files.gguf_file import GGUFFile
from holesmith.engine.files.model_folder import safetensors_files
from holesmith.engine.files.open_file import OpenFile
from holesmith.engine.loading.weight_check import TensorFacts, check_weights
from holesmith.engine.model.architecture import Architecture
from safetensors import SafetensorError, safe_open
from torch import Tensor


class Weights(Protocol):
    """The tensors of one model."""

    def __contains__(self, name: str) -> bool: ...

    def tensor(self, name: str) -> Tensor:
        """Return a tensor in a float type, dequantised if necessary. Raises WeightsError if it is missing."""
        ...

    def rows(self, name: str, indices: Tensor) -> Tensor:
        """Return some rows of a matrix, without reading the others.  # [n] int64 -> [n, width]"""
        ...

    def height(self, name: str) -> int:
        """Return the number of rows of a matrix."""
        ...

    def facts(self, name: str) -> TensorFacts:
        """Return the header of a tensor. Raises WeightsError if it is missing."""
        ...

    @property
    def files(self) -> Sequence[OpenFile]:
        """The files that tensors are read from."""
        ...

    def four_bits(self, name: str) -> Groups | None:
        """Return a matrix that is stored in 4 bits, in its groups of 32; None if it is stored otherwise.

        # codes [rows, width], scale and minimum [rows, width / 32]
        """
        ...


class GGUFWeights:
    """The tensors of a GGUF file. All those that the architecture needs exist, and have its shapes."""

    def __init__(self, file: GGUFFile, architecture: Architecture) -> None:
        """Check the file.

        Raises WeightsError, which names file and tensor, if one is missing or has another shape.
        """
        self._file = file
        self._interleaved: Mapping[str, int] = (
            {"attn_q": architecture.heads, "attn_k": architecture.kv_heads}
            if architecture.family in ("llama", "granite")
            else {}
        )
        check_weights(architecture, self)

    def __contains__(self, name: str) -> bool:
        return name in self._file.tensors

    @property
    def files(self) -> Sequence[OpenFile]:
        """See `Weights`."""
        return [self._file.file]

    def facts(self, name: str) -> TensorFacts:
        """See `Weights`."""
        entry = self._file.tensors.get(name)
        if entry is None:
            raise WeightsError(f"{self._file.path} lacks the tensor {name!r}: pull the model again")
        return TensorFacts(entry.shape, entry.block, f"{self._file.path}: tensor {name!r}")

    def tensor(self, name: str) -> Tensor:
        """See `Weights`."""
        entry = self._file.tensors[name]
        values = dequantise(self._file.raw(name), entry.block).view(entry.shape)
        heads = self._interleaved.get(name.split(".")[-2])
        return values if heads is None else _unpair(values, heads)

    def rows(self, name: str, indices: Tensor) -> Tensor:
        """See `Weights`."""
        entry = self._file.tensors[name]
        raw = self._file.raw_rows(name, indices.tolist())
        return dequantise(raw, entry.block).view(len(indices), -1)

    def height(self, name: str) -> int:
        """See `Weights`."""
        return self._file.tensors[name].shape[0]

    def four_bits(self, name: str) -> Groups | None:
        """See `Weights`."""
        entry = self._file.tensors[name]
        if entry.block not in ("Q4_0", "Q4_1", "Q4_K"):
            return None
        groups = unpack(self._file.raw(name), entry.block)
        assert groups.minimum is not None
        parts = (part.reshape(entry.shape[0], -1) for part in (groups.codes, groups.scale, groups.minimum))
        heads = self._interleaved.get(name.split(".")[-2])
        return Groups(*(parts if heads is None else (_unpair(part, heads) for part in parts)))


def _unpair(rows: Tensor, heads: int) -> Tensor:
    """Undo GGUF's order of Llama's query and key rows: pairs (2i, 2i + 1) back to (i, i + half)."""
    paired = rows.view(heads, -1, 2, *rows.shape[1:])
    return paired.transpose(1, 2).reshape(rows.shape)


_NAMES: Mapping[str, str] = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_STARCODER2 = {"ffn_up": "mlp.c_fc", "ffn_down": "mlp.c_proj"}
_POST_NORMS = {
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}
_OWN_NAMES: Mapping[str, Mapping[str, str]] = {
    "starcoder2": _STARCODER2,
    "gemma2": _POST_NORMS,
    "gemma3_text": _POST_NORMS,
}


class SafetensorsWeights:
    """The tensors of a directory in Hugging Face layout. Files are mapped, not read.

    All tensors that the architecture needs exist, and have its shapes.
    """

    def __init__(self, directory: Path, architecture: Architecture) -> None:
        """Map and check the files.

        Raises WeightsError for pickled weights, for files that are damaged or missing, and for a tensor that
        is missing or has another shape.
        """
        self._directory = directory
        self._names = {**_NAMES, **_OWN_NAMES.get(architecture.family, {})}
        paths = safetensors_files(directory)
        self.files: Sequence[OpenFile] = [OpenFile(path) for path in paths]
        """See `Weights`."""
        self._closing = ExitStack()
        self._file_of: dict[str, tuple[Path, safe_open]] = {}
        for path in paths:
            self._open(path)
        check_weights(architecture, self)

    def __contains__(self, name: str) -> bool:
        return self._theirs(name) in self._file_of

    def facts(self, name: str) -> TensorFacts:
        """See `Weights`."""
        theirs = self._theirs(name)
        if theirs not in self._file_of:
            raise WeightsError(f"{self._directory} lacks the tensor {theirs!r}: its files are incomplete")
        path, file = self._file_of[theirs]
        header = file.get_slice(theirs)
        return TensorFacts(tuple(header.get_shape()), header.get_dtype(), f"{path}: tensor {theirs!r}")

    def tensor(self, name: str) -> Tensor:
        """See `Weights`."""
        theirs = self._theirs(name)
        return self._file_of[theirs][1].get_tensor(theirs)

    def rows(self, name: str, indices: Tensor) -> Tensor:
        """See `Weights`."""
        return self.tensor(name)[indices]

    def height(self, name: str) -> int:
        """See `Weights`."""
        return self.facts(name).shape[0]

    def four_bits(self, name: str) -> Groups | None:
        """See `Weights`. These files hold floats."""
        return None

    def _open(self, path: Path) -> None:
        try:
            file = self._closing.enter_context(safe_open(path, framework="pt"))
        except (SafetensorError, OSError) as error:
            reason = " ".join(str(error).split())[:200]
            raise WeightsError(f"{path} is truncated or damaged ({reason}): pull the model again") from error
        for name in file.keys():  # noqa: SIM118  # safe_open is no mapping
            if name in self._file_of:
                raise WeightsError(f"{path}: tensor {name!r} is in {self._file_of[name][0].name} as well")
            self._file_of[name] = path, file

    def _theirs(self, name: str) -> str:
        parts = name.split(".")
        if parts[0] != "blk":
            return f"{self._names[parts[0]]}.{parts[1]}"
        return f"model.layers.{parts[1]}.{self._names.get(parts[2], parts[2])}.{parts[3]}"
