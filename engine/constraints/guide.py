"""The constraints of one request after the tokens so far: the tokens that may come next.

Invariants: the healed prefix is a constraint like the others; a constraint that leaves no token is dropped
and counted, the last one first, so that there is always a token to choose.
"""

from dataclasses import dataclass

import torch
from holesmith.engine.constraints.constraint import End, State, machine_of
from holesmith.engine.constraints.device_masks import MaskIds
from holesmith.engine.constraints.token_index import TokenIndex
from holesmith.engine.constraints.token_mask import TokenMask, TokenMasks, intersect
from holesmith.engine.request import Constraint, Request
from holesmith.engine.vocabulary.vocabulary import Vocabulary
from torch import Tensor

MASKS_KEPT = 64
"""The number of constraints whose masks are cached: the same types come again and again."""


class MaskCache:
    """The masks of the most recent constraints, over one vocabulary."""

    def __init__(self, index: TokenIndex) -> None:
        self.index = index
        self.ids = MaskIds()
        self._masks: dict[Constraint, TokenMasks] = {}

    def masks_of(self, constraint: Constraint) -> TokenMasks:
        """Return the masks of a constraint, including those computed earlier."""
        known = self._masks.pop(constraint, None) or TokenMasks(machine_of(constraint), self.index)
        self._masks[constraint] = known
        if len(self._masks) > MASKS_KEPT:
            del self._masks[next(iter(self._masks))]
        return known


@dataclass(slots=True)
class _Tracked:
    masks: TokenMasks
    state: State


class Guide:
    """The constraints of one generation."""

    def __init__(self, request: Request, cache: MaskCache) -> None:
        self._stop_ids = sorted(request.stop_ids)
        self._mask_ids = cache.ids
        healed_prefix = request.healed_prefix
        self._healed_prefix = _tracked(Constraint(texts=(healed_prefix,)), cache) if healed_prefix else None
        given = [_tracked(constraint, cache) for constraint in request.constraints]
        self._tracked = [self._healed_prefix, *given] if self._healed_prefix else given
        self.dropped = 0

    @property
    def is_healing(self) -> bool:
        """True if the healed prefix is not complete yet."""
        return self._healed_prefix is not None and not isinstance(self._healed_prefix.state, End)

    @property
    def is_free(self) -> bool:
        """True if no constraint and no preference is left."""
        return not self._open()

    def allowed(self, device: torch.device) -> Tensor | None:
        """Return the ids to choose among, int64; None for all."""
        hard = [tracked for tracked in self._open() if tracked.masks.machine.constraint.penalty is None]
        while hard:
            mask = intersect([mask for tracked in hard if (mask := tracked.masks.mask(tracked.state))])
            ids = self._ids(mask, device)
            if len(ids):
                return ids
            self._drop(hard.pop())
        return None

    def prefer(self, logits: Tensor) -> Tensor:
        """Return the logits with the penalties of the constraints that are preferences.  # [vocabulary]"""
        for tracked in self._open():
            penalty, mask = tracked.masks.machine.constraint.penalty, tracked.masks.mask(tracked.state)
            if penalty is not None and mask is not None:
                preferred = self._ids(mask, logits.device)
                kept = logits[preferred]
                logits = logits - penalty
                logits[preferred] = kept
        return logits

    def advance(self, token_bytes: bytes) -> None:
        """Advance all constraints by the bytes of a chosen token."""
        for tracked in self._open():
            tracked.state = tracked.masks.machine.advance(tracked.state, token_bytes)

    def forced(self, vocabulary: Vocabulary, tokens_max: int) -> list[int]:
        """Return tokens of the text that must come next, so that the model can verify several in one pass.

        They begin with tokens that are the only ones allowed at their place. Then come the tokens of the
        string that has to follow, as the vocabulary cuts it, without the last of them, which may merge with
        the text behind it. These are only a guess, because other tokens may spell the same string. Source:
        llguidance's fast-forward tokens, which save a pass for each forced token.
        """
        hard = [tracked for tracked in self._open() if tracked.masks.machine.constraint.penalty is None]
        states = [(tracked.masks, tracked.state) for tracked in hard]
        found: list[int] = []
        while len(found) < tokens_max and (only := _only_token(states)) is not None:
            found.append(only)
            token_bytes = vocabulary.token_bytes(only)
            states = [(masks, masks.machine.advance(state, token_bytes)) for masks, state in states]
        forced = max((masks.machine.forced_after(state) for masks, state in states), key=len, default=b"")
        text = forced.decode(errors="ignore")
        return [*found, *vocabulary.encode(text)[:-1]][:tokens_max] if text else found

    def _open(self) -> list[_Tracked]:
        return [tracked for tracked in self._tracked if not isinstance(tracked.state, End)]

    def _ids(self, mask: TokenMask, device: torch.device) -> Tensor:
        return self._mask_ids.tensor(mask, self._stop_ids, device)

    def _drop(self, tracked: _Tracked) -> None:
        tracked.state = End.REFUSED
        self.dropped += 1


def _only_token(states: list[tuple[TokenMasks, State]]) -> int | None:
    """Return the only token that is allowed, if there is exactly one and the text may not end; else None."""
    masks = [mask for known, state in states if (mask := known.mask(state)) is not None]
    if not masks:
        return None
    # Most places allow many tokens, which shows without an intersection of the masks.
    if all(mask.shared_set is not None or mask.may_end or len(mask.token_ids) != 1 for mask in masks):
        return None
    mask = intersect(masks)
    ids = mask.ids()
    return int(ids[0]) if len(ids) == 1 and not mask.may_end else None


def _tracked(constraint: Constraint, cache: MaskCache) -> _Tracked:
    masks = cache.masks_of(constraint)
    return _Tracked(masks, masks.machine.start)
