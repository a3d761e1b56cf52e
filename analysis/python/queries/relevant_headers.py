"""Answer a question about relevant headers: values and functions whose type or result fits the hole.

"Statically Contextualizing Large Language Models with Typed Holes" (ChatLSP, 2024) defines relevant headers.
The targets are the expected type, the return type of an expected callable, and the parts of an expected
tuple. A candidate is a name in scope, or a constructor, class method or function of the module that defines
the expected class. Its score is 0.8 for a base type such as ``int`` and 1 for any other, plus a little for
nearness.
"""

import re
from collections.abc import Iterator
from typing import Any

from holesmith.analysis.answers import Header, RelevantHeaders
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.python.inference.annotations import generic_arguments
from holesmith.analysis.python.inference.value_classes import class_of
from holesmith.analysis.python.lookup.class_text import function_header
from holesmith.analysis.python.lookup.expected_types import Expectation, expectation_at, type_names
from holesmith.analysis.python.lookup.names import signature_text, type_text
from holesmith.analysis.python.lookup.reachable_classes import classes_of
from holesmith.analysis.python.lookup.visible_names import visible_names
from holesmith.analysis.python.project import PLACEHOLDER, FilledHole, JediProject
from holesmith.analysis.questions import RelevantHeadersQuestion

# Names in scope that are looked at, at most, innermost scope first.
CANDIDATES_MAX = 400
_ITERABLES = frozenset(
    (
        "list",
        "List",
        "tuple",
        "Tuple",
        "set",
        "Set",
        "dict",
        "Dict",
        "Sequence",
        "Iterator",
        "Generator",
        "Mapping",
    )
)
_BASE_TYPES = frozenset(("int", "float", "bool", "str", "bytes", "complex"))
# Added to the score, by jedi's kind of the name: parameters and variables are nearer than classes.
_NEARNESS = {"param": 0.15, "statement": 0.1, "instance": 0.1, "function": 0.05, "class": 0.0}


def relevant_headers_at(
    project: JediProject, question: RelevantHeadersQuestion, deadline: Deadline
) -> RelevantHeaders:
    """Return the best headers first, each name once; none if the hole has no expected type."""
    filled = project.fill(question.source, question.offset)
    expectation = expectation_at(filled)
    if expectation is None:
        return RelevantHeaders(())
    targets = target_names(expectation)
    best: dict[str, Header] = {}
    for header in _candidates(filled, expectation, targets, deadline):
        if header.name not in best or best[header.name].score < header.score:
            best[header.name] = header
    ranked = sorted(best.values(), key=lambda header: -header.score)
    return RelevantHeaders(tuple(ranked[: question.headers_max]))


def target_names(expectation: Expectation) -> frozenset[str]:
    """The outermost class names of the targets."""
    targets = {each for part in _alternatives(expectation.text) for each in type_names(part)[:1]}
    if targets & {"Awaitable", "AbstractContextManager", "AbstractAsyncContextManager"}:
        targets |= set(type_names(expectation.text)[1:2])
    if targets & {"Iterable", "AsyncIterable"}:
        targets |= _ITERABLES
    if targets & {"Callable", "tuple", "Tuple", "Awaitable"} and expectation.annotation is not None:
        for argument in generic_arguments(expectation.annotation):
            targets |= set(type_names(argument.get_code())[:1])
    return frozenset(targets - {"Callable", "Awaitable", "Any"})


def _alternatives(text: str) -> list[str]:
    inner = re.fullmatch(r"(?:\w+\.)?(?:Optional|Union)\[(.*)\]", text.strip(), re.S)
    return re.split(r"\s*[|,]\s*", inner[1]) if inner else re.split(r"\s*\|\s*", text)


def _candidates(
    filled: FilledHole, expectation: Expectation, targets: frozenset[str], deadline: Deadline
) -> Iterator[Header]:
    seen: set[str] = set()
    for name in visible_names(filled.context, filled.position)[:CANDIDATES_MAX]:
        if deadline.is_near(10):
            return
        text = name.string_name
        is_ours = not name.get_root_context().is_builtins_module() and not text.startswith("__")
        if is_ours and text != PLACEHOLDER and text not in seen:
            seen.add(text)
            yield from _header(name, text, targets, None)
    yield from _makers(filled, expectation, targets, seen, deadline)


def _makers(
    filled: FilledHole, expectation: Expectation, targets: frozenset[str], seen: set[str], deadline: Deadline
) -> Iterator[Header]:
    """The candidates in the module of the expected class.

    These are the public methods of the class that are annotated to return the class, and, if the module is
    not the document itself, all names of the module that fit.
    """
    for cls in classes_of(expectation):
        root = cls.get_root_context()
        node = getattr(cls, "tree_node", None)
        if node is None or root.is_stub() or cls.py__name__() not in targets or deadline.is_near(10):
            continue
        module = root.py__name__()
        is_here = root.tree_node is filled.module_context.tree_node
        for function in node.iter_funcdefs():
            returns = function.annotation
            is_own = returns is not None and type_names(returns.get_code())[:1] in (
                (cls.py__name__(),),
                ("Self",),
            )
            if is_own and not function.name.value.startswith("_"):
                name = f"{cls.py__name__()}.{function.name.value}"
                path = root.py__file__()
                yield Header(
                    name, f"{name}: {function_header(function)}", 0.95, str(path), function.start_pos[0]
                )
        if not is_here:
            for name in next(iter(root.get_filters())).values():
                if name.string_name not in seen and getattr(name, "tree_name", None) is not None:
                    yield from _header(
                        name, name.string_name, targets, f"from {module} import {name.string_name}"
                    )


def _header(name: Any, text: str, targets: frozenset[str], import_line: str | None) -> Iterator[Header]:
    for value in list(name.infer())[:3]:
        if value.is_module():
            continue
        matched = _matched(value, targets)
        if matched is None:
            continue
        score = (0.8 if matched in _BASE_TYPES else 1.0) + _NEARNESS.get(name.api_type, 0.0)
        is_callable = value.is_class() or value.is_function() or value.is_bound_method()
        shown = f"{text}{signature_text(value)}" if is_callable else f"{text}: {type_text([value])}"
        path = name.get_root_context().py__file__()
        line = name.start_pos[0] if getattr(name, "start_pos", None) else 1
        yield Header(
            text, shown, score - (0.1 if import_line else 0.0), str(path) if path else None, line, import_line
        )
        return


def _matched(value: Any, targets: frozenset[str]) -> str | None:
    """The target that fits a value, an instance of a class, or the result of a function; None without one."""
    if value.is_function() or value.is_bound_method():
        annotation = getattr(getattr(value, "tree_node", None), "annotation", None)
        names = type_names(annotation.get_code())[:1] if annotation is not None else ()
        return next((name for name in names if name in targets), None)
    cls = class_of(value)
    if not cls.is_class():
        return None
    return next((name for base in cls.py__mro__() if (name := base.py__name__()) in targets), None)
