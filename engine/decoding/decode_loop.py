"""The decode loop: one request in, tokens out, over one model and one cache that is kept between requests.

Invariants: the cache always holds exactly the keys and values of ``self._cached_ids``, also after a
cancellation or an error half-way; the cancel flag is read before and after every forward pass, so that an
abandoned pass has no effect; neither the prefix cache nor drafts change the generated text.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import isfinite
from time import perf_counter
from typing import Generic, Protocol, TypeVar

import torch
from holesmith.engine.constraints.device_masks import to_device
from holesmith.engine.constraints.guide import Guide, MaskCache
from holesmith.engine.constraints.token_index import TokenIndex
from holesmith.engine.decoding.choice_scoring import score_choices
from holesmith.engine.decoding.drafts import DraftSwitch, PromptLookup
from holesmith.engine.decoding.sampling import Sampler, likeliest
from holesmith.engine.decoding.thread_tuner import ThreadPool
from holesmith.engine.errors import EngineError
from holesmith.engine.model.causal_model import Cache, CacheT, CausalModel
from holesmith.engine.request import Finish, Generation, Request, Token
from holesmith.engine.token_ids import shared_length
from holesmith.engine.vocabulary.vocabulary import Vocabulary
from holesmith.kernels.workers import no_op
from torch import Tensor

PREFILL_TOKENS_MAX = 512
"""Long prompts are run in pieces of this many tokens; a cancellation takes effect between two pieces."""

FORCED_TOKENS_MAX = 8
"""The number of tokens that a constraint demands which one pass may verify."""

# The number of recent completions that drafts may come from.
_RECENT_MAX = 8
# Passes of more tokens count as long work, which uses all threads.
_SHORT_WORK_TOKENS_MAX = 8
# More than any two logits differ, but finite: a constraint may allow only excluded ids.
_EXCLUSION = 1e6

_AnyCache = TypeVar("_AnyCache", bound=Cache, contravariant=True)


class PrefixStore(Protocol[_AnyCache]):
    """A store of the keys and values of earlier prompts: `prefix_cache.PrefixCache`."""

    def restore(self, token_ids: Sequence[int], cache: _AnyCache) -> None: ...

    def remember(self, token_ids: Sequence[int], cache: _AnyCache) -> None: ...


@dataclass(slots=True)
class _Progress:
    """A running generation."""

    request: Request
    emit: Callable[[Token], None]
    cancelled: Callable[[], bool]
    guide: Guide
    sampler: Sampler
    tokens: list[Token] = field(default_factory=list)
    counted: int = 0
    _emitted: int = 0

    def say(self) -> None:
        """Emit the tokens chosen since the last call."""
        while self._emitted < len(self.tokens):
            self._emitted += 1
            self.emit(self.tokens[self._emitted - 1])


class DecodeLoop(Generic[CacheT]):
    """Runs requests one after another. Several threads must not use it at the same time."""

    def __init__(
        self,
        model: CausalModel[CacheT],
        vocabulary: Vocabulary,
        prefixes: PrefixStore[CacheT] | None = None,
        drafted_tokens_max: int = 0,
        threads: ThreadPool | None = None,
    ) -> None:
        """Make the loop.

        Without ``prefixes`` only the last prompt is reused; without ``threads`` torch decides.
        """
        self._model = model
        self._vocabulary = vocabulary
        self._prefixes = prefixes
        self._drafted_tokens_max = drafted_tokens_max
        self._threads = threads
        self._cache = model.new_cache()
        self._cached_ids: list[int] = []
        # Takes half a second for a large vocabulary; done while loading, so that no request waits for it.
        self._mask_cache = MaskCache(TokenIndex(vocabulary.bytes_by_id))
        self._recent: deque[tuple[int, ...]] = deque(maxlen=_RECENT_MAX)

    def run(
        self, request: Request, emit: Callable[[Token], None], cancelled: Callable[[], bool]
    ) -> Generation:
        """Generate, and call ``emit`` with each token while the next one is being computed.

        Emitting a token takes the GIL, so a token is emitted only after the next forward pass has been
        launched.

        Raises EngineError for a prompt that does not fit. The timings have the stages "prefill" and "decode".
        """
        began = perf_counter()
        self._check(request)
        guide = Guide(request, self._mask_cache)
        progress = _Progress(request, emit, cancelled, guide, Sampler(request.sampling))
        try:
            logits, prefilled = self._prefill(request.token_ids, cancelled)
            decoding = perf_counter()
            if self._threads is not None:
                self._threads.for_short_work()
            finish: Finish = "cancelled"
            scores: tuple[float, ...] = ()
            if logits is not None and request.choices:
                scores = self._score(request, logits)
                finish, scores = ("cancelled", ()) if cancelled() else ("stop", scores)
            elif logits is not None:
                finish = self._decode(progress, logits)
        finally:
            progress.say()
            self._remember()
        if len(progress.tokens) > 1:  # a single token has no pair to look up
            self._recent.append(tuple(token.id for token in progress.tokens))
        timings = {"prefill": 1e3 * (decoding - began), "decode": 1e3 * (perf_counter() - decoding)}
        return Generation(tuple(progress.tokens), finish, prefilled, timings, guide.dropped, scores)

    def abandon(self) -> None:
        """Stop the forward pass of a run whose cancel flag is set before its end.

        May be called from any thread.
        """
        self._model.abandon()

    def _check(self, request: Request) -> None:
        assert request.tokens_max >= 1
        room = self._cache.capacity - len(request.token_ids)
        if not request.token_ids or room < 1:
            count, most = len(request.token_ids), self._cache.capacity - 1
            raise EngineError(f"the prompt has {count} tokens, the model takes 1 to {most}")

    def _prefill(self, token_ids: Sequence[int], cancelled: Callable[[], bool]) -> tuple[Tensor | None, int]:
        """Return the logits after the prompt, None if it was cancelled, and the number of tokens run."""
        self._reuse(token_ids[:-1])
        todo = token_ids[self._cache.length :]
        logits: Tensor | None = None
        done = 0
        while done < len(todo):
            if cancelled():
                return None, done
            piece = todo[done : done + PREFILL_TOKENS_MAX]
            if self._threads is not None and len(piece) > _SHORT_WORK_TOKENS_MAX:
                self._threads.for_long_work()
            rows = self._forward(piece, 1, cancelled)
            if rows is None:
                return None, done
            logits = rows[0]
            self._wait()
            done += len(piece)
        return logits, done

    def _wait(self) -> None:
        """Wait until the device has finished its work.

        Otherwise a cancellation would come after all work is queued, and decoding would seem to take the
        prompt's time.
        """
        if self._model.device.type == "cuda":
            torch.cuda.current_stream(self._model.device).synchronize()

    def _reuse(self, token_ids: Sequence[int]) -> None:
        """Make the cache hold the longest known prefix of ``token_ids``."""
        self._truncate(shared_length(self._cached_ids, list(token_ids)))
        if self._prefixes is not None:
            self._prefixes.restore(token_ids, self._cache)
            self._cached_ids.extend(token_ids[len(self._cached_ids) : self._cache.length])

    def _remember(self) -> None:
        self._truncate(min(self._cache.length, len(self._cached_ids)))
        if self._prefixes is not None and self._cached_ids:
            self._prefixes.remember(self._cached_ids, self._cache)

    def _truncate(self, length: int) -> None:
        self._cache.truncate(length)
        del self._cached_ids[self._cache.length :]

    def _forward(
        self,
        token_ids: Sequence[int],
        logits_count: int,
        cancelled: Callable[[], bool],
        on_launched: Callable[[], None] = no_op,
    ) -> Tensor | None:
        """Run tokens and record them as cached; None if the request was cancelled.

        # [logits_count, vocabulary] float32
        """
        before = self._cache.length
        ids = to_device(torch.tensor(token_ids, dtype=torch.int64), self._model.device)
        logits = self._model.forward(ids, self._cache, logits_count, on_launched)
        if cancelled():
            self._truncate(before)
            return None
        self._cached_ids.extend(token_ids)
        return logits

    def _score(self, request: Request, logits: Tensor) -> tuple[float, ...]:
        enders = torch.from_numpy(self._mask_cache.index.identifier_enders.ids)
        ending = torch.cat((enders, torch.tensor(sorted(request.stop_ids), dtype=torch.int64)))
        return tuple(
            score_choices(self._model, self._cache, logits, request.choices, ending.to(logits.device))
        )

    def _decode(self, progress: _Progress, logits: Tensor) -> Finish:
        lookup = PromptLookup(self._recent, progress.request.token_ids) if self._drafted_tokens_max else None
        switch = DraftSwitch()
        guess: list[int] = []
        is_lookup = False
        rows = logits[None]
        while True:
            before = len(progress.tokens)
            finish = self._accept(progress, rows, guess)
            made = [token.id for token in progress.tokens[before:]]
            if guess:
                if is_lookup:
                    switch.note(len(made) - 1)
                self._truncate(self._cache.length - (len(guess) - (len(made) - 1)))
            if finish is not None:
                return finish
            if progress.cancelled():
                return "cancelled"
            room = self._cache.capacity - self._cache.length - 1
            guess = progress.guide.forced(self._vocabulary, min(FORCED_TOKENS_MAX, room))
            is_lookup = not guess
            if lookup is not None:
                lookup.extend(made)
                if is_lookup and switch.open():
                    guess = lookup.guess(min(self._drafted_tokens_max, room))
            ids = [made[-1], *guess]
            following = self._forward(ids, len(ids), progress.cancelled, progress.say)
            if following is None:
                return "cancelled"
            rows = following

    def _accept(self, progress: _Progress, rows: Tensor, guess: Sequence[int]) -> Finish | None:
        """Choose a token from each row of logits as long as the guess agrees with the chosen tokens.

        The loop waits for a device once, or once for each row if a row's allowed tokens depend on the row
        before.
        """
        is_free = progress.guide.is_free and progress.sampler.greedy and not self._excludes(progress)
        chosen = likeliest(rows) if is_free and rows.is_cuda else [None] * len(rows)
        for row, token, guessed in zip(progress.sampler.to_device(rows), chosen, [*guess, None], strict=True):
            finish = self._take(progress, row, token)
            if finish is not None or progress.tokens[-1].id != guessed:
                return finish
        raise AssertionError("the last row has no guess")

    def _take(self, progress: _Progress, logits: Tensor, chosen: Token | None) -> Finish | None:
        """Accept one token, chosen here unless ``chosen`` is given.

        Return why the generation ends, or None.
        """
        request, guide = progress.request, progress.guide
        token = chosen or self._choose(progress, logits)
        if not isfinite(token.log_probability):
            raise EngineError("the model computes values that are not numbers: its weights may be damaged")
        if token.id in request.stop_ids:
            return "stop"
        progress.tokens.append(token)
        progress.counted += not guide.is_healing
        guide.advance(self._vocabulary.token_bytes(token.id))
        is_full = len(request.token_ids) + len(progress.tokens) > self._cache.capacity
        return "length" if progress.counted == request.tokens_max or is_full else None

    def _choose(self, progress: _Progress, logits: Tensor) -> Token:
        scores = progress.guide.prefer(logits)
        if self._excludes(progress):
            excluded = to_device(torch.tensor(sorted(progress.request.excluded_first)), logits.device)
            scores = scores.clone()
            scores[excluded] -= _EXCLUSION
        return progress.sampler.choose(logits, progress.guide.allowed(logits.device), scores)

    def _excludes(self, progress: _Progress) -> bool:
        return bool(progress.request.excluded_first) and not progress.tokens
