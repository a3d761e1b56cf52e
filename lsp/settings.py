"""The user's settings under ``holesmith``: their names, defaults and bounds, and their reader.

Reading never fails: a wrong setting is reported in one line, and its default is used. Keys may be nested
(``{"inline": {"lines": "single"}}``) or dotted (``{"inline.lines": "single"}``).
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from holesmith.completion.options import CONTEXT_SOURCES, Lines, Options, PromptOrder, WeightForm
from holesmith.completion.visible_text import one_line
from holesmith.lsp.documents.documents import Limits

_OPTIONS = Options()
# The names that engine/store/catalogue.py takes: NAME, or OWNER/NAME[@REVISION][:FILE.gguf].
_MODEL_NAME = re.compile(
    r"(?!.*\.gguf\Z)[A-Za-z0-9][\w.-]*|[A-Za-z0-9][\w.-]*/(?![^:]*\.gguf\Z)[A-Za-z0-9][\w.-]*"
    r"(?:@[A-Za-z0-9][\w./-]*)?(?::[A-Za-z0-9][\w./-]*\.gguf)?",
    re.ASCII,
)

Place = Literal["model", "environment"]


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their defaults; `RULES` describes each."""

    model: str | None = _OPTIONS.model
    device: str = _OPTIONS.device
    weights: WeightForm = _OPTIONS.weights
    context: bool = _OPTIONS.context
    prompt_tokens_max: int = _OPTIONS.prompt_tokens_max
    prompt_order: PromptOrder = _OPTIONS.prompt_order
    sources: str | None = None
    facts: bool = _OPTIONS.facts
    facts_ms_max: float = _OPTIONS.facts_ms_max
    python: str | None = _OPTIONS.python
    monitor: bool = _OPTIONS.monitor
    answer_ms_max: float = _OPTIONS.answer_ms_max
    check_ms_max: float = _OPTIONS.check_ms_max
    inline: bool = True
    lines: Lines = _OPTIONS.lines
    tokens_max: int = _OPTIONS.tokens_max
    in_comments: bool = _OPTIONS.in_comments
    debounce_ms_max: int = _OPTIONS.debounce_ms_max
    confidence_min: float = 0.15
    candidates_max: int = 3
    look_ahead: bool = True
    menu: bool = True
    document_bytes_max: int = 5_000_000
    log_level: str = "info"

    @property
    def options(self) -> Options:
        return Options(
            model=None if self.model is None else from_home(self.model),
            device=self.device,
            weights=self.weights,
            lines=self.lines,
            tokens_max=self.tokens_max,
            prompt_tokens_max=self.prompt_tokens_max,
            prompt_order=self.prompt_order,
            in_comments=self.in_comments,
            debounce_ms_max=self.debounce_ms_max,
            context=self.context,
            sources=None if self.sources is None else frozenset(parts_of(self.sources)),
            facts=self.facts,
            facts_ms_max=self.facts_ms_max,
            python=None if self.python is None else from_home(self.python),
            monitor=self.monitor,
            answer_ms_max=self.answer_ms_max,
            check_ms_max=self.check_ms_max,
            confidence_min=self.confidence_min,
            candidates_max=self.candidates_max,
            look_ahead=self.look_ahead,
        )

    @property
    def limits(self) -> Limits:
        return Limits(document_bytes_max=self.document_bytes_max)


def parts_of(text: str) -> list[str]:
    """The parts of a text between its commas, stripped."""
    return [part.strip() for part in text.split(",")]


def is_absolute(path: str) -> bool:
    """True if a path does not depend on the current folder; it may begin with ``~`` for the user's home."""
    return "\0" not in path and Path(from_home(path)).is_absolute()


def from_home(path: str) -> str:
    """The path with the user's home in place of a leading ``~/``; unchanged if the user has no home."""
    # Path.expanduser raises an error if there is no home.
    return os.path.expanduser(path) if path.startswith("~/") else path  # noqa: PTH111


def is_model_name(text: str) -> bool:
    """True if a text can be the name of a model of the catalogue or of a hub, and not of a file."""
    return _MODEL_NAME.fullmatch(text) is not None and ".." not in text


@dataclass(frozen=True, slots=True)
class Rule:
    """One setting: its field in `Settings`, the key that the user writes, and the values it takes.

    A value has the type of the default; a whole number may stand for a fraction, and a default of None means
    text or null. ``parts``: the value lists some of these, separated by commas. ``place``: the value names a
    model or an environment; a relative path is refused, because the current folder may be an untrusted
    workspace.
    """

    field: str
    key: str
    description: str
    choices: tuple[str, ...] = ()
    bounds: tuple[int, int] | None = None
    parts: tuple[str, ...] = ()
    place: Place | None = None

    @property
    def default(self) -> object:
        return getattr(_DEFAULTS, self.field)

    def accepts(self, value: object) -> bool:
        if self.choices:
            return value in self.choices
        if self.bounds is not None:
            kinds = (int, float) if isinstance(self.default, float) else (int,)
            return type(value) in kinds and self.bounds[0] <= cast("float", value) <= self.bounds[1]
        if isinstance(self.default, bool):
            return isinstance(value, bool)
        if self.parts and isinstance(value, str):
            return set(parts_of(value)) <= set(self.parts)
        if self.place is not None and isinstance(value, str):
            return is_absolute(value) or (self.place == "model" and is_model_name(value))
        return (isinstance(value, str) and value != "") or (value is None and self.default is None)

    @property
    def expectation(self) -> str:
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.bounds is not None:
            kind = "number" if isinstance(self.default, float) else "whole number"
            return f"a {kind} from {self.bounds[0]:,} to {self.bounds[1]:,}"
        if isinstance(self.default, bool):
            return "true or false"
        if self.parts:
            return f"null, or some of {', '.join(self.parts)}, separated by commas"
        if self.place is not None:
            names = "a name from `holesmith model list`, " if self.place == "model" else ""
            return f"{names}an absolute path or null"
        return "a string" if self.default is not None else "a string or null"


_DEFAULTS = Settings()

RULES = (
    Rule(
        "model",
        "model",
        "A name from `holesmith model list`, a .gguf file or a folder in Hugging Face layout; "
        "null means the default model for the device.",
        place="model",
    ),
    Rule("device", "device", "Where the model runs: auto, cpu, cuda or cuda:N."),
    Rule(
        "weights",
        "weights",
        "The number format of the model's weights: auto, or on a GPU bf16, int8 or int4. "
        "Fewer bits take less memory.",
        choices=("auto", "bf16", "int8", "int4"),
    ),
    Rule("context", "context.enabled", "Put pieces of the rest of the repository into the prompt."),
    Rule(
        "prompt_tokens_max",
        "context.promptTokensMax",
        "The longest prompt, in tokens of the model. A longer prompt holds more context and takes more time.",
        bounds=(64, 32_768),
    ),
    Rule(
        "prompt_order",
        "context.promptOrder",
        "The layout of the prompt. With anchored, the model can reuse its cache while you type.",
        choices=("plain", "anchored"),
    ),
    Rule(
        "sources",
        "context.sources",
        "Use only these sources of context (docs/manual/context.md); null means the sources that helped "
        "when they were measured.",
        parts=CONTEXT_SOURCES,
    ),
    Rule(
        "facts",
        "context.facts",
        "Put facts from static analysis (expected type, relevant types and headers, members, signature) "
        "into the prompt.",
    ),
    Rule(
        "facts_ms_max",
        "context.factsMsMax",
        "The longest time, in milliseconds, that a suggestion waits for these facts.",
        bounds=(0, 5_000),
    ),
    Rule(
        "python",
        "analysis.python",
        "The Python interpreter or environment whose packages static analysis reads; null finds that of the "
        "project. It is never run.",
        place="environment",
    ),
    Rule("monitor", "monitor.enabled", "Let static analysis keep the model from inventing names."),
    Rule(
        "answer_ms_max",
        "monitor.answerMsMax",
        "The longest time, in milliseconds, in which static analysis must answer a question of a monitor.",
        bounds=(0, 10_000),
    ),
    Rule(
        "check_ms_max",
        "monitor.checkMsMax",
        "The longest time, in milliseconds, in which the syntax of a finished suggestion may be checked in "
        "its place, and the same again in which static analysis may check it for errors; 0 skips both "
        "checks.",
        bounds=(0, 10_000),
    ),
    Rule("inline", "inline.enabled", "Suggest while you type. You can always ask for a suggestion by hand."),
    Rule(
        "lines",
        "inline.lines",
        "One line or several lines; auto decides by the code around the cursor.",
        choices=("auto", "single", "multi"),
    ),
    Rule(
        "tokens_max",
        "inline.tokensMax",
        "The longest suggestion, in tokens of the model.",
        bounds=(1, 1024),
    ),
    Rule("in_comments", "inline.inComments", "Suggest inside comments, too, while you type."),
    Rule(
        "debounce_ms_max",
        "inline.debounceMsMax",
        "The longest wait, in milliseconds, for a pause in typing before the model is asked. The wait adapts "
        "to your rhythm, the model's speed and what you accept; 0 never waits.",
        bounds=(0, 5_000),
    ),
    Rule(
        "confidence_min",
        "inline.confidenceMin",
        "The least confidence, from 0 to 1, in the first line of a suggestion that is shown while you type; "
        "0 shows all.",
        bounds=(0, 1),
    ),
    Rule(
        "candidates_max",
        "inline.candidatesMax",
        "The number of different suggestions to choose from when you ask by hand.",
        bounds=(1, 5),
    ),
    Rule(
        "look_ahead",
        "inline.lookAhead",
        "Use pauses in typing to prefetch what comes after the shown suggestion, and to let the model read "
        "the text where you stopped.",
    ),
    Rule("menu", "menu.enabled", "Also offer a suggestion of one line in the completion menu."),
    Rule(
        "document_bytes_max",
        "documents.bytesMax",
        "The largest document, in bytes, that is completed. It applies to documents that are opened later.",
        bounds=(1, 50_000_000),
    ),
    Rule(
        "log_level",
        "log.level",
        "The least important messages that are logged. Code is never logged.",
        choices=("error", "warning", "info", "debug"),
    ),
)


def read_settings(*sources: object) -> tuple[Settings, tuple[str, ...]]:
    """Read the settings of all sources; a later source wins. Returns them and one line for each problem.

    A source is plain JSON: null, the ``holesmith`` object, or an object that has it under that name.
    """
    given: dict[str, object] = {}
    problems: list[str] = []
    for source in sources:
        if isinstance(source, Mapping):
            given |= dict(_leaves(_own_section(cast("Mapping[str, object]", source))))
        elif source is not None:
            problems.append("holesmith: the settings must be an object; the defaults are used")
    values: dict[str, Any] = {}
    for rule in RULES:
        if rule.key in given:
            value = given.pop(rule.key)
            if rule.accepts(value):
                values[rule.field] = value
            else:
                problems.append(_refusal(rule, value))
    problems += [f"holesmith.{_shortened(one_line(key))} is not a setting" for key in given]
    return Settings(**values), tuple(problems)


def as_written(value: object) -> str:
    """A value as the user would write it in a settings file."""
    names = {None: "null", True: "true", False: "false"}
    return names[value] if value is None or isinstance(value, bool) else str(value)


def _refusal(rule: Rule, value: object) -> str:
    shown = _shortened(repr(value) if isinstance(value, str) else as_written(value))
    return f"holesmith.{rule.key} must be {rule.expectation}, not {shown}; {as_written(rule.default)} is used"


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def _own_section(source: Mapping[str, object]) -> Mapping[str, object]:
    section = source.get("holesmith")
    return cast("Mapping[str, object]", section) if isinstance(section, Mapping) else source


def _leaves(section: Mapping[str, object], above: str = "") -> Iterator[tuple[str, object]]:
    """The dotted key and the value of each setting in a nested section."""
    for key, value in section.items():
        name = (above + key).removeprefix("holesmith.")
        if isinstance(value, Mapping) and any(rule.key.startswith(name + ".") for rule in RULES):
            yield from _leaves(cast("Mapping[str, object]", value), name + ".")
        else:
            yield name, value
