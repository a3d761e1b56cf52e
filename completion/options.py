"""The user's options for completion, with the defaults; made from settings or flags."""

from dataclasses import dataclass
from typing import Literal

from holesmith.context.sources.catalogue import SOURCES

Lines = Literal["auto", "single", "multi"]
PromptOrder = Literal["plain", "anchored"]
WeightForm = Literal["auto", "bf16", "int8", "int4"]


CONTEXT_SOURCES = tuple(source.name for source in SOURCES)


@dataclass(frozen=True, slots=True)
class Options:
    """Options that hold for every request until they are replaced.

    ``model`` is a name of the model store, a ``.gguf`` file or a directory in Hugging Face layout; None takes
    the default for the device. ``device`` is "auto", "cpu", "cuda" or "cuda:N"; ``weights`` is the form in
    which the engine keeps them (`engine.loading.load.load_engine`). Token counts are of the loaded model's
    vocabulary. ``prompt_order`` is explained in context/prompt. ``debounce_ms_max`` bounds the wait for a
    pause in typing (debounce.py); 0 never waits. ``facts`` puts the facts of static analysis about the hole
    into the prompt, as far as they are known after ``facts_ms_max``. At an import, the names that the
    document misses are waited for just as long. ``sources`` are the only sources of context, by their names
    in the catalogue, and "facts" among them counts as ``facts``; None takes the default sources.
    ``answer_ms_max`` is the time after a monitor's question within which the answer still counts.
    ``check_ms_max`` is the time that the final check of a completion may take (final_check.py); 0 leaves the
    check out. ``python`` is the interpreter or the environment's directory whose packages static analysis
    reads; None looks for the project's.

    While the user types, a completion whose confidence is below ``confidence_min`` is not shown. A request by
    hand gets up to ``candidates_max`` completions. ``look_ahead`` prefetches the completion after the one
    shown.
    """

    model: str | None = None
    device: str = "auto"
    weights: WeightForm = "auto"
    lines: Lines = "auto"
    tokens_max: int = 64
    prompt_tokens_max: int = 1024
    prompt_order: PromptOrder = "anchored"
    in_comments: bool = False
    debounce_ms_max: int = 300
    context: bool = True
    facts: bool = False
    facts_ms_max: float = 50.0
    sources: frozenset[str] | None = None
    python: str | None = None
    monitor: bool = True
    answer_ms_max: float = 400.0
    check_ms_max: float = 60.0
    confidence_min: float = 0.0
    candidates_max: int = 1
    look_ahead: bool = False

    @property
    def wants_facts(self) -> bool:
        """True if static analysis is asked for facts for the prompt."""
        return self.context and (self.facts if self.sources is None else "facts" in self.sources)

    @property
    def wants_imports(self) -> bool:
        """True if, at an import, static analysis is asked for the names that the document misses."""
        return self.context and (self.sources is None or "missing_imports" in self.sources)
