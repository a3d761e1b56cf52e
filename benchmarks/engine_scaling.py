"""Measure the time of a request and the memory for longer prompts and for more documents.

    python benchmarks/engine_scaling.py MODEL.gguf [--threads 2] [--lengths 250 500 1000] [--documents 1 4 16]

For each length: the milliseconds to read the prompt for the first time, to read one more token of a known
prompt, and to decode a token after it. For each number of documents, all of 1,000 tokens, when the editor has
seen all of them and goes from one to the next: the milliseconds from the request to the first token, the
tokens that had to be read again, and the memory of the prefix cache. The last line is one JSON object.
"""

import argparse
import itertools
import json
import os
import resource
import statistics
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from holesmith.engine.decoding.decode_loop import DecodeLoop
from holesmith.engine.decoding.prefix_cache import PrefixCache
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.loading.load import PREFIX_BYTES_MAX, load_model
from holesmith.engine.model.decoder import Decoder
from holesmith.engine.model.kv_cache import KeyValueCache
from holesmith.engine.request import Generation, Request

DECODED_TOKENS = 16
DOCUMENT_TOKENS = 1_000
ROUNDS = 3

Loop = DecodeLoop[KeyValueCache]


def run(loop: Loop, ids: list[int], tokens: int) -> tuple[float, Generation]:
    """Passed milliseconds, and what was generated."""
    began = time.perf_counter()
    generation = loop.run(Request(tuple(ids), tokens, frozenset()), lambda _: None, lambda: False)
    return 1e3 * (time.perf_counter() - began), generation


def by_length(loop: Loop, ids: list[int], length: int) -> dict[str, float]:
    read: list[float] = []
    again: list[float] = []
    decoded: list[float] = []
    for number in range(ROUNDS):
        prompt = ids[number * 7 : number * 7 + length]  # another beginning: nothing of it is known
        read.append(run(loop, prompt, 1)[0])
        again.append(run(loop, [*prompt, *prompt[:1]], 1)[0])
        decode = run(loop, prompt, DECODED_TOKENS)[1].timings_ms["decode"]
        decoded.append(decode / (DECODED_TOKENS - 1))
    figures = {"read_ms": read, "one_more_ms": again, "decode_ms": decoded}
    return {name: round(statistics.median(values), 1) for name, values in figures.items()}


def by_documents(loop: Loop, prefixes: PrefixCache, ids: list[int], count: int) -> dict[str, float]:
    documents = [ids[number * 11 :][:DOCUMENT_TOKENS] for number in range(count)]
    for document in documents:
        run(loop, document, 1)
    passed: list[float] = []
    prefilled: list[int] = []
    for document in itertools.chain(*[documents] * ROUNDS):
        milliseconds, generation = run(loop, document, 1)
        passed.append(milliseconds)
        prefilled.append(generation.tokens_prefilled)
    return {
        "first_token_ms": round(statistics.median(passed), 1),
        "tokens_read": round(statistics.mean(prefilled), 1),
        "cache_mib": round(prefixes.bytes_held / (1 << 20), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--lengths", type=int, nargs="+", default=[250, 500, 1000, 2000, 4000])
    parser.add_argument("--documents", type=int, nargs="+", default=[1, 4, 16])
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    loaded = load_model(WeightSource("model", options.model, "gguf"), torch.device("cpu"))
    assert isinstance(loaded.model, Decoder)
    loaded.model.use_threads(options.threads)
    text = "".join(path.read_text() for path in sorted(Path(json.__file__).parent.glob("*.py")))
    ids = loaded.vocabulary.encode(text)
    report: dict[str, object] = {"threads": options.threads}
    for length in options.lengths:
        loop = DecodeLoop(loaded.model, loaded.vocabulary)
        report[f"{length} tokens"] = by_length(loop, ids, length)
        print(f"{length} tokens: {report[f'{length} tokens']}", flush=True)
    for count in options.documents:
        prefixes = PrefixCache(PREFIX_BYTES_MAX)
        loop = DecodeLoop(loaded.model, loaded.vocabulary, prefixes)
        report[f"{count} documents"] = by_documents(loop, prefixes, ids, count)
        print(f"{count} documents: {report[f'{count} documents']}", flush=True)
    report["resident_mib_max"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
