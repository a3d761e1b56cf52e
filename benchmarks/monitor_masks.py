"""Measure the time of a mask in a decode step on the real vocabulary, beside llguidance and xgrammar.

    python -P benchmarks/monitor_masks.py [--sets 60] [--model M]

The task: the public members of real classes and modules of the standard library, one set at a time, then a
byte that ends an identifier, then anything. Each set is walked along the tokens of three of its names.
"start" is the cost of a new set before its first mask, "root" the mask before the name has begun, "later" the
masks inside the name and at its end; a state that was seen before is not measured again. All times are
processor times, so that other load on the machine does not count. llguidance and xgrammar are measured if
they can be imported; they are no dependencies of ours. The last line is one JSON object. Goal: a median below
50 µs over all states.
"""

import argparse
import asyncio
import collections
import decimal
import email.message
import importlib
import json
import logging
import pathlib
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from holesmith.engine.constraints.constraint import ByteMachine
from holesmith.engine.constraints.token_index import TokenIndex
from holesmith.engine.constraints.token_mask import TokenMasks
from holesmith.engine.files.gguf_file import read_gguf
from holesmith.engine.request import Constraint
from holesmith.engine.store.catalogue import default_model
from holesmith.engine.store.store import find
from holesmith.engine.vocabulary.gguf import vocabulary_from_gguf
from holesmith.engine.vocabulary.vocabulary import Vocabulary

OWNERS: tuple[object, ...] = (
    *(str, bytes, list, dict, set, int, float, pathlib.Path, decimal.Decimal, collections.Counter),
    *(collections.OrderedDict, email.message.Message, asyncio, asyncio.Queue, logging, logging.Logger),
    *(argparse, argparse.ArgumentParser, statistics, json, random, random.Random, time, collections, decimal),
)
MODULES = (
    *(
        "os",
        "os.path",
        "re",
        "socket",
        "ssl",
        "typing",
        "ast",
        "inspect",
        "shutil",
        "subprocess",
        "threading",
    ),
    *("unittest.mock", "errno", "signal", "token", "stat", "math", "itertools", "functools", "string"),
    *("datetime", "http.client", "tarfile", "zipfile", "urllib.request"),
)
NAMES_PER_SET = 3
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}


class Walker(Protocol):
    """Makes masks along a text, one token after another."""

    def start(self, names: Sequence[str]) -> None: ...
    def mask(self) -> None: ...
    def accept(self, token_id: int) -> None: ...
    def restart(self) -> None: ...


@dataclass(slots=True)
class Times:
    """In microseconds."""

    start: list[float] = field(default_factory=list[float])
    root: list[float] = field(default_factory=list[float])
    later: list[float] = field(default_factory=list[float])

    def summary(self) -> dict[str, float]:
        every = self.root + self.later
        parts = {"start": self.start, "root": self.root, "later": self.later, "all": every}
        return {
            f"{name}_{label}": round(value, 1)
            for name, times in parts.items()
            for label, value in (("median", statistics.median(times)), ("p95", percentile(times, 0.95)))
        }


class Ours:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self._index = TokenIndex(vocabulary.bytes_by_id)
        self._spell = vocabulary.token_bytes

    def start(self, names: Sequence[str]) -> None:
        self._machine = ByteMachine(Constraint(tuple(name.encode() for name in names)))
        self._masks = TokenMasks(self._machine, self._index)
        self._state: Any = self._machine.start

    def mask(self) -> None:
        self._masks.mask(self._state)

    def accept(self, token_id: int) -> None:
        self._state = self._machine.advance(self._state, self._spell(token_id))

    def restart(self) -> None:
        self._state = self._machine.start


class LlGuidance:
    def __init__(self, vocabulary: Vocabulary, tokenizer_json: str) -> None:
        self._library = importlib.import_module("llguidance")
        self._tensors = importlib.import_module("llguidance.numpy")
        tokenizer = json.loads(tokenizer_json) | {"decoder": BYTE_LEVEL}
        self._tokenizer = self._library.LLTokenizer(json.dumps(tokenizer), n_vocab=vocabulary.size)
        self._bits = self._tensors.allocate_token_bitmask(1, vocabulary.size)

    def start(self, names: Sequence[str]) -> None:
        grammar = self._library.LLMatcher.grammar_from_regex(regex_of(names))
        self._matcher = self._library.LLMatcher(self._tokenizer, grammar)

    def mask(self) -> None:
        self._tensors.fill_next_token_bitmask(self._matcher, self._bits, 0)

    def accept(self, token_id: int) -> None:
        assert self._matcher.consume_token(token_id)

    def restart(self) -> None:
        self._matcher.reset()


class XGrammar:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self._library = importlib.import_module("xgrammar")
        kind = self._library.VocabType.RAW
        spellings = list(vocabulary.bytes_by_id)
        stops = sorted(vocabulary.end_ids)
        info = self._library.TokenizerInfo(spellings, kind, vocab_size=vocabulary.size, stop_token_ids=stops)
        self._compiler = self._library.GrammarCompiler(info, max_threads=2, cache_enabled=False)
        self._bits = self._library.allocate_token_bitmask(1, vocabulary.size)

    def start(self, names: Sequence[str]) -> None:
        self._matcher = self._library.GrammarMatcher(self._compiler.compile_regex(regex_of(names)))

    def mask(self) -> None:
        self._matcher.fill_next_token_bitmask(self._bits)

    def accept(self, token_id: int) -> None:
        assert self._matcher.accept_token(token_id)

    def restart(self) -> None:
        self._matcher.reset()


def regex_of(names: Sequence[str]) -> str:
    return f"({'|'.join(names)})([^A-Za-z0-9_](.|\\n)*)?"


def member_sets(count: int) -> list[tuple[str, ...]]:
    owners = [*OWNERS, *(importlib.import_module(name) for name in MODULES)]
    sets = [tuple(name for name in dir(owner) if not name.startswith("_")) for owner in owners]
    return [names for names in sets if len(names) >= 3][:count]


def paths_of(names: Sequence[str], vocabulary: Vocabulary, source: random.Random) -> Iterator[list[int]]:
    for name in source.sample(list(names), min(NAMES_PER_SET, len(names))):
        yield vocabulary.encode(name)


def measure(walker: Walker, sets: Sequence[Sequence[str]], vocabulary: Vocabulary) -> Times:
    times, source = Times(), random.Random(1)
    for names in sets:
        times.start.append(microseconds(lambda names=names: walker.start(names)))
        seen: set[bytes] = set()
        for ids in paths_of(names, vocabulary, source):
            walker.restart()
            text = b""
            for token_id in [*ids, None]:
                if text not in seen:
                    (times.later if text else times.root).append(microseconds(walker.mask))
                    seen.add(text)
                if token_id is not None:
                    walker.accept(token_id)
                    text += vocabulary.token_bytes(token_id)
    return times


def microseconds(function: Callable[[], object]) -> float:
    began = time.process_time_ns()
    function()
    return (time.process_time_ns() - began) / 1000


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def walkers(vocabulary: Vocabulary) -> Iterator[tuple[str, Walker]]:
    began = time.process_time()
    ours = Ours(vocabulary)
    print(f"our index of the vocabulary: {time.process_time() - began:.2f} s")
    yield "ours", ours
    for name, make in (
        ("llguidance", lambda: LlGuidance(vocabulary, vocabulary.tokenizer_json)),
        ("xgrammar", lambda: XGrammar(vocabulary)),
    ):
        try:
            yield name, make()
        except ImportError as error:
            print(f"{name}: not measured, {error}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=60)
    parser.add_argument("--model", default=default_model("cpu"))
    options = parser.parse_args()
    vocabulary = vocabulary_from_gguf(read_gguf(find(options.model).path))
    sets = member_sets(options.sets)
    sizes = sorted(map(len, sets))
    median = sizes[len(sizes) // 2]
    print(f"{vocabulary.size} tokens; {len(sets)} sets of {sizes[0]} to {sizes[-1]} names, median {median}")
    results: dict[str, dict[str, float]] = {}
    for name, walker in walkers(vocabulary):
        results[name] = measure(walker, sets, vocabulary).summary()
        print(
            f"{name:11}",
            "  ".join(f"{key} {value:,.0f} µs" for key, value in results[name].items()),
            flush=True,
        )
    print(json.dumps({"tokens": vocabulary.size, "goal_us": 50, "results_us": results}))


if __name__ == "__main__":
    main()
