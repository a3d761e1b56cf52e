"""Measure decoding on a GPU with and without CUDA graphs, beside transformers and the card's memory limit.

    python benchmarks/engine_cuda.py MODEL [--weights auto] [--prompt 4096] [--tokens 128] [--repeats 3]

MODEL is a directory in Hugging Face layout or a GGUF file; transformers runs only the former. A step must
read all weights (of the embedding table only one row) and all keys and values so far. The lower bound of a
step is the time to copy those bytes within the card's memory, at the measured rate (bytes read and written);
the share of that bound which is reached is printed beside each figure. Drafts and prefix reuse are off, so
every token that is counted is computed. Figures are medians of the repeats, after one run that captures the
graphs. The last line is one JSON object.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from holesmith.engine.decoding.decode_loop import DecodeLoop
from holesmith.engine.errors import EngineError
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.loading.load import LoadedModel, choose_form, load_model
from holesmith.engine.model.cuda_step import ROWS
from holesmith.engine.model.decoder import Decoder
from holesmith.engine.request import Request

CUDA = torch.device("cuda")
COPIED_BYTES = 1 << 30
STEPS_TIMED = 50


def seconds(function: Callable[[], object]) -> float:
    """Until the device has done it."""
    torch.cuda.synchronize()
    began = time.perf_counter()
    function()
    torch.cuda.synchronize()
    return time.perf_counter() - began


def copy_rate() -> float:
    """Bytes a second, read and written."""
    source = torch.ones(COPIED_BYTES, dtype=torch.uint8, device=CUDA)
    target = torch.empty_like(source)
    return 2 * COPIED_BYTES / min(seconds(lambda: target.copy_(source)) for _ in range(10))


def load(options: argparse.Namespace) -> tuple[LoadedModel, int]:
    """The model, and the bytes of weights that a step reads."""
    path: Path = options.model
    source = WeightSource(path.stem, path, "gguf" if path.suffix == ".gguf" else "huggingface")
    before = torch.cuda.memory_allocated()
    loaded = load_model(source, CUDA, form=choose_form(options.weights, CUDA))
    taken = torch.cuda.memory_allocated() - before
    if not isinstance(loaded.model, Decoder):
        raise EngineError(f"{path} has an architecture that has no decoder of ours: nothing to measure")
    # The table of embeddings lies there in bfloat16 beside the matrices: a step reads one row of it.
    cache = loaded.model.new_cache(1)
    vocabulary = loaded.model.forward(torch.zeros(1, dtype=torch.int64, device=CUDA), cache).shape[-1]
    return loaded, taken - 2 * vocabulary * loaded.model.architecture.hidden_size


def decode_rate(loaded: LoadedModel, model: Decoder, prompt: list[int], options: argparse.Namespace) -> float:
    """Tokens a second of our loop, after the prompt."""
    loop = DecodeLoop(model, loaded.vocabulary)
    request = Request(tuple(prompt), options.tokens + 1, frozenset())

    def run() -> float:
        decode_ms = loop.run(request, lambda _: None, lambda: False).timings_ms["decode"]
        return 1e3 * options.tokens / decode_ms

    run()
    return statistics.median(run() for _ in range(options.repeats))


def step_times_ms(model: Decoder, prompt: list[int]) -> dict[int, float]:
    """Of one pass by its number of tokens: what verifying drafts costs."""
    cache = model.new_cache()
    model.forward(torch.tensor(prompt, device=CUDA), cache)
    length = cache.length
    times: dict[int, float] = {}
    for rows in ROWS:
        ids = torch.zeros(rows, dtype=torch.int64, device=CUDA)

        def steps(count: int, ids: torch.Tensor = ids) -> None:
            for _ in range(count):
                model.forward(ids, cache, len(ids))
                cache.truncate(length)

        steps(3)
        times[rows] = round(1e3 * seconds(lambda steps=steps: steps(STEPS_TIMED)) / STEPS_TIMED, 3)
    return times


def library_rate(path: Path, prompt: list[int], options: argparse.Namespace) -> float:
    """Tokens a second of transformers' generate: the time of many tokens less the time of one."""
    from transformers import AutoModelForCausalLM

    module: Any = AutoModelForCausalLM.from_pretrained(
        str(path), dtype=torch.bfloat16, local_files_only=True, trust_remote_code=False, use_safetensors=True
    )
    module = module.to(CUDA).eval()
    ids = torch.tensor([prompt], device=CUDA)

    def run(tokens: int) -> float:
        return seconds(
            lambda: module.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=tokens,
                min_new_tokens=tokens,
                do_sample=False,
                pad_token_id=0,
            )
        )

    run(2)
    return statistics.median(
        options.tokens / (run(options.tokens + 1) - run(1)) for _ in range(options.repeats)
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--weights", default="auto", help="auto, bf16, int8 or int4")
    parser.add_argument("--prompt", type=int, default=4096, metavar="TOKENS")
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


def prompt_of(loaded: LoadedModel, tokens: int) -> list[int]:
    """So many tokens of Python."""
    ids = loaded.vocabulary.encode(Path(argparse.__file__).read_text())
    return (ids * (1 + tokens // len(ids)))[:tokens]


def main() -> None:
    options = arguments()
    if not torch.cuda.is_available():
        sys.exit("engine_cuda measures decoding on a GPU and needs CUDA: torch finds no such device here")
    copied = copy_rate()
    try:
        loaded, weight_bytes = load(options)
    except EngineError as error:
        sys.exit(str(error))
    model = loaded.model
    assert isinstance(model, Decoder)
    room = model.context_tokens_max - options.tokens - ROWS[-1] - 1
    prompt = prompt_of(loaded, min(options.prompt, room))
    kv_bytes = model.architecture.kv_bytes_per_token * (len(prompt) + options.tokens // 2)
    step_bytes = weight_bytes + kv_bytes
    floor = copied / step_bytes
    print(f"{torch.cuda.get_device_name()}: copies {copied / 1e9:.0f} GB/s")
    print(f"a step reads {weight_bytes / 1e6:.0f} MB of weights ({loaded.description.weights}), ", end="")
    print(f"{kv_bytes / 1e6:.0f} MB of keys and values: at most {floor:.0f} tokens/s")
    report: dict[str, object] = {
        "device": torch.cuda.get_device_name(),
        "model": loaded.description.name,
        "weights": loaded.description.weights,
        "prompt_tokens": len(prompt),
        "copy_gb_s": round(copied / 1e9, 1),
        "weight_bytes": weight_bytes,
        "kv_bytes": kv_bytes,
        "floor_tokens_s": round(floor, 1),
    }

    def note(name: str, rate: float) -> None:
        read, share = rate * step_bytes / 1e9, rate / floor
        print(f"{name}: {rate:.1f} tokens/s, {read:.0f} GB/s, {share:.0%} of the floor")
        report[name] = {"tokens_s": round(rate, 1), "gb_s": round(read, 1), "share": round(share, 4)}

    note("with graphs", decode_rate(loaded, model, prompt, options))
    report["graph_failure"] = model.graph_failure
    report["step_ms_by_tokens"] = step_times_ms(model, prompt)
    print(f"ms of a pass by its tokens: {report['step_ms_by_tokens']}")
    if model.graph_failure is not None:
        print(f"graphs could not be captured: {model.graph_failure}")
    model.without_graphs()
    note("without graphs", decode_rate(loaded, model, prompt, options))
    if options.model.is_dir():
        note("transformers, bf16", library_rate(options.model, prompt, options))
    print(json.dumps(report))


if __name__ == "__main__":
    main()
