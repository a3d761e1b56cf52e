"""Prompts with the context of a repository as an evaluation needs them: reproducible.

An editor's completion has deadlines and keeps chosen snippets while the user types; then the same hole can
get different prompts. Here the index is complete, there is no time limit in practice, and nothing is
remembered from one hole to the next, so that a hole always gets the same prompt.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from holesmith.completion.answer import SnippetUse
from holesmith.completion.hole_context import HoleContext
from holesmith.completion.workspace.retrieval import Retrieval, relative, snippet_uses
from holesmith.context.index.location import database_of
from holesmith.context.index.process.foreground import index_now
from holesmith.context.index.reader import Index
from holesmith.context.prompt.budget import ReadingSpeed, budget_of
from holesmith.context.prompt.comments import as_appendix, as_comments
from holesmith.context.prompt.prompt import Hole, build_prompt
from holesmith.context.prompt.templates import template_for
from holesmith.context.prompt.tokenizer import Tokenizer
from holesmith.context.request import ContextRequest, Fact
from holesmith.context.retrieval.deadline import deadline_after
from holesmith.context.retrieval.retrieve import (
    DEFAULT_CHOICE,
    Choice,
    ContextQuery,
    RetrievedContext,
    retrieve,
)
from holesmith.context.sources.catalogue import SOURCE_NAMES
from holesmith.engine.vocabulary.vocabulary import Vocabulary

# Deadline of the sources, long enough never to be reached.
RETRIEVAL_MS_MAX = 60_000.0
# The number of repositories whose indexes stay open.
REPOSITORIES_KEPT = 4


@dataclass(frozen=True, slots=True)
class RepositoryPrompt:
    """A finished prompt.

    The middle must begin with ``healed_prefix``; ``uses`` are the snippets in the prompt.
    """

    token_ids: tuple[int, ...]
    stop_ids: frozenset[int]
    healed_prefix: str
    uses: tuple[SnippetUse, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A file with a hole in it. ``path`` is relative to the repository."""

    path: str
    language: str
    prefix: str
    suffix: str


class RepositoryPrompts:
    """The prompts of one repository. Close it when done."""

    def __init__(self, root: Path) -> None:
        """Bring the index up to date first, which blocks until all changed files are read.

        Raises OSError or sqlite3.Error if the cache can't be written.
        """
        self._root = root.resolve()
        index_now(self._root)
        self._index = Index(database_of(self._root))

    def close(self) -> None:
        self._index.close()

    def prompt(
        self,
        document: Document,
        vocabulary: Vocabulary,
        tokens_max: int,
        sources: Iterable[str] | None = None,
    ) -> RepositoryPrompt:
        """Make the prompt as the pipeline does.

        ``sources`` are names of context's catalogue; None for its defaults.
        """
        retrieved = self.retrieve(document, vocabulary, tokens_max, choice_of(sources))
        files, path = retrieved.files, document.path
        comments = as_comments(files, document.language)
        appendix = as_appendix(files, document.language)
        hole = Hole(document.prefix, document.suffix, path, self._root.name, files, comments, appendix)
        prompt = build_prompt(hole, template_for(vocabulary), vocabulary, tokens_max)
        return RepositoryPrompt(
            prompt.token_ids, prompt.stop_ids, prompt.healed_prefix, snippet_uses(retrieved)
        )

    def retrieve(
        self,
        document: Document,
        tokenizer: Tokenizer,
        tokens_max: int,
        choice: Choice = DEFAULT_CHOICE,
        facts: tuple[Fact, ...] | None = None,
        missing: tuple[str, ...] = (),
    ) -> RetrievedContext:
        """Retrieve the snippets for a hole, waiting for all sources."""
        prefix, suffix = document.prefix, document.suffix
        request = ContextRequest(self._root, document.path, document.language, prefix, suffix, facts, missing)
        budget, deadline = (
            budget_of(tokens_max, ReadingSpeed()),
            deadline_after(RETRIEVAL_MS_MAX, RETRIEVAL_MS_MAX),
        )
        return retrieve(ContextQuery(request, tokenizer, budget, deadline, choice), self._index)


class PatientRetrieval(Retrieval):
    """The service's retrieval in the same way: from a complete index, and anew for every hole."""

    def __init__(self) -> None:
        super().__init__()
        self._repositories: OrderedDict[str, RepositoryPrompts] = OrderedDict()

    def retrieve(
        self,
        context: HoleContext,
        tokenizer: Tokenizer,
        prompt_tokens_max: int,
        facts: tuple[Fact, ...] | None = None,
        sources: frozenset[str] | None = None,
        missing: tuple[str, ...] = (),
    ) -> RetrievedContext:
        """See `Retrieval`. Raises OSError or sqlite3.Error if the cache can't be written."""
        snapshot = context.snapshot
        path = relative(snapshot.workspace, snapshot.path)
        if snapshot.workspace is None or path is None:
            return RetrievedContext()
        document = Document(path, context.language, context.prefix, context.suffix)
        repository = self.of(snapshot.workspace)
        return repository.retrieve(document, tokenizer, prompt_tokens_max, choice_of(sources), facts, missing)

    def measured(self, tokens: int, duration_ms: float) -> None:
        """Ignore the engine's speed: the budget does not follow it."""

    def close(self) -> None:
        """See `Retrieval`."""
        while self._repositories:
            self._repositories.popitem()[1].close()
        super().close()

    def of(self, workspace: str) -> RepositoryPrompts:
        """Return the repository in a folder, which is indexed when first asked for."""
        if workspace not in self._repositories:
            self._repositories[workspace] = RepositoryPrompts(Path(workspace))
        self._repositories.move_to_end(workspace)
        if len(self._repositories) > REPOSITORIES_KEPT:
            self._repositories.popitem(last=False)[1].close()
        return self._repositories[workspace]


def choice_of(sources: Iterable[str] | None) -> Choice:
    """Return the choice of only these sources; None for the default ones."""
    return DEFAULT_CHOICE if sources is None else Choice(frozenset(sources))


def unknown_sources(names: Iterable[str]) -> list[str]:
    """Return the names that context's catalogue does not have."""
    return sorted(set(names) - SOURCE_NAMES)


def source_names() -> list[str]:
    return sorted(SOURCE_NAMES)
