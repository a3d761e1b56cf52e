"""JSON-RPC as the language server protocol uses it: each request gets exactly one answer, whatever happens.

Messages are handled in the order they arrive. A handler does what must see the present (a snapshot, an edit)
in its call, and returns an awaitable for the rest; awaitables run side by side and `$/cancelRequest` cancels
them. This is one of the two places that catch every exception: a handler that fails answers with an error,
and the failure is passed on, so that it can be shown.
"""

import asyncio
import enum
import inspect
import itertools
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar, cast

from holesmith.lsp.connection import Connection
from holesmith.lsp.framing import Malformed, frame
from holesmith.lsp.messages import from_protocol, to_protocol

_RUNNING_MAX = 512

_logger = logging.getLogger(__name__)

Params = TypeVar("Params")


class Code(enum.IntEnum):
    """The error codes of JSON-RPC and of the protocol that this server sends."""

    PARSE_ERROR = -32700
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    INTERNAL_ERROR = -32603
    SERVER_NOT_INITIALIZED = -32002
    REQUEST_CANCELLED = -32800
    SERVER_CANCELLED = -32802
    REQUEST_FAILED = -32803


class RequestError(Exception):
    """What a handler raises to answer with this error; what `Endpoint.ask` raises when the peer did."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Admission(Protocol):
    """Decides, by the state of the conversation, whether a message may be handled now."""

    def __call__(self, method: str) -> RequestError | None: ...


@dataclass(frozen=True, slots=True)
class _Route:
    kind: type[Any]
    handle: Callable[[Any], object]

    def __call__(self, params: object) -> object:
        try:
            structured = params if self.kind is object else from_protocol(self.kind, params)
        except ValueError as error:
            raise RequestError(Code.INVALID_PARAMS, f"invalid parameters: {error}") from error
        return self.handle(structured)


class Endpoint:
    """This side of a conversation: handlers for what arrives, and messages to the peer.

    ``on_failure`` is told the method and the exception whenever a handler fails that should not have.
    """

    def __init__(
        self, connection: Connection, admit: Admission, on_failure: Callable[[str, Exception], None]
    ) -> None:
        self._connection = connection
        self._admit = admit
        self._on_failure = on_failure
        self._requests: dict[str, _Route] = {}
        self._notifications: dict[str, _Route] = {"$/cancelRequest": _Route(object, self._cancel)}
        self._running: dict[str | int, asyncio.Future[object]] = {}
        self._asked: dict[str | int, asyncio.Future[object]] = {}
        self._ids = itertools.count(1)
        self._closing = False

    def on_request(self, method: str, kind: type[Params], handle: Callable[[Params], object]) -> None:
        """``handle`` returns the result or an awaitable of it. Kind `object` means parameters unread."""
        self._requests[method] = _Route(kind, handle)

    def on_notification(self, method: str, kind: type[Params], handle: Callable[[Params], None]) -> None:
        self._notifications[method] = _Route(kind, handle)

    async def run(self) -> None:
        """Handle messages until the peer is gone; raises EOFError then."""
        while True:
            self._handle(await self._connection.receive())

    def notify(self, method: str, params: object) -> None:
        self._send({"method": method, "params": to_protocol(params)})

    async def ask(self, method: str, params: object, timeout_s: float) -> object:
        """The peer's result, as plain JSON. Raises RequestError, or TimeoutError when no answer comes."""
        number = next(self._ids)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        self._send({"id": number, "method": method, "params": to_protocol(params)})
        try:
            async with asyncio.timeout(timeout_s):
                return await answer
        finally:
            del self._asked[number]

    def cancel_requests(self) -> None:
        """Cancel what runs, because the server ends."""
        self._closing = True
        for running in list(self._running.values()):
            running.cancel()

    def _handle(self, message: object) -> None:
        if isinstance(message, Malformed):
            self._send_error(None, RequestError(Code.PARSE_ERROR, message.reason))
            return
        if not isinstance(message, dict):
            self._send_error(None, RequestError(Code.INVALID_REQUEST, "a message must be a JSON object"))
            return
        fields = cast("dict[str, object]", message)
        method, number = fields.get("method"), fields.get("id")
        if "id" in fields and "method" not in fields and ("result" in fields or "error" in fields):
            self._take_answer(number, fields)
        elif (
            fields.get("jsonrpc") != "2.0"
            or not isinstance(method, str)
            or not _is_id(number, "id" in fields)
        ):
            known = number if isinstance(number, str | int) else None
            self._send_error(known, RequestError(Code.INVALID_REQUEST, "not a JSON-RPC 2.0 message"))
        elif isinstance(number, str | int):
            self._handle_request(number, method, fields.get("params"))
        else:
            self._handle_notification(method, fields.get("params"))

    def _handle_request(self, number: str | int, method: str, params: object) -> None:
        try:
            result = self._start(number, method, params)
        except RequestError as error:
            self._send_error(number, error)
        except Exception as error:  # noqa: BLE001 - the handler boundary
            self._send_error(number, self._failed(method, error))
        else:
            if inspect.isawaitable(result):
                running = self._running[number] = asyncio.ensure_future(cast("Awaitable[object]", result))
                running.add_done_callback(partial(self._finish, number, method))
            else:
                self._send_result(number, method, result)

    def _start(self, number: str | int, method: str, params: object) -> object:
        if refusal := self._admit(method):
            raise refusal
        if number in self._running:
            raise RequestError(Code.INVALID_REQUEST, f"a request with the id {number!r} is already running")
        if len(self._running) >= _RUNNING_MAX:
            raise RequestError(Code.SERVER_CANCELLED, f"more than {_RUNNING_MAX} requests at once")
        if (route := self._requests.get(method)) is None:
            raise RequestError(Code.METHOD_NOT_FOUND, f"unknown method {method!r}")
        return route(params)

    def _finish(self, number: str | int, method: str, running: asyncio.Future[object]) -> None:
        del self._running[number]
        if running.cancelled():
            code = Code.SERVER_CANCELLED if self._closing else Code.REQUEST_CANCELLED
            self._send_error(number, RequestError(code, "cancelled"))
        elif isinstance(error := running.exception(), RequestError):
            self._send_error(number, error)
        elif isinstance(error, Exception):
            self._send_error(number, self._failed(method, error))
        else:
            self._send_result(number, method, running.result())

    def _handle_notification(self, method: str, params: object) -> None:
        route = self._notifications.get(method)
        if route is None or self._admit(method):
            _logger.debug("ignored the notification %r", method)
            return
        try:
            route(params)
        except Exception as error:  # noqa: BLE001 - the handler boundary
            self._failed(method, error)

    def _cancel(self, params: object) -> None:
        number = cast("dict[str, object]", params).get("id") if isinstance(params, dict) else None
        if isinstance(number, str | int) and (running := self._running.get(number)):
            running.cancel()

    def _take_answer(self, number: object, fields: Mapping[str, object]) -> None:
        answer = self._asked.get(number) if isinstance(number, str | int) else None
        if answer is None or answer.done():
            _logger.debug("an answer to no question: id %r", number)
        elif isinstance(error := fields.get("error"), dict):
            details = cast("dict[str, object]", error)
            code, text = details.get("code"), details.get("message")
            answer.set_exception(RequestError(code if isinstance(code, int) else 0, str(text)))
        else:
            answer.set_result(fields.get("result"))

    def _failed(self, method: str, error: Exception) -> RequestError:
        _logger.error("%s failed", method, exc_info=error)
        self._on_failure(method, error)
        if isinstance(error, RequestError):
            return error
        return RequestError(Code.INTERNAL_ERROR, f"{method} failed: {describe(error)}")

    def _send_result(self, number: str | int, method: str, result: object) -> None:
        try:
            self._send({"id": number, "result": to_protocol(result)})
        except Exception as error:  # noqa: BLE001 - an unserialisable result is the handler's failure
            self._send_error(number, self._failed(method, error))

    def _send_error(self, number: str | int | None, error: RequestError) -> None:
        self._send({"id": number, "error": {"code": int(error.code), "message": error.message}})

    def _send(self, message: dict[str, object]) -> None:
        self._connection.send(frame({"jsonrpc": "2.0", **message}))


def describe(error: Exception) -> str:
    """One line for a person: the kind of error and what it says."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _is_id(number: object, present: bool) -> bool:
    return not present or (isinstance(number, str | int) and not isinstance(number, bool))
