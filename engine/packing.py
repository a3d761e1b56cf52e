"""Matrices for the CPU: packed to 8 bits at the first load, mapped from the user's cache directory later.

Eight bits with one scale a row lose less than the 4- to 6-bit formats that models come in have already lost
(docs/experiments.md), and are read at twice the speed of bfloat16.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import torch
from holesmith.engine.architecture import Architecture
from holesmith.engine.assembly import MatrixMaker, Progress, matrix_names, stacked
from holesmith.engine.model import Linear
from holesmith.engine.packed_file import packed_path, packed_writer
from holesmith.engine.weight_source import WeightSource
from holesmith.engine.weights import Weights
from holesmith.kernels.int8_rows import Int8Rows
from holesmith.kernels.reference import quantise_rows
from safetensors import SafetensorError, safe_open
from torch import Tensor

logger = logging.getLogger(__name__)

_CPU = torch.device("cpu")


def packed_matrices(
    source: WeightSource, architecture: Architecture, weights: Weights, progress: Progress
) -> MatrixMaker:
    """A maker of 8-bit matrices. Packs at every load where the cache directory is read-only."""
    path = packed_path(source)
    names = list(matrix_names(architecture, weights))
    found = _open(path, names)
    if found is None:
        try:
            _write(path, names, weights, progress)
        except OSError as error:
            logger.warning("cannot keep packed weights in %s (%s): packing in memory", path.parent, error)
            return lambda names: _pack(weights, names)
        found = _open(path, names)
        assert found is not None
    return _maker(found)


def _pack(weights: Weights, names: Sequence[str]) -> Int8Rows:
    matrix, bias = stacked(weights, names, _CPU, torch.float32)
    codes, scale = quantise_rows(matrix)
    return Int8Rows(codes, scale, None if bias is None else bias.bfloat16())


def _key(names: Sequence[str]) -> str:
    return "+".join(names)


def _write(path: Path, names: Sequence[Sequence[str]], weights: Weights, progress: Progress) -> None:
    with packed_writer(path) as writer:
        for done, group in enumerate(names):
            packed = _pack(weights, group)
            writer.add(f"{_key(group)}.codes", packed.codes)
            writer.add(f"{_key(group)}.scale", packed.scale)
            if packed.bias is not None:
                writer.add(f"{_key(group)}.bias", packed.bias)
            progress("packing weights", (done + 1) / len(names))


def _open(path: Path, names: Iterable[Sequence[str]]) -> Callable[[str], Tensor | None] | None:
    """Gives the mapped tensors by name; None if there is no whole packed file."""
    try:
        file = safe_open(path, framework="pt")
    except (OSError, SafetensorError):
        return None
    there = frozenset(file.keys())
    if not all(f"{_key(group)}.codes" in there for group in names):
        return None
    path.touch()

    def tensor(name: str) -> Tensor | None:
        return file.get_tensor(name) if name in there else None

    return tensor


def _maker(tensor: Callable[[str], Tensor | None]) -> MatrixMaker:
    def make(names: Sequence[str]) -> Linear:
        key = _key(names)
        codes, scale = tensor(f"{key}.codes"), tensor(f"{key}.scale")
        assert codes is not None
        assert scale is not None
        return Int8Rows(codes, scale, tensor(f"{key}.bias"))

    return make
