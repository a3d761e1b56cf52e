"""The errors that a filled hole has: only what is certain, so that a right completion is never blamed."""

from collections.abc import Iterator
from typing import Any

from holesmith.analysis.answers import Parameter, StaticError, StaticErrors
from holesmith.analysis.class_closure import has_followed_stars
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.jedi_call import signature_of
from holesmith.analysis.jedi_members import closed_members
from holesmith.analysis.jedi_project import JediProject
from holesmith.analysis.provenance import Provenance
from holesmith.analysis.questions import StaticErrorsQuestion

ERRORS_MAX = 50
_ALWAYS_KNOWN = frozenset(
    (
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
        "reveal_type",
        "WindowsError",
    )
)


def static_errors_in(
    project: JediProject, question: StaticErrorsQuestion, deadline: Deadline
) -> StaticErrors:
    text = question.source.text
    script = project.script(question.source.path, text)
    check = _Check(script, text, question.start, question.stop)
    errors: list[StaticError] = list(check.syntax())
    if not errors:
        for leaf in check.leaves():
            if deadline.is_near(10) or len(errors) >= ERRORS_MAX:
                break
            errors.extend(check.leaf(leaf))
    return StaticErrors(tuple(dict.fromkeys(errors)))


class _Check:
    def __init__(self, script: Any, text: str, start: int, stop: int) -> None:
        self.script = script
        self.text = text
        self.start = start
        self.stop = stop
        self.module_context = script._get_module_context()  # noqa: SLF001 # jedi has no public way to its contexts
        self.node = self.module_context.tree_node
        lines = text.split("\n")
        self.line_starts = [0]
        for line in lines:
            self.line_starts.append(self.line_starts[-1] + len(line) + 1)
        self.has_all_names = has_followed_stars(self.module_context.get_value(), self.node)

    def offset(self, position: tuple[int, int]) -> int:
        return min(
            self.line_starts[min(position[0], len(self.line_starts)) - 1] + position[1], len(self.text)
        )

    def syntax(self) -> Iterator[StaticError]:
        end = self.text.find("\n", self.stop)
        end = len(self.text) if end < 0 else end
        for error in self.script.get_syntax_errors():
            start = self.offset((error.line, error.column))
            if self.start <= start <= end:
                stop = max(self.offset((error.until_line, error.until_column)), start)
                yield StaticError("syntax", error.get_message(), start, stop)

    def leaves(self) -> Iterator[Any]:
        """The names of the span, in order."""
        found = [
            name
            for names in self.node.get_used_names().values()
            for name in names
            if self.start <= self.offset(name.start_pos) < self.stop
        ]
        yield from sorted(found, key=lambda name: name.start_pos)

    def leaf(self, name: Any) -> Iterator[StaticError]:
        parent = name.parent
        if parent.type == "trailer" and parent.children[0].value == ".":
            yield from self._member(name)
        elif not name.is_definition(include_setitem=True) and not _is_label(name):
            yield from self._name(name)
        after = name.get_next_leaf()
        if after is not None and after.value == "(" and after.parent.type == "trailer":
            yield from self._call(name, after.parent)

    def _error(self, kind: Any, message: str, node: Any) -> StaticError:
        return StaticError(kind, message, self.offset(node.start_pos), self.offset(node.end_pos))

    def _name(self, name: Any) -> Iterator[StaticError]:
        if not self.has_all_names or name.value in _ALWAYS_KNOWN:
            return
        context = self.module_context.create_context(name)
        if not context.goto(name, None) and not self._is_bound_nearby(name):
            yield self._error("unresolved_name", f'"{name.value}" is not defined', name)

    def _is_bound_nearby(self, name: Any) -> bool:
        """Whether any scope of the file binds the name: jedi loses comprehensions and ``del``."""
        return any(each.is_definition() for each in self.node.get_used_names().get(name.value, ()))

    def _member(self, name: Any) -> Iterator[StaticError]:
        if name.is_definition():
            return
        context = self.module_context.create_context(name)
        found = closed_members(context, name)
        if found is not None and name.value not in found:
            yield self._error("unknown_member", f'"{name.value}" is not a member', name)

    def _call(self, name: Any, trailer: Any) -> Iterator[StaticError]:
        siblings = trailer.parent.children
        context = self.module_context.create_context(name)
        values = Provenance().chain(context, list(siblings[: siblings.index(trailer)]))
        signatures = [each for value in values or () for each in value.get_signatures()]
        if len(signatures) != 1:
            return
        parameters = signature_of(signatures[0], None).parameters
        inner = trailer.children[1]
        arguments = (
            list(inner.children[::2])
            if inner.type == "arglist"
            else [inner]
            if len(trailer.children) > 2
            else []
        )
        if any(each.type == "argument" and each.children[0].type == "operator" for each in arguments):
            return
        yield from self._arity(name, arguments, parameters)

    def _arity(
        self, name: Any, arguments: list[Any], parameters: tuple[Parameter, ...]
    ) -> Iterator[StaticError]:
        keywords = [
            each.children[0]
            for each in arguments
            if each.type == "argument" and each.children[1].value == "="
        ]
        by_name = {each.name for each in parameters if each.kind in ("positional_or_keyword", "keyword_only")}
        if not any(each.kind == "var_keyword" for each in parameters):
            for keyword in keywords:
                if keyword.value not in by_name:
                    yield self._error(
                        "unknown_keyword", f'{name.value} has no parameter "{keyword.value}"', keyword
                    )
        positional = [
            each for each in parameters if each.kind in ("positional_only", "positional_or_keyword")
        ]
        count = len(arguments) - len(keywords)
        takes_any = any(each.kind == "var_positional" for each in parameters)
        if count > len(positional) and not takes_any:
            yield self._error(
                "arity", f"{name.value} takes {len(positional)} positional arguments, not {count}", name
            )
        given = {keyword.value for keyword in keywords} | {each.name for each in positional[:count]}
        for each in parameters:
            is_required = each.default is None and not each.kind.startswith("var_")
            if is_required and each.name not in given:
                yield self._error("arity", f'{name.value} lacks an argument for "{each.name}"', name)


def _is_label(name: Any) -> bool:
    """Names that are not looked up: keywords of calls, and parts of imports."""
    parent = name.parent
    if parent.type == "argument":
        return parent.children[0] is name and parent.children[1].value == "="
    return name.search_ancestor("import_name", "import_from", "global_stmt", "nonlocal_stmt") is not None
