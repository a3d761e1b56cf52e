"""Replay a typing session, in which every keystroke requests the rest of the line, as an editor does.

    python benchmarks/engine_typing.py MODEL.gguf [--lines 3] [--threads 2]

Some lines of a module are typed character by character into a prompt of about 1,000 tokens. Each keystroke
requests at most 24 tokens, up to the end of the line. The benchmark compares the plain order of the prompt
(text before the hole, text after it) with the anchored order (lines before, text after, then the current line
so far with its last token healed), each with and without the prefix cache and drafts of the engine. It prints
milliseconds of wall time, and of processor time on all threads, which other programs on the machine do not
change. The last line is one JSON object.
"""

import argparse
import contextlib
import itertools
import json
import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from holesmith.engine.decoding.decode_loop import DecodeLoop
from holesmith.engine.decoding.prefix_cache import PrefixCache
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.loading.load import DRAFTED_TOKENS_MAX, PREFIX_BYTES_MAX, load_model
from holesmith.engine.model.decoder import Decoder
from holesmith.engine.model.kv_cache import KeyValueCache
from holesmith.engine.request import Request
from holesmith.engine.vocabulary.vocabulary import Vocabulary

TOKENS_MAX = 24
BEFORE_CHARACTERS = 2800
AFTER_CHARACTERS = 900
LINE_CHARACTERS_MIN = 30
SAMPLED_WITHOUT_REUSE = 12
"""Without reuse every keystroke costs the same: a sample of them is enough."""


@dataclass(frozen=True, slots=True)
class Keystroke:
    """The text around the cursor after one keystroke."""

    lines_before: str
    line: str
    after: str


def session(text: str, lines: int) -> Iterator[Keystroke]:
    """Type ``lines`` long lines from the middle of the text on."""
    rows = text.splitlines(keepends=True)
    long = [row for row in range(len(rows) // 2, len(rows)) if len(rows[row].strip()) >= LINE_CHARACTERS_MIN]
    for row in long[:lines]:
        before = "".join(rows[:row])[-BEFORE_CHARACTERS:]
        after = "\n" + "".join(rows[row + 1 :])[:AFTER_CHARACTERS]
        line = rows[row].rstrip("\n")
        start = len(line) - len(line.lstrip())
        for end in range(start + 1, len(line) + 1):
            yield Keystroke(before, line[:end], after)


def plain(vocabulary: Vocabulary, typed: Keystroke) -> tuple[list[int], bytes]:
    """The trained order; the text before the hole ends at the cursor."""
    prefix, suffix, middle = _special(vocabulary)
    before = vocabulary.encode(typed.lines_before + typed.line)
    return [prefix, *before, suffix, *vocabulary.encode(typed.after), middle], b""


def anchored(vocabulary: Vocabulary, typed: Keystroke) -> tuple[list[int], bytes]:
    """Lines before, text after, and what is typed of the line as the beginning of the middle."""
    prefix, suffix, middle = _special(vocabulary)
    line = vocabulary.encode(typed.line)
    head = [prefix, *vocabulary.encode(typed.lines_before), suffix, *vocabulary.encode(typed.after), middle]
    return [*head, *line[:-1]], vocabulary.token_bytes(line[-1])


def _special(vocabulary: Vocabulary) -> tuple[int, int, int]:
    ids = [vocabulary.special_id(f"<|fim_{part}|>") for part in ("prefix", "suffix", "middle")]
    first, second, third = ids
    assert first is not None
    assert second is not None
    assert third is not None
    return first, second, third


def replay(
    loops: Iterator[DecodeLoop[KeyValueCache]],
    vocabulary: Vocabulary,
    keystrokes: list[Keystroke],
    is_anchored: bool,
) -> dict[str, float]:
    """Ask after every keystroke, stopping at the end of the line."""
    newlines = frozenset(
        token_id for token_id, token_bytes in enumerate(vocabulary.bytes_by_id) if b"\n" in token_bytes
    )
    prefilled: list[int] = []
    passed: list[float] = []
    worked: list[float] = []
    for typed in keystrokes:
        ids, healed_prefix = (anchored if is_anchored else plain)(vocabulary, typed)
        request = Request(tuple(ids), TOKENS_MAX, vocabulary.end_ids | newlines, healed_prefix)
        began, worked_before = time.perf_counter(), time.process_time()
        generation = next(loops).run(request, lambda _: None, lambda: False)
        passed.append(1e3 * (time.perf_counter() - began))
        worked.append(1e3 * (time.process_time() - worked_before))
        prefilled.append(generation.tokens_prefilled)
    return {
        "tokens_prefilled_mean": round(statistics.mean(prefilled[1:]), 1),
        "ms_p50": round(statistics.median(passed[1:]), 0),
        "ms_p90": round(statistics.quantiles(passed[1:], n=10)[-1], 0),
        "processor_ms_p50": round(statistics.median(worked[1:]), 0),
        "processor_ms_p90": round(statistics.quantiles(worked[1:], n=10)[-1], 0),
    }


def kept(model: Decoder, vocabulary: Vocabulary, drafts: bool) -> Iterator[DecodeLoop[KeyValueCache]]:
    """The same loop again and again."""
    drafted = DRAFTED_TOKENS_MAX["cpu"] if drafts else 0
    return itertools.repeat(DecodeLoop(model, vocabulary, PrefixCache(PREFIX_BYTES_MAX), drafted))


def fresh(model: Decoder, vocabulary: Vocabulary) -> Iterator[DecodeLoop[KeyValueCache]]:
    """A new loop each time, which has seen nothing."""
    while True:
        yield DecodeLoop(model, vocabulary)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--lines", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    loaded = load_model(WeightSource("model", options.model, "gguf"), torch.device("cpu"))
    model = loaded.model
    assert isinstance(model, Decoder)
    keystrokes = list(session(Path(contextlib.__file__).read_text(), options.lines))
    report: dict[str, object] = {"keystrokes": len(keystrokes), "threads": options.threads}
    for is_anchored in (False, True):
        for reuses, drafts in ((False, False), (True, False), (True, True)):
            name = "anchored" if is_anchored else "plain"
            name += (", prefix cache" if reuses else ", no reuse") + (", drafts" if drafts else "")
            loops = kept(model, loaded.vocabulary, drafts) if reuses else fresh(model, loaded.vocabulary)
            asked = keystrokes if reuses else keystrokes[::SAMPLED_WITHOUT_REUSE]
            report[name] = replay(loops, loaded.vocabulary, asked, is_anchored)
            print(f"{name}: {report[name]}", flush=True)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
