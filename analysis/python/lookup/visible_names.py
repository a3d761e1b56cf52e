"""The names that can be used at a place in the code."""

from typing import Any

from holesmith.analysis.python.lookup.member_listing import names_in
from holesmith.analysis.python.parsing.project_memo import project_memo
from jedi.inference.context import get_global_filters

# Names that an answer about a scope has at most; with more the answer is incomplete.
NAMES_MAX = 3_000


def visible_names(context: Any, position: tuple[int, int]) -> list[Any]:
    """jedi's names of every scope around a position; a name may come several times."""
    filters = get_global_filters(context, position, origin_scope=None)
    return [name for each in filters for name in _names(context.inference_state, each)]


def _names(state: Any, names: Any) -> list[Any]:
    """All names of a filter of jedi's; those of the builtins are memoised."""
    context = vars(names).get("parent_context")
    if context is None or not context.is_builtins_module():
        return names_in(state, names)
    kept = project_memo(state).visible_builtins
    key = context, type(names)
    if key not in kept:
        kept[key] = names_in(state, names)
    return kept[key]
