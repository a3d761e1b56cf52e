"""Select the snippets for the prompt: none twice, none that is shown anyway, the most value for the tokens.

Two snippets are compared by their lines, not by their places: the stub of a class and a piece of one of its
methods lie in the same place and say different things.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from holesmith.context.ranking import SAME_SHARE, share_known, telling_lines
from holesmith.context.retrieval.trimming import trimmed
from holesmith.context.snippet import LineSpan, Snippet

# Tokens of a snippet besides its text: its path and the markers around it.
OVERHEAD_TOKENS = 10
# A shorter snippet is not worth the model's attention.
TOKENS_MIN = 4
# A snippet with a larger share of its lines around the cursor is redundant.
SHARE_SHOWN_MAX = 0.6
# A snippet with a larger share of its lines in selected snippets of the same file is redundant.
SHARE_OVERLAP_MAX = 0.5
# One snippet may take this share of the budget, so that one long file never crowds out all others.
SNIPPET_SHARE = 0.5
# A text with more characters a token of the budget is trimmed before its tokens are counted.
CHARACTERS_PER_TOKEN_MIN = 2
# Only this many snippets, best first, are compared with each other.
CANDIDATES_MAX = 60
# A snippet far below the best one is noise to a small model, even if there is room for it.
VALUE_SHARE_MIN = 0.2
# A snippet with less value is dropped in any case.
VALUE_MIN = 0.1
# The power of a snippet's cost in its rank: with plain value per token the shortest snippets always win.
COST_POWER = 0.5
# Dropped snippets that are reported.
DROPPED_MAX = 40


@dataclass(frozen=True, slots=True)
class SelectedSnippet:
    """A snippet of the prompt. ``tokens`` is the cost of its text; ``value`` is its estimated worth."""

    snippet: Snippet
    tokens: int
    value: float


@dataclass(frozen=True, slots=True)
class DroppedSnippet:
    """A snippet that was left out; ``why`` is the reason in a few words."""

    snippet: Snippet
    why: str


@dataclass(frozen=True, slots=True)
class Selection:
    """The result of a selection. ``chosen`` is in the order of selection: the best value for its tokens
    first.
    """

    chosen: tuple[SelectedSnippet, ...]
    dropped: tuple[DroppedSnippet, ...]

    @property
    def tokens(self) -> int:
        """The tokens of the chosen snippets, with their paths and markers."""
        return sum(selected.tokens + OVERHEAD_TOKENS for selected in self.chosen)


def select(
    snippets: Iterable[Snippet],
    weights: Mapping[str, float],
    shown_lines: frozenset[str],
    tokens_max: int,
    count: Callable[[str], int],
) -> Selection:
    """Select snippets by value per token.

    ``weights`` is by the snippets' source; ``shown_lines`` stand in the prompt anyway; ``count`` counts the
    tokens of a text.
    """
    valued = [(weights.get(snippet.source, 0.0) * snippet.score, snippet) for snippet in snippets]
    least = max(VALUE_SHARE_MIN * max((value for value, _ in valued), default=0.0), VALUE_MIN)
    ranked = sorted(
        (
            (value / cost_guess(snippet) ** COST_POWER, value, snippet)
            for value, snippet in valued
            if value >= least
        ),
        key=lambda entry: (-entry[0], entry[2].path, entry[2].text),
    )
    chosen: list[SelectedSnippet] = []
    dropped: list[DroppedSnippet] = [
        DroppedSnippet(snippet, "beyond the number looked at") for _, _, snippet in ranked[CANDIDATES_MAX:]
    ]
    budget = tokens_max
    for _, value, snippet in ranked[:CANDIDATES_MAX]:
        why = redundancy(snippet, chosen, shown_lines)
        if why:
            dropped.append(DroppedSnippet(snippet, why))
            continue
        covered = covered_by(snippet, chosen)
        available = budget + sum(selected.tokens + OVERHEAD_TOKENS for selected in covered)
        fitted = fit(snippet, min(available - OVERHEAD_TOKENS, int(tokens_max * SNIPPET_SHARE)), count)
        if fitted is None or (covered and covered_by(fitted[0], covered) != covered):
            dropped.append(DroppedSnippet(snippet, "no room in the budget"))
            continue
        chosen = [selected for selected in chosen if selected not in covered]
        dropped += [
            DroppedSnippet(selected.snippet, f"part of a snippet of {snippet.source}") for selected in covered
        ]
        taken = SelectedSnippet(*fitted, value)
        chosen.append(taken)
        budget = available - taken.tokens - OVERHEAD_TOKENS
    return Selection(tuple(chosen), tuple(dropped[:DROPPED_MAX]))


def covered_by(snippet: Snippet, chosen: Sequence[SelectedSnippet]) -> list[SelectedSnippet]:
    """Return the chosen snippets of whose lines ``snippet`` has most."""
    lines = telling_lines(snippet.text)
    return [selected for selected in chosen if share_known(selected.snippet.text, lines) >= SAME_SHARE]


def cost_guess(snippet: Snippet) -> float:
    """Estimate the tokens of a snippet: code has about three and a half characters a token."""
    return OVERHEAD_TOKENS + 8 + len(snippet.text) / 3.5


def redundancy(
    snippet: Snippet, chosen: Sequence[SelectedSnippet], shown_lines: frozenset[str]
) -> str | None:
    """Return the reason why the snippet would say nothing new; None if it does say something new."""
    if share_known(snippet.text, shown_lines) > SHARE_SHOWN_MAX:
        return "stands around the cursor already"
    if any(share_known(snippet.text, telling_lines(other.snippet.text)) >= SAME_SHARE for other in chosen):
        return "says the same as another snippet"
    beside = [other.snippet for other in chosen if other.snippet.path == snippet.path]
    known = frozenset(line for other in beside for line in telling_lines(other.text))
    if share_known(snippet.text, known) > SHARE_OVERLAP_MAX:
        return f"overlaps a snippet of {' and '.join(sorted({other.source for other in beside}))}"
    return None


def fit(snippet: Snippet, tokens_max: int, count: Callable[[str], int]) -> tuple[Snippet, int] | None:
    """Cut the snippet to ``tokens_max`` tokens, and return it with its cost.

    None if too little of it would be left.
    """
    if tokens_max < TOKENS_MIN:
        return None
    text = snippet.text[: tokens_max * 8]
    text = trimmed(text, tokens_max, count) if len(text) > tokens_max * CHARACTERS_PER_TOKEN_MIN else text
    cost = count(text)
    if cost > tokens_max:
        text = trimmed(text, tokens_max, count)
        cost = count(text)
    if not text.strip() or cost < TOKENS_MIN or 3 * len(text) < min(len(snippet.text), 240):
        return None
    if text == snippet.text:
        return snippet, cost
    span = snippet.span
    shorter = None if span is None else LineSpan(span.start, span.start + text.count("\n") + 1)
    return replace(snippet, text=text, span=shorter), cost
