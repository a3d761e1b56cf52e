"""Compare prefill and decode of our engine with llama.cpp: same GGUF file, prompts and number of threads.

    python benchmarks/engine_against_llama_cpp.py MODEL.gguf [--threads 2] [--repeats 3] [--beside 1]

This needs the wheel ``xllamacpp`` (a prebuilt llama.cpp server in the process). The engines take turns, so
that other load on the machine affects both; figures are medians of the repeats. Drafts and prefix reuse are
off, so every token that is counted is computed. "processor" is the processor time of all threads of an
engine, which other programs do not change: with one thread it is the fairest measure on a busy machine. With
``--beside`` as many other programs compute all the time, like a compiler. The last line is one JSON object.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from holesmith.engine.decoding.decode_loop import DecodeLoop
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.loading.load import load_model
from holesmith.engine.model.decoder import Decoder
from holesmith.engine.request import Request

DECODED_TOKENS = 64


def bandwidth() -> float:
    """What these threads read a second from memory, in GB/s: the limit of decoding."""
    block = torch.ones(64 << 20, dtype=torch.int64)
    best = min(_seconds(block.sum) for _ in range(5))
    return block.nbytes / best / 1e9


def _seconds(function: Callable[[], object]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


class Engine(Protocol):
    """One of the two."""

    def run(self, token_ids: list[int], tokens: int) -> tuple[float, float]:
        """Tokens a second of prefill and of decode."""
        ...


def processor_ms(engine: Engine, token_ids: list[int]) -> tuple[float, float]:
    """Processor time of a prefill, per token, and of one decoded token."""
    spent: list[float] = []
    for tokens in (1, 1 + DECODED_TOKENS):
        before = time.process_time()
        engine.run(token_ids, tokens)
        spent.append(1e3 * (time.process_time() - before))
    return spent[0] / len(token_ids), (spent[1] - spent[0]) / DECODED_TOKENS


class LlamaCpp:
    """The server of the wheel, asked over the loopback interface for token ids."""

    def __init__(self, path: Path, threads: int) -> None:
        import xllamacpp  # pyright: ignore[reportMissingImports]  # only for this comparison

        parameters: Any = xllamacpp.CommonParams()
        parameters.model.path = str(path)
        parameters.hostnames = ["127.0.0.1"]
        parameters.port = 18765
        parameters.n_ctx = 4096
        parameters.n_parallel = 1
        parameters.cpuparams.n_threads = threads
        parameters.cpuparams_batch.n_threads = threads
        self._server = xllamacpp.Server(parameters)
        self._url = f"http://127.0.0.1:{parameters.port}/completion"

    def run(self, token_ids: list[int], tokens: int) -> tuple[float, float]:
        """See `Engine`; as the server itself times them."""
        question = {
            "prompt": token_ids,
            "n_predict": tokens,
            "temperature": 0,
            "cache_prompt": False,
            "ignore_eos": True,
        }
        request = urllib.request.Request(
            self._url, json.dumps(question).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=300) as response:
            timings = json.loads(response.read())["timings"]
        return timings["prompt_per_second"], timings["predicted_per_second"]


class Ours:
    """Our decode loop, in this thread, without prefix cache and drafts."""

    def __init__(self, path: Path, threads: int) -> None:
        torch.set_num_threads(threads)
        source = WeightSource(path.stem, path, "gguf")
        loaded = load_model(source, torch.device("cpu"))
        assert isinstance(loaded.model, Decoder)
        self.model, self.vocabulary = loaded.model, loaded.vocabulary

    def run(self, token_ids: list[int], tokens: int) -> tuple[float, float]:
        """See `Engine`."""
        loop = DecodeLoop(self.model, self.vocabulary)
        request = Request(tuple(token_ids), tokens, frozenset())
        generation = loop.run(request, lambda _: None, lambda: False)
        timings = generation.timings_ms
        # The first token comes out of the prefill: the decode runs one pass fewer than there are tokens.
        decoded = max(timings["decode"], 1e-9)
        return 1e3 * len(token_ids) / timings["prefill"], 1e3 * (tokens - 1) / decoded


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--prefill", type=int, nargs="+", default=[500, 1000, 2000], metavar="TOKENS")
    parser.add_argument("--beside", type=int, default=0, metavar="PROGRAMS")
    options = parser.parse_args()
    ours, theirs = Ours(options.model, options.threads), LlamaCpp(options.model, options.threads)
    text = Path(argparse.__file__).read_text()
    report: dict[str, object] = {
        "model": options.model.stem,
        "threads": options.threads,
        "beside": options.beside,
    }
    limit = 1e9 * bandwidth() / options.model.stat().st_size
    report["decode_limit_tokens_s"] = round(limit, 1)
    beside = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(options.beside)]
    for count in options.prefill:
        prompt = ours.vocabulary.encode(text)[:count]
        ours.run(prompt[:64], 4)
        theirs.run(prompt[:64], 4)
        pairs = [
            (ours.run(prompt, DECODED_TOKENS), theirs.run(prompt, DECODED_TOKENS))
            for _ in range(options.repeats)
        ]
        for stage, name in enumerate(("prefill", "decode")):
            mine = statistics.median(pair[0][stage] for pair in pairs)
            other = statistics.median(pair[1][stage] for pair in pairs)
            ratio = statistics.median(pair[0][stage] / pair[1][stage] for pair in pairs)
            print(f"{name} at {count}: ours {mine:.1f}, llama.cpp {other:.1f} tokens/s, ratio {ratio:.2f}")
            report[f"{name}_{count}"] = [round(mine, 1), round(other, 1), round(ratio, 2)]
        mine, other = processor_ms(ours, prompt), processor_ms(theirs, prompt)
        for stage, name in enumerate(("prefill", "decode")):
            print(
                f"{name} at {count}: processor ms a token: ours {mine[stage]:.2f}, theirs {other[stage]:.2f}"
            )
            report[f"{name}_{count}_processor_ms"] = [round(mine[stage], 2), round(other[stage], 2)]
    print(f"limit of decode: {limit:.1f} tokens/s (bytes of the file over measured read bandwidth)")
    print(json.dumps(report))
    sys.stdout.flush()
    for program in beside:
        program.kill()
    os._exit(0)  # the server has no way to stop that does not wait for its sockets


if __name__ == "__main__":
    main()
