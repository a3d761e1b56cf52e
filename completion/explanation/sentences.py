"""The parts of an answer in words: in one place, so that every editor says the same."""

from collections.abc import Mapping

from holesmith.analysis.syntax.hole import HoleKind
from holesmith.completion.answer import Answer, PartKind
from holesmith.completion.monitor_report import Outcome, TriggerKind
from holesmith.completion.scheduling.completion_cache import PREFETCHED, TYPED_ALONG

MODEL_ENDED: Mapping[str, str] = {
    "stop": "Then the model ended the text itself.",
    "length": "Then the longest length of a suggestion was reached (holesmith.inline.tokensMax).",
    "cancelled": "Then Holesmith stopped the model, because the statement or the block had ended.",
}

# The reasons of a completion that was shown.
_SHOWN_BECAUSE: Mapping[str, str] = {
    "shown": "Nothing spoke against it.",
    TYPED_ALONG: "It is the rest of an earlier suggestion: what you typed since agrees with that one.",
    PREFETCHED: "It was worked out before you asked for it, while the suggestion before it was shown.",
}

_REMEDIES = (
    ("not sure enough", "The setting holesmith.inline.confidenceMin says how sure it must be."),
    ("cursor is in a comment", "The setting holesmith.inline.inComments turns suggestions in comments on."),
    ("middle of a word", "A suggestion asked for by hand comes there, too."),
    ("taken away", "Type on, or ask for a suggestion by hand."),
    ("just taken", "Type on, or ask for a suggestion by hand."),
    ("loading:", "Suggestions begin when the model is loaded; the status says how far it is."),
    ("error:", "`holesmith doctor` says more."),
)

HOLES: Mapping[HoleKind, str] = {
    "annotation": "a type annotation",
    "argument": "an argument of a call",
    "attribute": "an attribute",
    "base": "a base class",
    "comment": "a comment",
    "condition": "a condition",
    "decorator": "a decorator",
    "definition": "the name of a definition",
    "element": "an element of a list, set, tuple or dictionary",
    "exception": "an exception",
    "import": "an import",
    "interpolation": "an expression in a string",
    "iteration": "what a loop goes over",
    "parameter": "a parameter",
    "return": "the value of a return statement",
    "right_hand_side": "the right-hand side of an assignment",
    "statement": "a statement",
    "string": "the text of a string",
    "subscript": "an index or key",
    "unknown": "something unknown",
    "with": "a context manager",
}

TRIGGERS: Mapping[TriggerKind, str] = {
    "member": "member",
    "import": "name to import",
    "list": "end of a list of imports",
    "name": "name",
    "keyword": "keyword argument",
    "literal": "literal",
    "argument": "argument",
    "empty": "call without arguments",
    "exception": "exception",
    "instance": "class to make an instance of",
    "pattern": "pattern",
}

OUTCOMES: Mapping[Outcome, str] = {
    "allowed": "is right",
    "bound": "is bound there, not used",
    "left": "went on with something else",
    "unknown": "could not be checked",
    "late": "was not checked in time",
    "dropped": "could not be corrected",
    "open": "was not finished",
}

STAGES: Mapping[str, str] = {
    "wait": "waiting for a pause in typing",
    "syntax": "looking at the syntax",
    "analysis": "asking static analysis",
    "context": "finding context",
    "prompt": "making the prompt",
    "reading": "waiting until the prompt's beginning is read",
    "queue": "waiting for the model",
    "prefill": "reading the prompt",
    "decode": "writing the text",
    "shaping": "cutting the text to size",
    "alternatives": "making other suggestions",
    "check": "last check",
}

PARTS: Mapping[PartKind, str] = {
    "marker": "Markers of the model",
    "prefix": "Before the cursor",
    "suffix": "Behind the cursor",
    "middle": "The lines just above the cursor, up to it",
    "repository": "Name of the repository",
    "path": "Path of a file",
    "code": "Code of another file",
    "file": "Code of another file",
    "healed": "The beginning of what the model must write",
}


def sentence(words: str) -> str:
    """Return the words with a capital letter and a full stop."""
    stripped = words.strip()
    ending = "" if stripped.endswith((".", "!", "?")) else "."
    return stripped[:1].upper() + stripped[1:] + ending if stripped else ""


def because(answer: Answer) -> str:
    """Return the reason why the completion was shown, or why there is none, as a sentence."""
    if answer.completion is not None:
        return _SHOWN_BECAUSE.get(answer.reason, sentence(answer.reason))
    return sentence(answer.reason)


def remedy_for(reason: str) -> str:
    """Return the advice for a reason for which nothing is shown; "" if there is nothing to do."""
    return next((remedy for words, remedy in _REMEDIES if words in reason), "")


def counted(number: int, noun: str, nouns: str = "") -> str:
    """Return a number with its noun; ``nouns`` is the plural if that needs more than an "s"."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def milliseconds(duration_ms: float) -> str:
    """Return a duration with its unit, in seconds from ten seconds on."""
    if duration_ms >= 10_000:
        return f"{duration_ms / 1000:.1f} s"
    return f"{duration_ms:.1f} ms" if duration_ms < 10 else f"{duration_ms:,.0f} ms"
