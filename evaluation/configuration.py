"""A configuration: one way of completing that a run measures. Also grids of configurations.

A configuration is plain data and says everything that can change an answer. Its name, which reports show,
says how it differs from the other configurations of the run.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal, cast, get_args

from holesmith.completion.options import WeightForm
from holesmith.evaluation.errors import EvaluationError

Mode = Literal[
    "pipeline",
    "context",
    "prior",
    "post+prior",
    "pp-top-k",
    "nt-prior-last",
    "fusion-in-decoder",
    "retrieval",
]
MODES: tuple[Mode, ...] = get_args(Mode)

PAPER_TEMPERATURES = (0.2, 0.4, 0.6, 0.6, 0.8, 0.8)
"""The temperatures of the six samples in the monitors paper."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings under which a run answers its cases.

    ``mode`` is "pipeline" for the suggestion that an editor would show; every other mode is a way to make the
    prompt from the case. ``model`` None is the default model of the device; ``weights`` is the form in which
    the engine keeps the model. ``context`` and ``monitor`` belong to the pipeline, ``sources`` (None for the
    default sources) to the pipeline and to the mode "context".

    ``healing`` takes a token that may be half typed off the prompt and demands it from the model. The
    published settings do not heal; their vocabularies end a token at every dot, and a vocabulary with tokens
    such as ``.get`` fails without healing.

    With ``window_step`` a window of tokens begins only at multiples of it, so that the windows of holes in
    one file begin alike. ``suffix_tokens_max`` None is half of the prompt. ``passages`` and
    ``passage_tokens`` limit the retrieved contexts. Each of ``temperatures`` is one sample; 0 is greedy.
    """

    model: str | None = None
    weights: WeightForm = "auto"
    mode: Mode = "pipeline"
    context: bool = True
    monitor: bool = True
    sources: tuple[str, ...] | None = None
    healing: bool = True
    tokens_max: int = 64
    prompt_tokens_max: int = 1024
    suffix_tokens_max: int | None = None
    window_step: int = 1
    passages: int = 32
    passage_tokens: int = 768
    temperatures: tuple[float, ...] = (0.0,)
    top_p: float = 1.0
    seed: int = 0

    def as_json(self) -> dict[str, object]:
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }


def name_of(configuration: Configuration, varied: Iterable[str] = ()) -> str:
    """Name a configuration by its model, mode, the pipeline's switches and the keys that the run varies."""
    shown: dict[str, object] = {"mode": configuration.mode, "model": configuration.model or "default"}
    if configuration.mode == "pipeline":
        shown |= {"context": configuration.context, "monitor": configuration.monitor}
        if configuration.sources is not None:
            shown["sources"] = configuration.sources
    shown |= {key: getattr(configuration, key) for key in varied}
    return " ".join(f"{key}={_text(value)}" for key, value in shown.items())


def _text(value: object) -> str:
    match value:
        case bool():
            return "on" if value else "off"
        case tuple():
            return "+".join(map(str, cast("tuple[object, ...]", value))) or "none"
        case None:
            return "default"
        case _:
            return str(value)


@dataclass(frozen=True, slots=True)
class Named:
    """A configuration with its name in the run."""

    name: str
    configuration: Configuration


def grid_of(start: Configuration, axes: Sequence[str]) -> tuple[Named, ...]:
    """Return every combination of the axes around ``start``, in their order.

    Each axis is ``key=value,value``. Raises EvaluationError for an unknown key or a value that the key can't
    have.
    """
    keys: list[str] = []
    choices: list[list[object]] = []
    for axis in axes:
        key, found, values = axis.partition("=")
        key = key.strip().replace("-", "_")
        if not found or key not in _READERS or key in keys:
            raise EvaluationError(
                f"--grid {axis}: use KEY=VALUE,… with one of {', '.join(_READERS)}, each once"
            )
        keys.append(key)
        choices.append([_read(key, value.strip()) for value in values.split(",")])
    grid = [
        replace(start, **dict(zip(keys, combination, strict=True)))  # pyright: ignore[reportArgumentType]  # read by key
        for combination in itertools.product(*choices)
    ]
    return tuple(dict.fromkeys(Named(name_of(each, keys), each) for each in grid))


def _read(key: str, value: str) -> object:
    try:
        return _READERS[key](value)
    except ValueError as error:
        raise EvaluationError(f"--grid {key}: {value!r} will not do: {error}") from None


def _switch(value: str) -> bool:
    if value not in ("on", "off"):
        raise ValueError("use on or off")
    return value == "on"


def _mode(value: str) -> Mode:
    if value not in MODES:
        raise ValueError(f"use one of {', '.join(MODES)}")
    return value


def _weights(value: str) -> WeightForm:
    found = next((form for form in get_args(WeightForm) if form == value), None)
    if found is None:
        raise ValueError(f"use one of {', '.join(get_args(WeightForm))}")
    return found


def _positive(value: str) -> int:
    if (number := int(value)) < 1:
        raise ValueError("must be at least 1")
    return number


def _sources(value: str) -> tuple[str, ...] | None:
    if value == "default":
        return None
    return () if value == "none" else tuple(filter(None, value.split("+")))


_READERS: Mapping[str, Callable[[str], object]] = {
    "model": lambda value: None if value == "default" else value,
    "weights": _weights,
    "mode": _mode,
    "context": _switch,
    "monitor": _switch,
    "sources": _sources,
    "healing": _switch,
    "tokens_max": _positive,
    "prompt_tokens_max": _positive,
    "suffix_tokens_max": _positive,
    "window_step": _positive,
    "passages": _positive,
    "passage_tokens": _positive,
    "seed": int,
}
