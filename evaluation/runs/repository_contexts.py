"""Prompts with our own context for cases of several repositories: the mode "context"."""

import sqlite3
from pathlib import Path

from holesmith.engine.vocabulary.vocabulary import Vocabulary
from holesmith.evaluation.case import Case
from holesmith.evaluation.configuration import Configuration
from holesmith.evaluation.errors import EvaluationError
from holesmith.evaluation.runs.answering import check_sources, uses_of
from holesmith.evaluation.runs.prompting import CasePrompt
from holesmith.evaluation.runs.repository_prompt import Document, PatientRetrieval, RepositoryPrompts


class RepositoryContexts:
    """The indexes of the most recently used repositories."""

    def __init__(self) -> None:
        self._retrieval = PatientRetrieval()

    def prompt(self, case: Case, configuration: Configuration, vocabulary: Vocabulary) -> CasePrompt:
        """Make a prompt. Raises EvaluationError without the case's repository, or for an unknown source."""
        check_sources(configuration)
        made = self._repository(case).prompt(
            Document(case.path, case.language, case.prefix, case.suffix),
            vocabulary,
            configuration.prompt_tokens_max,
            configuration.sources,
        )
        return CasePrompt(made.token_ids, made.stop_ids, made.healed_prefix, uses_of(made.uses))

    def close(self) -> None:
        """Close the indexes."""
        self._retrieval.close()

    def _repository(self, case: Case) -> RepositoryPrompts:
        workspace = case.workspace
        if workspace is None or not Path(workspace).is_dir():
            raise EvaluationError(f"{case.id}: mode context needs its repository on this machine")
        try:
            return self._retrieval.of(workspace)
        except (OSError, sqlite3.Error) as error:
            raise EvaluationError(f"the index of {workspace} can't be written: {error}") from None
