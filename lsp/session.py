"""The state of one client's session, which changes as the client sends changes."""

from dataclasses import dataclass, field

from holesmith.lsp.completion_service import CompletionService
from holesmith.lsp.documents.documents import Documents
from holesmith.lsp.documents.notebooks import Notebooks
from holesmith.lsp.settings import Settings


@dataclass(slots=True)
class Session:
    """The documents, settings and folders of one client, and the completion service that answers it."""

    documents: Documents
    settings: Settings
    folders: tuple[str, ...] = ()
    service: CompletionService | None = None
    notebooks: Notebooks = field(default_factory=Notebooks)
