"""The analyser for Python, with jedi: it keeps one project, and its caches, between questions."""

from collections.abc import Callable
from typing import Any, cast

from holesmith.analysis.answers import PythonEnvironment
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.options import Options
from holesmith.analysis.python.project import JediProject
from holesmith.analysis.python.queries.call import call_at
from holesmith.analysis.python.queries.expected_type import expected_type_at
from holesmith.analysis.python.queries.importables import importables_at, names_missing
from holesmith.analysis.python.queries.imports import imports_of
from holesmith.analysis.python.queries.match_cases import cases_at
from holesmith.analysis.python.queries.members import members_at
from holesmith.analysis.python.queries.name_kinds import name_kinds_at
from holesmith.analysis.python.queries.relevant_headers import relevant_headers_at
from holesmith.analysis.python.queries.relevant_types import relevant_types_at
from holesmith.analysis.python.queries.scope import scope_names_at
from holesmith.analysis.python.queries.static_errors import static_errors_in
from holesmith.analysis.python.queries.warm_up import warm_up
from holesmith.analysis.questions import (
    A,
    CallQuestion,
    EnvironmentQuestion,
    ExpectedTypeQuestion,
    ImportableNamesQuestion,
    ImportsQuestion,
    MatchCaseQuestion,
    MembersQuestion,
    MissingNamesQuestion,
    NameKindsQuestion,
    Question,
    RelevantHeadersQuestion,
    RelevantTypesQuestion,
    ScopeQuestion,
    Source,
    StaticErrorsQuestion,
    WarmUpQuestion,
)

_Handler = Callable[[JediProject, Any, Deadline], object]


def _environment(
    project: JediProject, question: EnvironmentQuestion, deadline: Deadline
) -> PythonEnvironment:
    # To list the members of a string, jedi loads the builtins, which every later question needs.
    text = '"".'
    members_at(project, MembersQuestion(Source(None, text), len(text)), deadline)
    return project.environment


_HANDLERS: dict[type, _Handler] = {
    MembersQuestion: members_at,
    ExpectedTypeQuestion: expected_type_at,
    ScopeQuestion: scope_names_at,
    CallQuestion: call_at,
    ImportableNamesQuestion: importables_at,
    MissingNamesQuestion: names_missing,
    NameKindsQuestion: name_kinds_at,
    MatchCaseQuestion: cases_at,
    RelevantTypesQuestion: relevant_types_at,
    RelevantHeadersQuestion: relevant_headers_at,
    ImportsQuestion: imports_of,
    StaticErrorsQuestion: static_errors_in,
    WarmUpQuestion: warm_up,
    EnvironmentQuestion: _environment,
}


class JediAnalyser:
    """An ``Analyser`` for Python. An interrupted question leaves nothing in it but parsed files."""

    def __init__(self, options: Options) -> None:
        self._project = JediProject.of(options)

    def answer(self, question: Question[A], deadline: Deadline) -> A | None:
        """Answer a question. An exception of jedi's is raised again, after all documents were forgotten."""
        self._project.begin()
        handler = _HANDLERS[type(question)]
        try:
            return cast("A | None", handler(self._project, question, deadline))
        except BaseException:
            self._project.documents.forget_documents()
            raise
        finally:
            self._project.documents.hand_back_files()
