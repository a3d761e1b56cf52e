"""Ghost text, menu items and explanations: from the request to the completion and back."""

from collections.abc import Callable
from typing import TypeVar

from holesmith.completion.answer import Answer, Completion
from holesmith.lsp.explanations import Explanation, Explanations
from holesmith.lsp.items import inline_list, menu_list
from holesmith.lsp.latest import Latest
from holesmith.lsp.snapshots import AtPosition, Place, Taken, Workspace, take_from
from lsprotocol import types

NOT_STARTED = "the model is not being loaded yet: that begins after the initialized notification"
TYPING_OFF = "suggestions while typing are turned off (holesmith.inline.enabled)"
MENU_OFF = "suggestions in the menu are turned off (holesmith.menu.enabled)"

T = TypeVar("T")


class Suggestions:
    """The handlers; each takes its snapshot before it awaits anything."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._latest = Latest()
        self._explanations = Explanations()

    async def inline(self, params: types.InlineCompletionParams) -> types.InlineCompletionList | None:
        """``textDocument/inlineCompletion``: null when superseded, empty when there is nothing to suggest."""
        invoked = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
        off = None if invoked or self._workspace.settings.inline else TYPING_OFF
        taken = off or self._take(params, invoked, params.context.selected_completion_info)
        return await self._suggest("inline", params, taken, inline_list)

    async def menu(self, params: types.CompletionParams) -> types.CompletionList | None:
        """``textDocument/completion``: at most one item, of one line."""
        taken = self._take(params) if self._workspace.settings.menu else MENU_OFF
        return await self._suggest("menu", params, taken, menu_list)

    async def explain(self, params: AtPosition | None) -> dict[str, object] | None:
        """``holesmith/explain``: the last answer; or the one at a position, asking for it if need be."""
        if params is None:
            last = self._explanations.last()
            return None if last is None else last.as_json()
        taken = self._take(params, invoked=True)
        if isinstance(taken, str):
            return self._refuse(params, taken).as_json()
        last = self._explanations.last(params.text_document.uri)
        if last is not None and last.place == taken.place:
            return last.as_json()
        return (await self._complete(taken)).as_json()

    def _take(
        self,
        params: AtPosition,
        invoked: bool = False,
        selected: types.SelectedCompletionInfo | None = None,
    ) -> Taken | str:
        if self._workspace.service is None:
            return NOT_STARTED
        return take_from(self._workspace, params, invoked=invoked, selected=selected)

    async def _suggest(
        self,
        kind: str,
        params: AtPosition,
        taken: Taken | str,
        as_list: Callable[[Completion | None, Place | None], T],
    ) -> T | None:
        if isinstance(taken, str):
            self._refuse(params, taken)
            return as_list(None, None)
        explanation = await self._latest.start((kind, taken.place.uri), self._complete(taken))
        return as_list(explanation.answer.completion, taken.place) if explanation else None

    async def _complete(self, taken: Taken) -> Explanation:
        assert self._workspace.service is not None
        answer = await self._workspace.service.complete(taken.snapshot)
        explanation = Explanation(taken.place.uri, taken.place.position, answer, taken.place)
        self._explanations.remember(explanation)
        return explanation

    def _refuse(self, params: AtPosition, reason: str) -> Explanation:
        refusal = Explanation(params.text_document.uri, params.position, Answer(None, reason, ""))
        self._explanations.remember(refusal)
        return refusal
