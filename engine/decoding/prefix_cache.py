"""Keys and values of earlier prompts, in a radix tree over token ids, so that no prefix is computed twice.

Invariants: a node's slab holds the keys and values of exactly its tokens after exactly the tokens above it;
the slabs together never take more than ``bytes_max``; the least recently used goes first, leaves before their
parents. A tree stays right whatever happens to the request that fills it, because it only ever copies
positions that the cache guarantees.

Source of the idea: SGLang's RadixAttention (arXiv 2312.07104).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from holesmith.engine.model.kv_cache import KeyValueCache
from holesmith.engine.token_ids import shared_length
from torch import Tensor


@dataclass(slots=True, eq=False)
class _Node:
    tokens: tuple[int, ...]
    slab: Tensor  # [2, layers, kv_heads, len(tokens), head_width]
    parent: "_Node | None"
    children: "dict[int, _Node]" = field(default_factory=dict)
    used: int = 0


class PrefixCache:
    """Remembers the content of a cache, and restores the longest known prefix of a prompt to a cache."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._clock = 0
        self._roots: dict[int, _Node] = {}

    @property
    def bytes_held(self) -> int:
        """The memory that the slabs take."""
        return self._bytes

    def restore(self, token_ids: Sequence[int], cache: KeyValueCache) -> None:
        """Append all known keys and values of ``token_ids`` to ``cache``, which holds their first tokens."""
        at = 0
        for node, shared in self._walk(token_ids):
            known = cache.length - at
            if known < shared:
                cache.append(node.slab[:, :, :, known:shared])
            at += shared

    def remember(self, token_ids: Sequence[int], cache: KeyValueCache) -> None:
        """Keep the keys and values of ``token_ids``, all of which ``cache`` holds from its start."""
        assert len(token_ids) <= cache.length
        at, parent = 0, None
        for node, shared in self._walk(token_ids):
            at += shared
            is_fork = shared < len(node.tokens) and at < len(token_ids)
            parent = self._split(node, shared) if is_fork else node
        if at < len(token_ids):
            leaf = _Node(tuple(token_ids[at:]), cache.copy(at, len(token_ids)), parent, used=self._clock)
            (self._roots if parent is None else parent.children)[leaf.tokens[0]] = leaf
            self._bytes += leaf.slab.nbytes
            self._evict()

    def _walk(self, token_ids: Sequence[int]) -> Iterator[tuple[_Node, int]]:
        """Yield the nodes along ``token_ids``, each with its number of shared tokens; mark them as used."""
        self._clock += 1
        at, children = 0, self._roots
        while at < len(token_ids) and (node := children.get(token_ids[at])) is not None:
            node.used = self._clock
            shared = shared_length(node.tokens, token_ids[at : at + len(node.tokens)])
            # Read before the yield, because the caller may split the node.
            children = node.children if shared == len(node.tokens) else {}
            at += shared
            yield node, shared

    def _split(self, node: _Node, at: int) -> _Node:
        """Cut a node in two and return the upper one. Both are copied, so that either can be freed alone."""
        upper = _Node(node.tokens[:at], node.slab[:, :, :, :at].clone(), node.parent, used=node.used)
        (self._roots if node.parent is None else node.parent.children)[upper.tokens[0]] = upper
        node.tokens, node.slab, node.parent = node.tokens[at:], node.slab[:, :, :, at:].clone(), upper
        upper.children[node.tokens[0]] = node
        return upper

    def _evict(self) -> None:
        while self._bytes > self._bytes_max:
            oldest = min((node for node in self._nodes() if not node.children), key=lambda node: node.used)
            siblings = self._roots if oldest.parent is None else oldest.parent.children
            del siblings[oldest.tokens[0]]
            self._bytes -= oldest.slab.nbytes

    def _nodes(self) -> Iterator[_Node]:
        waiting = list(self._roots.values())
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(node.children.values())
