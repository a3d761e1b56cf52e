"""Measure how rounding weights and inputs to few bits changes the output of a model.

    python benchmarks/engine_rounding.py MODEL.gguf [--tokens 600]

The low-bit decoder of the engine is compared with plain float32 of the same file, on the source of a module
of the standard library: the divergence of the two distributions at each token, how often both put the same
token first, and the surprise of each at the true token, in nats. The text runs once in one pass, and once
four tokens at a time, which uses another kernel. The last line is one JSON object.
"""

import argparse
import json
import time
from pathlib import Path

import torch
from holesmith.engine.files.gguf_file import read_gguf
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.loading.configuration import architecture_from_gguf
from holesmith.engine.loading.load import load_decoder, load_model
from holesmith.engine.loading.weights import GGUFWeights
from holesmith.engine.model.decoder import Decoder
from torch import Tensor

CPU = torch.device("cpu")
FEW = 4


def logits_of(decoder: Decoder, ids: Tensor, at_once: int) -> Tensor:
    """# [tokens] -> [tokens, vocabulary] log-probabilities"""
    cache = decoder.new_cache(len(ids))
    pieces = [decoder.forward(piece, cache, len(piece)).clone() for piece in ids.split(at_once)]
    return torch.cat(pieces).log_softmax(-1)


def compare(found: Tensor, exact: Tensor, ids: Tensor) -> dict[str, float]:
    divergence = (exact.exp() * (exact - found)).sum(-1)
    following = ids[1:, None]
    return {
        "divergence_mean": round(float(divergence.mean()), 5),
        "divergence_p99": round(float(divergence.quantile(0.99)), 4),
        "same_first": round(float((found.argmax(-1) == exact.argmax(-1)).float().mean()), 4),
        "surprise": round(-float(found[:-1].gather(1, following).mean()), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--tokens", type=int, default=600)
    options = parser.parse_args()
    loaded = load_model(WeightSource("model", options.model, "gguf"), CPU)
    assert isinstance(loaded.model, Decoder)
    ids = torch.tensor(loaded.vocabulary.encode(Path(argparse.__file__).read_text())[: options.tokens])
    file = read_gguf(options.model)
    architecture = architecture_from_gguf(file)
    assert architecture is not None
    plain = load_decoder(architecture, GGUFWeights(file, architecture), CPU, torch.float32)
    exact = logits_of(plain, ids, len(ids))
    del plain
    report = {"float32": compare(exact, exact, ids)}
    for name, at_once in (("one pass", len(ids)), ("passes of four", FEW)):
        began = time.perf_counter()
        report[name] = compare(logits_of(loaded.model, ids, at_once), exact, ids)
        print(f"{name}: {report[name]}, {time.perf_counter() - began:.1f} s", flush=True)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
