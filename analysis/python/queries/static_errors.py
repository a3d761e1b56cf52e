"""Answer a question about the errors in a filled hole, naming only certain ones.

For example:
    import json
    json.lods(text)    →  unknown_member: "lods" is not a member

A right completion must never be refused. So there is no error in a statement that parso has no grammar for,
on a line with a comment such as ``# type: ignore``, and for a name that the code expects to be missing.
"""

import ast
import re
import warnings
from collections.abc import Iterator
from inspect import Parameter as Inspected
from typing import Any

from holesmith.analysis.answers import StaticError, StaticErrors
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.ipython import IPYTHON_NAMES, is_notebook
from holesmith.analysis.outline.syntax_tree import parse
from holesmith.analysis.python.inference.bindings import may_be_bound_unseen
from holesmith.analysis.python.inference.dynamic_attributes import has_all_names
from holesmith.analysis.python.inference.expression_values import ValueInference
from holesmith.analysis.python.lookup.member_view import complete_members
from holesmith.analysis.python.lookup.names import signatures_of
from holesmith.analysis.python.lookup.receivers import is_bound_by_statement
from holesmith.analysis.python.lookup.signature_check import takes_as_shown
from holesmith.analysis.python.parsing.jedi_internals import module_context_of
from holesmith.analysis.python.parsing.parso_nodes import arguments_of, is_keyword, is_trailer, is_unpacked
from holesmith.analysis.python.project import JediProject
from holesmith.analysis.questions import StaticErrorsQuestion

# Errors that are reported at most.
ERRORS_MAX = 50
_ALWAYS_KNOWN = frozenset(
    (
        "_",  # gettext installs it
        "__file__",
        "__name__",
        "__doc__",
        "__package__",
        "__path__",
        "__spec__",
        "__class__",
        "__builtins__",
        "__loader__",
        "__dict__",
        "__module__",
        "__qualname__",
        "__annotations__",
        "__debug__",
        "get_ipython",
        "reveal_type",
        "WindowsError",
    )
)
_PYTHON_2_NAMES = frozenset(
    ("basestring", "buffer", "cmp", "execfile", "file", "long", "raw_input", "reduce", "reload", "unichr")
) | frozenset(("unicode", "xrange", "apply", "coerce", "intern"))
_PYTHON_2 = re.compile(r"version_info|\bPY2\b|\bPY3\b|NameError|\bsix\b")
_SUPPRESSION = re.compile(r"#.*\b(?:type|pyright|ty|mypy|pyre)\s*:\s*ignore|#.*\bnoqa\b")
_UNREAD = frozenset(("error_node", "fstring_conversion", "type_params", "global_stmt", "nonlocal_stmt"))


def static_errors_in(
    project: JediProject, question: StaticErrorsQuestion, deadline: Deadline
) -> StaticErrors:
    """Return the errors between ``start`` and ``stop``; names are checked only without a syntax error."""
    text = question.source.text
    path = question.source.path
    check = _Check(project.script(path, text), path, text, question.start, question.stop)
    errors = list(check.syntax())
    if not errors:
        for leaf in check.names():
            if deadline.is_near(10) or len(errors) >= ERRORS_MAX:
                break
            errors.extend(check.errors_of(leaf))
    return StaticErrors(tuple(dict.fromkeys(errors)))


class _Check:
    """The check of one span, from ``start`` to ``stop``, in one text."""

    def __init__(self, script: Any, path: str | None, text: str, start: int, stop: int) -> None:
        self.script = script
        self.text = text
        self.start = start
        self.stop = stop
        self.module_context = module_context_of(script)
        self.node = self.module_context.tree_node
        self.lines = text.split("\n")
        self.line_starts = [0]
        for line in self.lines:
            self.line_starts.append(self.line_starts[-1] + len(line) + 1)
        self.has_all_names = has_all_names(self.module_context.get_value())
        self.known = _ALWAYS_KNOWN | (_PYTHON_2_NAMES if _PYTHON_2.search(text) else frozenset())
        if is_notebook(path, text):
            self.known |= IPYTHON_NAMES

    def offset(self, position: tuple[int, int]) -> int:
        """Turn a line, from 1, and a column, from 0, into an offset."""
        line = min(position[0], len(self.line_starts))
        return min(self.line_starts[line - 1] + position[1], len(self.text))

    def syntax(self) -> Iterator[StaticError]:
        """The syntax errors that parso reports in the span and the rest of its last line.

        Python's own parser and tree-sitter must find an error there too, because their grammars are newer.
        """
        if _is_python(self.text):
            return
        end = self.text.find("\n", self.stop)
        end = len(self.text) if end < 0 else end
        broken = list(self._broken_spans())
        for error in self.script.get_syntax_errors():
            start = self.offset((error.line, error.column))
            stop = max(self.offset((error.until_line, error.until_column)), start)
            line_stop = self.line_starts[min(error.line, len(self.lines))]
            if self.start <= start <= end and any(a <= line_stop and start <= b for a, b in broken):
                yield StaticError("syntax", error.get_message(), start, stop)

    def _broken_spans(self) -> Iterator[tuple[int, int]]:
        tree = parse("python", self.text)
        assert tree is not None
        waiting = [tree.tree.root_node]
        while waiting:
            node = waiting.pop()
            if node.is_error or node.is_missing:
                yield tree.offset(node.start_byte), tree.offset(node.end_byte)
            elif node.has_error:
                waiting += node.children

    def names(self) -> list[Any]:
        """The names of the span that may be judged, in order."""
        found = [
            name
            for names in self.node.get_used_names().values()
            for name in names
            if self.start <= self.offset(name.start_pos) < self.stop and self._is_judged(name)
        ]
        return sorted(found, key=lambda name: name.start_pos)

    def _is_judged(self, name: Any) -> bool:
        if _SUPPRESSION.search(self.lines[min(name.start_pos[0], len(self.lines)) - 1]):
            return False
        node = name.parent
        while node is not None and node.type not in ("suite", "file_input", "funcdef", "classdef"):
            if node.type in _UNREAD:
                return False
            node = node.parent
        return True

    def errors_of(self, name: Any) -> Iterator[StaticError]:
        """The errors of one name: as a member or as a name in scope, and of the call behind it."""
        parent = name.parent
        if is_trailer(parent, "."):
            yield from self._member(name)
        elif not name.is_definition(include_setitem=True) and not _is_label(name):
            yield from self._name(name)
        after = name.get_next_leaf()
        if after is not None and after.value == "(" and after.parent.type == "trailer":
            yield from self._call(name, after.parent)

    def _error(self, kind: Any, message: str, node: Any) -> StaticError:
        return StaticError(kind, message, self.offset(node.start_pos), self.offset(node.end_pos))

    def _name(self, name: Any) -> Iterator[StaticError]:
        if not self.has_all_names or name.value in self.known:
            return
        context = self.module_context.create_context(name)
        if not context.goto(name, None) and not self._is_bound_nearby(name):
            yield self._error("unresolved_name", f'"{name.value}" is not defined', name)

    def _is_bound_nearby(self, name: Any) -> bool:
        """True if any scope of the file may bind the name.

        jedi does not find all that comprehensions, type parameters and ``del`` bind.
        """
        return any(
            each.is_definition() or each.parent.type == "type_params" or may_be_bound_unseen(each)
            for each in self.node.get_used_names().get(name.value, ())
        )

    def _member(self, name: Any) -> Iterator[StaticError]:
        if name.is_definition() or is_bound_by_statement(name):
            return
        context = self.module_context.create_context(name)
        found = complete_members(context, name)
        if found is not None and name.value not in found:
            yield self._error("unknown_member", f'"{name.value}" is not a member', name)

    def _call(self, name: Any, trailer: Any) -> Iterator[StaticError]:
        siblings = trailer.parent.children
        arguments = arguments_of(trailer)
        if siblings[0].type == "keyword" or any(is_unpacked(each) for each in arguments):
            return
        context = self.module_context.create_context(name)
        values = ValueInference().chain(context, list(siblings[: siblings.index(trailer)]))
        signatures = [each for value in values or () for each in signatures_of(value)]
        if len(signatures) == 1 and all(takes_as_shown(value) for value in values):
            yield from self._misfits(name, arguments, signatures[0].get_param_names(resolve_stars=False))

    def _misfits(self, name: Any, arguments: list[Any], parameters: list[Any]) -> Iterator[StaticError]:
        keywords = [each.children[0] for each in arguments if is_keyword(each)]
        kinds = {parameter.string_name: parameter.get_kind() for parameter in parameters}
        named = {
            text
            for text, kind in kinds.items()
            if kind in (Inspected.POSITIONAL_OR_KEYWORD, Inspected.KEYWORD_ONLY)
        }
        if Inspected.VAR_KEYWORD not in kinds.values():
            for keyword in keywords:
                if keyword.value not in named:
                    message = f'{name.value} has no parameter "{keyword.value}"'
                    yield self._error("unknown_keyword", message, keyword)
        positional = [
            text
            for text, kind in kinds.items()
            if kind in (Inspected.POSITIONAL_ONLY, Inspected.POSITIONAL_OR_KEYWORD)
        ]
        count = len(arguments) - len(keywords)
        if count > len(positional) and Inspected.VAR_POSITIONAL not in kinds.values():
            message = f"{name.value} takes {len(positional)} positional arguments, not {count}"
            yield self._error("arity", message, name)
        given = {keyword.value for keyword in keywords} | set(positional[:count])
        for parameter in parameters:
            if _is_required(parameter) and parameter.string_name not in given:
                message = f'{name.value} lacks an argument for "{parameter.string_name}"'
                yield self._error("arity", message, name)


def _is_python(text: str) -> bool:
    """True if the interpreter can parse the text; it knows syntax that parso has no grammar for."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes give warnings, and are no errors
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _is_required(parameter: Any) -> bool:
    is_variadic = parameter.get_kind() in (Inspected.VAR_POSITIONAL, Inspected.VAR_KEYWORD)
    return not is_variadic and "=" not in parameter.to_string()


def _is_label(name: Any) -> bool:
    """True for a name that is not looked up in a scope: an argument's keyword, and a part of an import."""
    parent = name.parent
    if parent.type == "argument":
        return parent.children[0] is name and getattr(parent.children[1], "value", "") == "="
    return name.search_ancestor("import_name", "import_from") is not None
