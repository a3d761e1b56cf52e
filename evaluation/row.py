"""A row of a run's results: one configuration's answer to one case, with its scores.

The configuration and the case determine everything but the times and ``prefilled_tokens``: a run done again
gives the same rows.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

#: A prompt with at least this share of new tokens counts as cold, because all prompts begin with some common
#: tokens. A guess.
COLD_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One answer. ``scores`` lacks the metrics that are not defined for the case."""

    text: str
    scores: Mapping[str, float]
    finish: str
    tokens: int
    temperature: float
    reason: str = ""
    monitors: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Row:
    """One case under one configuration.

    ``configuration`` is its name in the run. ``error`` is the reason why there is no answer, None if there is
    one. ``nats`` is the model's surprise at the true first line; None if it was not measured. ``before`` and
    ``after`` are the lines around the hole, for people; ``prompt`` is the text that the model saw.
    ``prefilled_tokens`` of the prompt's tokens had to be read for the first sample, while the others were in
    the engine's cache from the case before; None if they were not counted.
    """

    configuration: str
    case: str
    repository: str
    path: str
    slices: Mapping[str, str]
    target: str
    before: str
    after: str
    prompt: str
    prompt_tokens: int
    samples: tuple[SampleRow, ...]
    scores: Mapping[str, float]
    context: Sequence[Mapping[str, object]] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict[str, float])
    error: str | None = None
    nats: float | None = None
    prefilled_tokens: int | None = None

    @property
    def is_cold(self) -> bool:
        """True if the model had to read nearly the whole prompt, so that the time is that of a new place."""
        if self.prefilled_tokens is None or not self.prompt_tokens:
            return False
        return self.prefilled_tokens >= COLD_SHARE * self.prompt_tokens

    @property
    def key(self) -> tuple[str, str]:
        return self.configuration, self.case

    def as_line(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def row_of(line: bytes) -> Row:
    """Read a row back from the result of ``as_line``.

    Raises ValueError, KeyError or TypeError for anything else.
    """
    fields: dict[str, Any] = json.loads(line)
    samples = tuple(SampleRow(**sample) for sample in fields.pop("samples"))
    context = tuple(fields.pop("context"))
    return Row(samples=samples, context=context, **fields)
