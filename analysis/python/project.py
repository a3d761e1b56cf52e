"""A project as jedi needs it, and the text of a question as a parsed script with the hole filled in.

For example:
    print(user.‸       is parsed as
    print(user.holesmith_hole)

By default jedi would run the environment's interpreter to learn its search path, and load extension modules.
Here jedi gets the search path that was read from files, and as its environment the worker's own interpreter,
which sees only the standard library. So nothing of the project is executed.
"""

import re
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import jedi
from holesmith.analysis.answers import PythonEnvironment
from holesmith.analysis.files.secrets import is_secret
from holesmith.analysis.files.source_access import SourceAccess
from holesmith.analysis.options import Options
from holesmith.analysis.python.environment import find_environment
from holesmith.analysis.python.evidence.project_facts import ProjectFacts, look_into
from holesmith.analysis.python.parsing.documents import DOCUMENTS_MAX, JediDocuments
from holesmith.analysis.python.parsing.incremental_parse import reparse_statements
from holesmith.analysis.python.parsing.jedi_internals import (
    configure_libraries,
    incremental_parsing,
    module_context_of,
    tree_of,
)
from holesmith.analysis.python.source_only_imports import Modules, find_in
from holesmith.analysis.questions import Source
from holesmith.analysis.syntax.brackets import closers_of
from holesmith.analysis.syntax.excerpt import Excerpt, excerpt_at, indentation, line_start
from holesmith.analysis.syntax.hole import Hole, hole_of
from holesmith.analysis.syntax.hole_frame import closing_quote, first_of_line, quote_of, unowned_openers
from jedi.api.environment import InterpreterEnvironment
from parso.cache import parser_cache
from parso.grammar import load_grammar

PLACEHOLDER = "holesmith_hole"
# Characters of a text; jedi cannot parse a longer one in any useful time.
CHARACTERS_MAX = 600_000
# The version of Python whose grammar reads all code, whatever interpreter runs.
GRAMMAR_VERSION = "3.13"
# Parsed files in parso's cache; if there are more between two questions, the cache is emptied.
FILES_MAX = 1_500
_NEXT_ELEMENT = re.compile(r"(?!(?:for|if|else|and|or|in|is|not|async)\b)[\w\"'(\[{*]")


class TooLongError(Exception):
    """The text is longer than jedi can parse in any useful time."""


class IsolatedEnvironment(InterpreterEnvironment):
    """The worker's interpreter with only the standard library on its path, and with a new grammar.

    The project's Python may be newer than the interpreter, and a new grammar also reads older code.
    """

    def get_grammar(self) -> Any:
        return load_grammar(version=GRAMMAR_VERSION)

    def get_sys_path(self) -> list[str]:
        # ``base_exec_prefix`` is the installation itself; in a virtual environment "platstdlib" would be a
        # directory of that environment.
        paths = sysconfig.get_paths(vars={"platbase": sys.base_exec_prefix})
        libraries = [paths["stdlib"], paths["platstdlib"]]
        return list(dict.fromkeys([*libraries, str(Path(paths["platstdlib"]) / "lib-dynload")]))


@dataclass(frozen=True)
class FilledHole:
    """The text of a question with a placeholder name at the hole, and the hole itself.

    Brackets that nothing closes are closed behind the placeholder, and a missing colon is added, so that the
    rest of the file is parsed correctly. ``offset`` is the beginning of the placeholder.
    """

    script: Any
    text: str
    offset: int
    hole: Hole

    @cached_property
    def position(self) -> tuple[int, int]:
        """The line, from 1, and the column, from 0, of the placeholder."""
        return position_of(self.text, self.offset)

    @cached_property
    def leaf(self) -> Any:
        """The placeholder's leaf in the tree; in a comment the leaf behind it."""
        line, column = self.position
        return tree_of(self.script).get_leaf_for_position((line, column + 1), include_prefixes=True)

    @property
    def is_sound(self) -> bool:
        """True if the placeholder stands in the tree, and behind a dot if the text has a dot there."""
        if self.hole.kind == "comment":
            return True
        leaf = self.leaf
        return PLACEHOLDER in leaf.value and (self.hole.kind != "attribute" or leaf.parent.type == "trailer")

    @cached_property
    def context(self) -> Any:
        """The scope that the hole is in."""
        return self.module_context.create_context(self.leaf)

    @property
    def module_context(self) -> Any:
        return module_context_of(self.script)


@dataclass(frozen=True, slots=True)
class JediProject:
    """One project: its environment, the documents asked about last, and the modules that jedi may find."""

    environment: PythonEnvironment
    documents: JediDocuments
    modules: Modules
    facts: ProjectFacts

    @classmethod
    def of(cls, options: Options) -> "JediProject":
        """Make the project in the folder ``options.root``, and set jedi and parso up for this process."""
        configure_libraries(FILES_MAX)
        interpreter = IsolatedEnvironment()
        environment = find_environment(options)
        standard_library = interpreter.get_sys_path()
        search_path = [*environment.source_roots, *standard_library, *environment.search_paths]
        stubs = str(Path(jedi.__file__).parent)
        libraries = [*standard_library, *environment.search_paths, stubs]
        modules = Modules(SourceAccess(options.root, libraries, is_secret), standard_library)
        documents = JediDocuments(_parser(options.root, search_path, interpreter, modules.access))
        facts = ProjectFacts(options.root, modules.access.read)
        return cls(environment, documents, modules, facts)

    def begin(self) -> None:
        """Prepare for a question: make jedi find the modules of this project.

        A process may have several projects, but jedi's functions are set for the whole process.
        """
        find_in(self.modules)
        look_into(self.facts)
        self._forget_files()

    def _forget_files(self) -> None:
        """Empty parso's cache between two questions if it holds too many files.

        parso itself would do so in the middle of a question, and jedi fails on a dropped file that it still
        uses.
        """
        if sum(len(files) for files in parser_cache.values()) > FILES_MAX:
            parser_cache.clear()
            self.documents.forget_documents()

    def script(self, path: str | None, text: str) -> Any:
        """Return jedi's script of a text. Raises ``TooLongError`` beyond ``CHARACTERS_MAX``."""
        if len(text) > CHARACTERS_MAX:
            raise TooLongError(f"the file has more than {CHARACTERS_MAX:,} characters")
        return self.documents.script(path, text)

    def fill(self, source: Source, offset: int) -> FilledHole:
        """Fill the hole at ``offset``; the placeholder replaces the word around it.

        Raises ``TooLongError`` beyond ``CHARACTERS_MAX``.
        """
        if len(source.text) > CHARACTERS_MAX:
            raise TooLongError(f"the file has more than {CHARACTERS_MAX:,} characters")
        offset = min(max(offset, 0), len(source.text))
        prefix, suffix = source.text[:offset], source.text[offset:]
        while suffix[:1] and (suffix[0].isalnum() or suffix[0] == "_"):
            suffix = suffix[1:]
        excerpt = excerpt_at("python", prefix, suffix)
        hole = hole_of(excerpt)
        start = hole.word.start
        closers = closing(excerpt, suffix)
        if excerpt.open_literal and hole.kind == "string" and not closing_quote(excerpt):
            closers = quote_of(excerpt.open_literal.text) + closers
        text = prefix[:start] + PLACEHOLDER + closers + suffix
        filled = FilledHole(self.script(source.path, text), text, start, hole)
        if self.documents.is_incremental and not filled.is_sound:
            # parso's incremental parser can make a wrong tree of the new text, so this text is parsed anew.
            self.documents.forget_text(source.path)
            filled = FilledHole(self.script(source.path, text), text, start, hole)
        return filled


def _parser(
    root: str, search_path: list[str], interpreter: IsolatedEnvironment, access: SourceAccess
) -> Callable[[str | None, str], Any]:
    def parse(path: str | None, text: str) -> Any:
        # smart_sys_path is off because jedi would prefer a module beside the document to any of that name.
        if path is not None:
            access.allow_beside(path)
        paths = [*search_path, *script_directories(root, path)]
        project = jedi.Project(root, sys_path=paths, load_unsafe_extensions=False, smart_sys_path=False)
        reparse_statements(interpreter.get_grammar(), path, text)
        with incremental_parsing():
            return jedi.Script(text, path=path, project=project, environment=interpreter)

    return parse


def script_directories(root: str, path: str | None) -> list[str]:
    """The folders in which a program in the document's folder would find modules, the nearest last.

    These are the document's folder and the folders above it within the project, without packages.
    """
    if path is None:
        return []
    return [str(marker.parent) for marker in _package_markers(root, path) if not marker.is_file()]


@lru_cache(maxsize=DOCUMENTS_MAX)
def _package_markers(root: str, path: str) -> tuple[Path, ...]:
    """The path of ``__init__.py`` in each of those folders; the folder is a package if the file exists."""
    above = [folder for folder in Path(path).parents if folder.is_relative_to(root)]
    return tuple(folder / "__init__.py" for folder in reversed(above or Path(path).parents[:1]))


def closing(excerpt: Excerpt, suffix: str) -> str:
    """The text that the hole's statement lacks to be complete.

    This is closing brackets, the comma before the next element in a bracket that goes on below, and the colon
    of a header.
    """
    brackets = [excerpt.tokens[index] for index in unowned_openers(excerpt)]
    closers = closers_of([token.text for token in brackets])
    rest_of_line = suffix.split("\n", 1)[0].strip()
    if rest_of_line or not excerpt.tokens:
        return closers
    if len(brackets) != len(excerpt.open_tokens):
        return closers + ("," if _NEXT_ELEMENT.match(suffix.lstrip()) else "")
    anchor = excerpt.open_tokens[0] if excerpt.open_tokens else len(excerpt.tokens)
    first = first_of_line(excerpt.tokens, anchor)
    if first >= len(excerpt.tokens) or excerpt.tokens[first].text not in excerpt.rules.compound_words:
        return closers
    if any(
        token.text == ":" for token in excerpt.tokens[first : excerpt.open_tokens[0] if brackets else None]
    ):
        return closers
    column = indentation(excerpt.prefix, line_start(excerpt.prefix, excerpt.tokens[first].start))
    behind = suffix.lstrip()
    next_column = indentation(suffix, line_start(suffix, len(suffix) - len(behind))) if behind else 0
    return closers + (":" if next_column > column else ": pass")


def position_of(text: str, offset: int) -> tuple[int, int]:
    """The line, from 1, and the column, from 0, of an offset, as parso counts them.

    Form feeds do not end a line, carriage returns do.
    """
    before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    line = before.count("\n")
    return line + 1, len(before) - (before.rfind("\n") + 1)
