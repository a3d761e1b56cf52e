"""Handle the requests for ghost text, menu items and explanations, and turn completions into answers.

Invariant: a client gets no text for a document that it has changed since it asked. The range of such an item
could lie anywhere, and not every client checks it.
"""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TypeVar

from holesmith.completion.answer import Answer
from holesmith.completion.scheduling.in_flight import SUPERSEDED
from holesmith.lsp.documents.documents import Document
from holesmith.lsp.documents.uris import key_of
from holesmith.lsp.features.explanations import Explanation, Explanations, LastSuggestion
from holesmith.lsp.features.items import inline_list, menu_list
from holesmith.lsp.features.latest import Latest
from holesmith.lsp.session import Session
from holesmith.lsp.snapshots import AtPosition, Place, SnapshotAt, Unavailable, snapshot_at
from holesmith.lsp.transport.messages import InlineParams
from lsprotocol import types

NOT_STARTED = Unavailable(
    "the model is not loaded yet: loading begins after the client's initialized notification"
)
TYPING_OFF = Unavailable("suggestions while typing are turned off (holesmith.inline.enabled)")
MENU_OFF = Unavailable("suggestions in the menu are turned off (holesmith.menu.enabled)")
CHANGED = "the document changed before the answer came"

_TAB_SIZE_MAX = 16

T = TypeVar("T")


class Suggestions:
    """The handlers of these requests. Each takes its snapshot before it awaits anything."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._latest = Latest()
        self._explanations = Explanations()

    async def inline(self, params: InlineParams) -> types.InlineCompletionList | None:
        """``textDocument/inlineCompletion``.

        The list is empty if there is nothing to suggest. The answer is null if a newer request or an edit
        has superseded this request. While the model is loaded, the newest request waits.
        """
        invoked = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
        off = None if invoked or self._session.settings.inline else TYPING_OFF
        taken = off or self._take(
            params,
            invoked=invoked,
            selected=params.context.selected_completion_info,
            indentation=_level(params.formatting_options),
        )

        def as_list(answer: Answer, place: Place | None) -> types.InlineCompletionList:
            completions = (answer.completion, *answer.alternatives) if answer.completion else ()
            return inline_list(completions, place)

        return await self._suggest("inline", params, taken, as_list, self._complete_when_loaded)

    async def menu(self, params: types.CompletionParams) -> types.CompletionList | None:
        """``textDocument/completion``: a list of at most one item, which is one line."""
        taken = self._take(params) if self._session.settings.menu else MENU_OFF
        return await self._suggest(
            "menu",
            params,
            taken,
            lambda answer, place: menu_list(answer.completion, place),
            self._complete,
        )

    async def explain(self, params: AtPosition | None) -> Explanation | None:
        """``holesmith/explain``: the last answer, or with a position the answer there, made if needed."""
        if params is None:
            return self._explanations.last()
        taken = self._take(params, invoked=True)
        if isinstance(taken, Unavailable):
            return self._refuse(params, taken)
        last = self._explanations.last(taken.place.uri)
        if last is not None and last.place is not None:
            asked = replace(last, uri=taken.place.uri, place=replace(last.place, uri=taken.place.uri))
            if asked.place == taken.place:
                return asked
        return await self._complete(taken)

    def last_suggestion(self, uri: str | None) -> LastSuggestion | None:
        """The last suggestion, which need not belong to the last request; see `Explanations`."""
        return self._explanations.last_suggestion(uri)

    def _take(
        self,
        params: AtPosition,
        *,
        invoked: bool = False,
        selected: types.SelectedCompletionInfo | None = None,
        indentation: str | None = None,
    ) -> SnapshotAt | Unavailable:
        if self._session.service is None:
            return NOT_STARTED
        taken = snapshot_at(self._session, params, invoked=invoked, selected=selected, with_cells=True)
        if isinstance(taken, Unavailable) or indentation is None:
            return taken
        return replace(taken, snapshot=replace(taken.snapshot, indentation=indentation))

    async def _suggest(
        self,
        kind: str,
        params: AtPosition,
        taken: SnapshotAt | Unavailable,
        as_list: Callable[[Answer, Place | None], T],
        complete: Callable[[SnapshotAt], Coroutine[None, None, Explanation]],
    ) -> T | None:
        if isinstance(taken, Unavailable):
            return as_list(self._refuse(params, taken).answer, None)
        explanation = await self._latest.start((kind, key_of(taken.place.uri)), complete(taken))
        if explanation is None or explanation.answer.reason in (CHANGED, SUPERSEDED):
            return None
        return as_list(explanation.answer, taken.place)

    async def _complete_when_loaded(self, taken: SnapshotAt) -> Explanation:
        """Wait for the model: no editor asks again by itself when it is there.

        Menus do not wait, because some editors show nothing else before all of their sources have answered.
        """
        service, place = self._session.service, taken.place
        assert service is not None
        if service.status.health == "loading":
            reason = f"loading: {service.status.message}"
            self._explanations.remember(
                Explanation(place.uri, place.position, Answer(None, reason, ""), place, taken.snapshot)
            )
            await service.wait_for_load()
            if not self._is_unchanged(place):
                return Explanation(
                    place.uri, place.position, Answer(None, CHANGED, ""), place, taken.snapshot
                )
        return await self._complete(taken)

    async def _complete(self, taken: SnapshotAt) -> Explanation:
        assert self._session.service is not None
        answer = await self._session.service.complete(taken.snapshot)
        place = taken.place
        if answer.completion is not None and not self._is_unchanged(place):
            answer = replace(answer, completion=None, alternatives=(), reason=CHANGED)
        explanation = Explanation(place.uri, place.position, answer, place, taken.snapshot)
        self._explanations.remember(explanation)
        return explanation

    def _is_unchanged(self, place: Place) -> bool:
        document = self._session.documents.get(place.uri)
        return isinstance(document, Document) and document.version == place.version

    def _refuse(self, params: AtPosition, unavailable: Unavailable) -> Explanation:
        refusal = Explanation(params.text_document.uri, params.position, Answer(None, unavailable.reason, ""))
        self._explanations.remember(refusal)
        return refusal


def _level(options: types.FormattingOptions | None) -> str | None:
    """One level of indentation as the editor writes it; None if the editor gave no usable tab size."""
    if options is None or not 1 <= options.tab_size <= _TAB_SIZE_MAX:
        return None
    return " " * options.tab_size if options.insert_spaces else "\t"
