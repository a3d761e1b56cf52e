"""Several candidates for one hole: one prefill, then all of them decoded in one batch.

The candidates of a greedy request begin with the likeliest first tokens, a different one each, and go on
greedily; those of a sampled request are drawn with the seeds that follow the request's. The first candidate
is the one that a plain request would give.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from holesmith.engine.branched_cache import branch
from holesmith.engine.guide import Guide, MaskCache
from holesmith.engine.key_value_cache import KeyValueCache
from holesmith.engine.model import Decoder
from holesmith.engine.request import Finish, Request, Token
from holesmith.engine.sampling import Sampler
from holesmith.engine.token_index import TokenIndex
from holesmith.engine.vocabulary import Vocabulary
from torch import Tensor


@dataclass(slots=True)
class Candidate:
    """One continuation on its way. ``finish`` is None while it goes on."""

    sampler: Sampler
    guide: Guide
    tokens: list[Token] = field(default_factory=list)
    counted: int = 0
    finish: Finish | None = None

    @property
    def log_probability(self) -> float:
        """What the model believes of the whole candidate."""
        return sum(token.log_probability for token in self.tokens)


class CandidateLoop:
    """Decodes candidates after a prompt that a cache holds."""

    def __init__(self, model: Decoder, vocabulary: Vocabulary) -> None:
        self._model = model
        self._vocabulary = vocabulary

    def run(
        self,
        request: Request,
        cache: KeyValueCache,
        logits: Tensor,
        count: int,
        cancelled: Callable[[], bool],
    ) -> list[Candidate]:
        """At most ``count`` different candidates; fewer where fewer first tokens are allowed.

        ``cache`` holds the whole prompt and is not changed; ``logits`` [vocabulary] are those after it.
        """
        steps_max = min(request.tokens_max + len(request.required_prefix), cache.capacity - cache.length)
        candidates = self._begin(request, logits, count)
        going = [candidate for candidate in candidates if candidate.finish is None]
        branches = branch(cache, len(going), steps_max)
        while going and branches.own_length < steps_max:
            if cancelled():
                self._end(going, "cancelled")
                return candidates
            ids = torch.tensor([each.tokens[-1].id for each in going], device=self._model.device)
            rows = self._model.forward_branches(ids, branches)
            for candidate, row in zip(going, rows, strict=True):
                self._take(request, candidate, row)
            left = [at for at, candidate in enumerate(going) if candidate.finish is None]
            if len(left) < len(going):
                branches.keep(left)
                going = [going[at] for at in left]
        self._end(going, "length")
        return candidates

    def _begin(self, request: Request, logits: Tensor, count: int) -> list[Candidate]:
        candidates: list[Candidate] = []
        begun: list[int] = []
        for order in range(count):
            sampling = replace(request.sampling, seed=request.sampling.seed + order)
            candidate = Candidate(Sampler(sampling), Guide(request, self._mask_cache))
            excluded = begun if candidate.sampler.greedy else []
            self._take(request, candidate, logits, excluded)
            if candidate.tokens and candidate.tokens[0].id in excluded:
                break  # no other first token is allowed
            candidates.append(candidate)
            if not candidate.tokens:
                break  # the likeliest is to say nothing: what comes after that is not worth showing
            begun.append(candidate.tokens[0].id)
        return candidates

    def _take(
        self, request: Request, candidate: Candidate, logits: Tensor, excluded: Sequence[int] = ()
    ) -> None:
        """Choose a candidate's next token, one of ``excluded`` only if no other is allowed."""
        guide = candidate.guide
        logits = candidate.sampler.place(logits)
        scores = guide.prefer(logits)
        if excluded:
            scores = scores.index_fill(0, torch.tensor(excluded, device=scores.device), float("-inf"))
        token = candidate.sampler.choose(logits, guide.allowed(logits.device), scores)
        if token.id in request.stop_ids:
            candidate.finish = "stop"
            return
        candidate.tokens.append(token)
        candidate.counted += not guide.is_healing
        guide.advance(self._vocabulary.token_bytes(token.id))
        if candidate.counted == request.tokens_max:
            candidate.finish = "length"

    def _end(self, candidates: Sequence[Candidate], finish: Finish) -> None:
        for candidate in candidates:
            candidate.finish = finish

    @cached_property
    def _mask_cache(self) -> MaskCache:
        return MaskCache(TokenIndex(self._vocabulary.bytes_by_id))
