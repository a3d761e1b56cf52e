"""An end to jedi's search for what ``*arguments`` and ``**keywords`` of a function are passed on to.

A function that passes them on to itself, or to one that calls it back, has jedi go round until Python stops
it; whatever was being inferred is then lost.
"""

from collections.abc import Callable
from typing import Any

from jedi.inference import star_args

_Resolve = Callable[..., list[Any]]


def end_circles() -> None:
    """Once is enough; again does no harm."""
    if not isinstance(star_args.process_params, _Bounded):
        setattr(star_args, "process_params", _Bounded(star_args.process_params))  # noqa: B010 # a function to pyright


class _Bounded:
    """jedi's function, but within itself the parameters of a function that it has begun stay as they are."""

    def __init__(self, resolve: _Resolve) -> None:
        self._resolve = resolve
        self._begun: set[Any] = set()

    def __call__(self, param_names: list[Any], star_count: int = 3) -> list[Any]:
        function = _function_of(param_names)
        if function is None:
            return self._resolve(param_names, star_count)
        if function in self._begun:
            return list(param_names)
        self._begun.add(function)
        try:
            return self._resolve(param_names, star_count)
        finally:
            self._begun.discard(function)


def _function_of(param_names: list[Any]) -> Any:
    """The tree of the function that has the parameters; None if it is not known."""
    tree_name = getattr(param_names[0], "tree_name", None) if param_names else None
    return None if tree_name is None else tree_name.search_ancestor("funcdef", "lambdef")
