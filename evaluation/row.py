"""One line of a run's results: what one configuration answered to one case, and what that was worth.

All but the times is determined by the configuration and the case: a run done again gives the same rows.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


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
    """``configuration`` is its name in the run. ``error`` is why there is no answer, else None. ``nats`` is
    the model's surprise at the true first line, if it was asked.

    ``before`` and ``after`` are the lines around the hole, for people; ``prompt`` is what the model saw.
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

    @property
    def key(self) -> tuple[str, str]:
        return self.configuration, self.case

    def as_line(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def row_of(line: bytes) -> Row:
    """From what ``as_line`` gave. Raises ValueError, KeyError or TypeError for anything else."""
    fields: dict[str, Any] = json.loads(line)
    samples = tuple(SampleRow(**sample) for sample in fields.pop("samples"))
    context = tuple(fields.pop("context"))
    return Row(samples=samples, context=context, **fields)
