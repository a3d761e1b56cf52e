"""What an engine is asked and what it answers: plain data, so that an engine may sit in another process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Finish = Literal["stop", "length", "cancelled"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is drawn. Temperature 0 is greedy and makes the other fields meaningless."""

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """One generation: the prompt's token ids, and when to stop.

    ``stop_ids`` end the generation and are not part of it. ``tokens_max`` is at least 1.

    ``required_prefix`` are the bytes that the generated tokens, joined, must begin with (token healing): until
    they are spelt, only tokens that agree with them may be chosen, and a token may go on beyond them. The
    generation contains them, and they do not count against ``tokens_max``.
    """

    token_ids: tuple[int, ...]
    tokens_max: int
    stop_ids: frozenset[int]
    required_prefix: bytes = b""
    sampling: Sampling = field(default_factory=Sampling)


@dataclass(frozen=True, slots=True)
class Token:
    """One generated token and the natural logarithm of the probability the model gave it."""

    id: int
    log_probability: float


@dataclass(frozen=True, slots=True)
class Generation:
    """A finished generation. ``timings_ms`` has the stages "queue", "prefill" and "decode".

    ``finish`` is "stop" after a stop id, "length" after ``tokens_max`` tokens, "cancelled" when the reader
    of the stream had enough.
    """

    tokens: tuple[Token, ...]
    finish: Finish
    tokens_prefilled: int
    timings_ms: Mapping[str, float]
