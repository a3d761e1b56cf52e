"""Compare the text that is generated with the anchored order of the prompt and with the plain order.

    python benchmarks/engine_anchoring.py MODEL.gguf DIR… [--holes 200] [--prompt-tokens 400] [--seed 1]

Lines of the Python files in DIR are cut at a random place, and the model writes the rest of each line in both
orders (`context.prompt`), greedily, with token healing in both. The result is compared with the true line:
the whole rest, and the first identifier that begins in it. McNemar's exact test judges the pairs. The last
line is one JSON object.
"""

import argparse
import json
import math
import os
import random
import re
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from holesmith.context.prompt.prompt import Hole, Order, build_prompt
from holesmith.context.prompt.templates import template_for
from holesmith.engine.decoding.decode_loop import DecodeLoop
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.loading.load import load_model
from holesmith.engine.model.decoder import Decoder
from holesmith.engine.model.kv_cache import KeyValueCache
from holesmith.engine.request import Request, Token
from holesmith.engine.vocabulary.vocabulary import Vocabulary

TOKENS_MAX = 32
ORDERS: tuple[Order, Order] = ("plain", "anchored")
_IDENTIFIER = re.compile(r"\b[^\W\d]\w*")


def cut(paths: list[Path], holes: int, seed: int) -> list[tuple[Hole, str]]:
    """Holes inside of lines, each with the rest of its line."""
    generator = random.Random(seed)
    found: list[tuple[Hole, str]] = []
    while len(found) < holes:
        path = generator.choice(paths)
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        row = generator.randrange(len(lines)) if lines else 0
        line = lines[row].rstrip("\n") if lines else ""
        indentation = len(line) - len(line.lstrip())
        if len(line) - indentation < 12 or line.lstrip().startswith("#"):
            continue
        column = generator.randrange(indentation + 1, len(line) - 3)
        before = "".join(lines[:row]) + line[:column]
        hole = Hole(before, "\n" + "".join(lines[row + 1 :]), path.name, path.parent.name)
        found.append((hole, line[column:]))
    return found


def complete(
    loop: DecodeLoop[KeyValueCache], vocabulary: Vocabulary, hole: Hole, order: Order, tokens: int
) -> str:
    """What the model writes up to the end of the line."""
    prompt = build_prompt(hole, template_for(vocabulary), vocabulary, tokens, order)
    healed_prefix = prompt.healed_prefix.encode()
    request = Request(prompt.token_ids, TOKENS_MAX, prompt.stop_ids, healed_prefix)
    written = bytearray()

    def emit(token: Token) -> None:
        written.extend(vocabulary.token_bytes(token.id))

    loop.run(request, emit, lambda: b"\n" in written[len(healed_prefix) :])
    return written[len(healed_prefix) :].split(b"\n")[0].decode(errors="replace")


def identifier(text: str) -> str:
    match = _IDENTIFIER.search(text)
    return match[0] if match else ""


def difference(first: list[bool], second: list[bool]) -> tuple[int, int, float]:
    """How often only the first and only the second is right, and how likely that is by chance."""
    only_first = sum(a and not b for a, b in zip(first, second, strict=True))
    only_second = sum(b and not a for a, b in zip(first, second, strict=True))
    count = only_first + only_second
    tail = sum(math.comb(count, k) for k in range(min(only_first, only_second) + 1)) / 2**count
    return only_first, only_second, round(min(1.0, 2 * tail), 3)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("folders", type=Path, nargs="+", metavar="DIR")
    parser.add_argument("--holes", type=int, default=200)
    parser.add_argument("--prompt-tokens", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    loaded = load_model(WeightSource("model", options.model, "gguf"), torch.device("cpu"))
    assert isinstance(loaded.model, Decoder)
    loop = DecodeLoop(loaded.model, loaded.vocabulary, drafted_tokens_max=3)
    paths = sorted(path for folder in options.folders for path in folder.rglob("*.py"))
    exact: dict[Order, list[bool]] = {order: [] for order in ORDERS}
    named: dict[Order, list[bool]] = {order: [] for order in ORDERS}
    for number, (hole, truth) in enumerate(cut(paths, options.holes, options.seed), 1):
        for order in ORDERS:
            written = complete(loop, loaded.vocabulary, hole, order, options.prompt_tokens)
            exact[order].append(written.rstrip() == truth.rstrip())
            named[order].append(identifier(written) == identifier(truth))
        if number % 20 == 0:
            print(number, {order: (sum(exact[order]), sum(named[order])) for order in ORDERS}, flush=True)
    report: dict[str, object] = {"holes": options.holes}
    for name, right in (("exact_line", exact), ("next_identifier", named)):
        shares = {order: round(sum(right[order]) / options.holes, 3) for order in ORDERS}
        report[name] = {**shares, "only_plain, only_anchored, p": difference(*right.values())}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
