"""Get the settings from the client while the server runs, and apply each change."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar, cast

from holesmith.lsp.client.reporting import Reporting
from holesmith.lsp.session import Session
from holesmith.lsp.settings import read_settings
from holesmith.lsp.transport.log import set_log_level
from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

# A client that promises to answer but does not must not keep the model from loading.
_ANSWER_SECONDS = 2.0

_logger = logging.getLogger(__name__)

T = TypeVar("T")


class Configuration:
    """The settings from ``initialize``, overridden by those that the client sends later."""

    def __init__(self, server: LanguageServer, reporting: Reporting, session: Session) -> None:
        self._server = server
        self._reporting = reporting
        self._session = session
        self._initial: object = None
        self._sent: object = None
        self._changing = asyncio.Lock()

    def begin(self, initial: object) -> None:
        """Apply the ``initializationOptions``, without the token, which only the protocol reads."""
        self._initial = without_token(initial)
        self._apply()

    async def start(self) -> None:
        """Ask the client for the settings, and to report when they change."""
        if self._client_can("workspace.did_change_configuration.dynamic_registration"):
            registration = types.Registration(
                "holesmith/configuration",
                types.WORKSPACE_DID_CHANGE_CONFIGURATION,
                types.DidChangeConfigurationRegistrationOptions(section="holesmith"),
            )
            params = types.RegistrationParams([registration])
            await _answer(self._server.client_register_capability_async(params))
        await self.refresh(None)

    async def refresh(self, sent: object) -> None:
        """Apply new settings: those that the client answers if it can be asked, else those ``sent`` by it."""
        async with self._changing:
            if self._client_can("workspace.configuration"):
                params = types.ConfigurationParams([types.ConfigurationItem(section="holesmith")])
                answer = await _answer(self._server.workspace_configuration_async(params))
                sent = answer[0] if answer else self._sent
            self._sent = sent
            self._apply()
            if self._session.service is not None:
                await self._session.service.configure(self._session.settings.options)

    def _apply(self) -> None:
        settings, problems = read_settings(self._initial, self._sent)
        self._session.settings = settings
        self._session.documents.limits = settings.limits
        set_log_level(settings.log_level)
        self._reporting.show_settings_problems(problems)

    def _client_can(self, capability: Any) -> bool:
        return bool(get_capability(self._server.client_capabilities, capability, False))


def without_token(options: object) -> object:
    """The options without the token of a TCP client, which is no setting and must not be kept."""
    if not isinstance(options, Mapping):
        return options
    given = cast("Mapping[str, object]", options)
    return {name: value for name, value in given.items() if name != "token"}


async def _answer(question: Coroutine[Any, Any, T]) -> T | None:
    """The client's answer; None if the client refuses or does not answer in time."""
    try:
        return await asyncio.wait_for(question, _ANSWER_SECONDS)
    except (JsonRpcException, TimeoutError) as error:
        _logger.warning("the client did not answer: %s", str(error) or "timeout")
        return None
