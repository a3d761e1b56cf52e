"""A model that invents members all the time, behind the real decode loop, and analysis that knows better."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from holesmith.analysis.answers import (
    Call,
    ClassifiedName,
    ImportableNames,
    Member,
    Members,
    NameKind,
    NameKinds,
    Parameter,
    ScopeName,
    ScopeNames,
    Signature,
)
from holesmith.analysis.client import Reply
from holesmith.analysis.questions import (
    A,
    CallQuestion,
    ImportableNamesQuestion,
    MembersQuestion,
    NameKindsQuestion,
    Question,
    ScopeQuestion,
)
from holesmith.engine.decoding.decode_loop import DecodeLoop
from holesmith.engine.interface import ModelDescription
from holesmith.engine.local import Loaded, LocalEngine
from holesmith.engine.vocabulary.vocabulary import Vocabulary
from holesmith.kernels.workers import no_op
from torch import Tensor

from tests.fakes import byte_vocabulary

WORDS = (
    ".get",
    ".find_book",
    "get(",
    "put_all",
    ").",
    "().",
    "(self",
    " self",
    ".put",
    "_all",
    "book",
    ", get",
    ", ",
)
VOCABULARY = byte_vocabulary(WORDS)
ALPHABET = b"aegtpuf_bok.(), "
MEMBERS = ("get", "get_all", "find", "find_book", "put", "a", "book", "eat")


@dataclass(slots=True)
class IdCache:
    """Keeps the ids themselves: whatever is wrongly kept or forgotten changes what the model says."""

    ids: list[int] = field(default_factory=list[int])
    capacity: int = 512

    @property
    def length(self) -> int:
        return len(self.ids)

    def truncate(self, length: int) -> None:
        del self.ids[length:]


class Chatter:
    """Logits that depend on all ids so far, by a hash; only spellings over a small alphabet are likely."""

    device = torch.device("cpu")
    context_tokens_max = 512

    def __init__(self, seed: int) -> None:
        self._seed = seed
        spellings = VOCABULARY.bytes_by_id
        likely = [bool(spelling) and set(spelling) <= set(ALPHABET) for spelling in spellings]
        self._bias = torch.tensor([0.0 if each else -1e9 for each in likely])
        long = torch.tensor([float(len(spelling) > 2) for spelling in spellings])
        dotted = torch.tensor([float(b"." in spelling) for spelling in spellings])
        self._bias += 1.5 * long + dotted

    def new_cache(self) -> IdCache:
        return IdCache()

    def forward(
        self,
        token_ids: Tensor,
        cache: IdCache,
        logits_count: int = 1,
        on_launched: Callable[[], None] = no_op,
    ) -> Tensor:
        on_launched()
        cache.ids.extend(int(each) for each in token_ids.tolist())
        stops = range(len(cache.ids) - logits_count + 1, len(cache.ids) + 1)
        return torch.stack([self.logits(cache.ids[:stop]) for stop in stops])

    def abandon(self) -> None: ...

    def logits(self, ids: Sequence[int]) -> Tensor:  # [vocabulary]
        generator = torch.Generator().manual_seed(digest(self._seed, *ids))
        return torch.randn(len(self._bias), generator=generator) + self._bias


def engine_of(model: Chatter) -> LocalEngine:
    vocabulary: Vocabulary = VOCABULARY
    description = ModelDescription("chatter", "hash", "cpu", "none", model.context_tokens_max)
    return LocalEngine(Loaded(DecodeLoop(model, vocabulary), vocabulary, description))


def digest(*parts: object) -> int:
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=6).digest(), "big")


@dataclass(slots=True)
class TableAnalyst:
    """Answers by a hash of what stands before the dot, after a number of turns of the event loop."""

    seed: int
    turns_max: int = 0
    late_share: int = 0
    asked: list[Question[Any]] = field(default_factory=list[Question[Any]])
    scope: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    importables: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    takes_max: int | None = None
    kinds: tuple[NameKind, ...] = ()

    def members(self, text: str) -> tuple[str, ...] | None:
        """None where the list is not complete."""
        number = digest(self.seed, text)
        if number % 5 == 0:
            return None
        return tuple(name for order, name in enumerate(MEMBERS) if number >> (8 + order) & 1) or MEMBERS

    async def ask(self, question: Question[A], deadline_ms: float) -> Reply[A]:
        self.asked.append(question)
        number = digest(self.seed, "turns", len(self.asked))
        for _ in range(number % (self.turns_max + 1)):
            await asyncio.sleep(0)
        return cast("Reply[A]", Reply(self._answer(question), "", 1.0))

    def _answer(self, question: Question[Any]) -> object:
        match question:
            case MembersQuestion(source=source, offset=offset):
                names = self.members(source.text[:offset])
                return Members(
                    tuple(Member(name, "function") for name in names or MEMBERS), names is not None, None, ""
                )
            case ScopeQuestion():
                names = tuple(ScopeName(name, "instance", "local") for name in self.scope)
                return ScopeNames(names, bool(names))
            case CallQuestion(source=source, offset=offset) if self.takes_max is not None:
                count = digest(self.seed, "takes", source.text[:offset]) % (self.takes_max + 1)
                names = [f"a{number}" for number in range(count)]
                parameters = [Parameter(name, "positional_or_keyword", None, None) for name in names]
                parameters.append(Parameter("book", "keyword_only", None, None))
                return Call((Signature("f", tuple(parameters), None, None),), (*names, "book"), True)
            case NameKindsQuestion(source=source, offset=offset) if self.kinds:
                numbers = [digest(self.seed, source.text[:offset], name) for name in MEMBERS]
                found: list[NameKind] = [self.kinds[number % len(self.kinds)] for number in numbers]
                return NameKinds(tuple(map(ClassifiedName, MEMBERS, found)), True)
            case CallQuestion():
                return Call((), self.keywords, bool(self.keywords))
            case ImportableNamesQuestion():
                members = tuple(Member(name, "class") for name in self.importables)
                return ImportableNames("shop", members, bool(members), "", self.missing)
            case _:
                return None
