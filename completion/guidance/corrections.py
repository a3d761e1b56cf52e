"""Correct a refused text by a new request: how far decoding goes back, and under which constraints."""

from dataclasses import dataclass, replace

from holesmith.completion.guidance.generated_text import GeneratedText
from holesmith.engine.constraints.constraint import rest_after
from holesmith.engine.request import Constraint


@dataclass(frozen=True, slots=True)
class Rollback:
    """A correction: keep ``tokens_kept`` tokens, and go on under ``constraints``."""

    tokens_kept: int
    constraints: tuple[Constraint, ...]


def rollback(
    generated: GeneratedText, start: int, constraints: tuple[Constraint, ...], tokens_kept: int
) -> Rollback:
    """Return the correction that goes back to ``tokens_kept`` tokens.

    ``start`` is the byte at which the constrained text begins. If it lies inside the first token thrown away,
    the constraints demand the bytes before it too. If it lies in a token that is kept, the constraints hold
    for the text that is still missing.
    """
    kept = len(generated.bytes_of(tokens_kept))
    written = generated.bytes_of(len(generated.tokens))
    if kept <= start:
        lead = written[kept:start]
        return Rollback(tokens_kept, tuple(replace(each, lead=lead) for each in constraints))
    begun = written[start:kept]
    return Rollback(tokens_kept, tuple(rest_after(each, begun) for each in constraints))


def without_special_names(
    generated: GeneratedText, start: int, constraint: Constraint, tokens_kept: int
) -> tuple[Constraint, int]:
    """Let a refused private name begin again if only special names would be left for it.

    If ``_cache`` is refused and its ``_`` is kept, only names such as ``__getstate__`` begin like that, and
    the model meant none of those. ``start`` is the byte at which the name begins. The result is the
    constraint and the number of tokens kept.
    """
    kept = generated.bytes_of(tokens_kept)[start:]
    refused = generated.bytes_of(tokens_kept + 1)[start:]
    others = tuple(name for name in constraint.names if not name.startswith(b"__"))
    is_special = kept == b"_" and not refused.startswith(b"__")
    if not (is_special and others) or any(name.startswith(kept) for name in others):
        return constraint, tokens_kept
    return replace(constraint, names=others), generated.token_at(start)
