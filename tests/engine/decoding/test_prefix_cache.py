"""The prefix cache restores exactly what was computed for a prefix, and nothing else."""

import torch
from holesmith.engine.decoding.prefix_cache import PrefixCache
from holesmith.engine.model.kv_cache import KeyValueCache, allocate_cache
from hypothesis import given, settings
from hypothesis import strategies as st

PROMPTS = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=12).map(tuple), min_size=1, max_size=25)
TOKEN_BYTES = 2 * 8


class Computed:
    """Caches whose entry at each position stands for the whole prefix up to there."""

    def __init__(self) -> None:
        self.number_of: dict[tuple[int, ...], int] = {}

    def run(self, prompt: tuple[int, ...], cache: KeyValueCache) -> None:
        for at in range(cache.length, len(prompt)):
            number = self.number_of.setdefault(prompt[: at + 1], len(self.number_of))
            cache.append(torch.full((2, 1, 1, 1, 1), number, dtype=torch.float64))

    def check(self, prompt: tuple[int, ...], cache: KeyValueCache) -> None:
        expected = [self.number_of[prompt[: at + 1]] for at in range(cache.length)]
        assert cache.keys[0, 0, : cache.length, 0].tolist() == expected
        assert cache.values[0, 0, : cache.length, 0].tolist() == expected


def empty() -> KeyValueCache:
    return allocate_cache(1, 1, 16, 1, (torch.float64, torch.float64), torch.device("cpu"))


@settings(deadline=None)
@given(prompts=PROMPTS)
def test_finds_the_longest_prefix_ever_seen(prompts: list[tuple[int, ...]]) -> None:
    computed, tree = Computed(), PrefixCache(bytes_max=10**6)
    seen: set[tuple[int, ...]] = set()
    for prompt in prompts:
        cache = empty()
        tree.restore(prompt, cache)
        assert cache.length == max(n for n in range(len(prompt) + 1) if prompt[:n] in seen or n == 0)
        computed.check(prompt, cache)
        computed.run(prompt, cache)
        tree.remember(prompt, cache)
        seen |= {prompt[:n] for n in range(1, len(prompt) + 1)}
        assert tree.bytes_held == len(seen) * TOKEN_BYTES


@settings(deadline=None)
@given(prompts=PROMPTS, tokens_max=st.integers(0, 30))
def test_stays_within_its_memory_and_right(prompts: list[tuple[int, ...]], tokens_max: int) -> None:
    computed, tree = Computed(), PrefixCache(bytes_max=tokens_max * TOKEN_BYTES)
    for prompt in prompts:
        cache = empty()
        tree.restore(prompt, cache)
        computed.check(prompt, cache)
        computed.run(prompt, cache)
        tree.remember(prompt, cache)
        assert tree.bytes_held <= tokens_max * TOKEN_BYTES


@settings(deadline=None)
@given(prompts=PROMPTS, cut=st.integers(0, 12))
def test_prefix_that_is_already_there_stays(prompts: list[tuple[int, ...]], cut: int) -> None:
    computed, tree = Computed(), PrefixCache(bytes_max=10**6)
    for prompt in prompts:
        cache = empty()
        computed.run(prompt[:cut], cache)
        tree.restore(prompt, cache)
        computed.check(prompt, cache)
        computed.run(prompt, cache)
        tree.remember(prompt[:cut], cache)


def test_what_was_not_used_for_longest_goes_first() -> None:
    computed, tree = Computed(), PrefixCache(bytes_max=6 * TOKEN_BYTES)
    for prompt in [(1, 1, 1), (2, 2, 2), (1, 1, 1), (0, 0, 0)]:
        cache = empty()
        tree.restore(prompt, cache)
        computed.run(prompt, cache)
        tree.remember(prompt, cache)
    lengths: list[int] = []
    for prompt in [(1, 1, 1), (2, 2, 2), (0, 0, 0)]:
        cache = empty()
        tree.restore(prompt, cache)
        lengths.append(cache.length)
    assert lengths == [3, 0, 3]
