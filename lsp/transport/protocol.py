"""The protocol of pygls, changed to answer every request, also an ill-formed, ill-typed or untimely one.

pygls structures a message while it parses the JSON, and so never answers an ill-typed request; here a message
is structured when it is handled. pygls keeps documents by other rules than the protocol's; ours replace them.
"""

import hmac
import logging
from collections.abc import Callable
from typing import Any, Literal, cast

import cattrs
from holesmith.lsp.transport.messages import OWN_REQUESTS, without_unknown
from lsprotocol import types
from pygls.exceptions import (
    FeatureNotificationError,
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol

# Handlers of pygls that our server replaces: for its own documents, and for an orderly end.
_REPLACED = (
    types.EXIT,
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_CLOSE,
    types.NOTEBOOK_DOCUMENT_DID_OPEN,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE,
    types.NOTEBOOK_DOCUMENT_DID_CLOSE,
)

Phase = Literal["new", "running", "shut down", "refused"]

_logger = logging.getLogger(__name__)


class Protocol(LanguageServerProtocol):
    """The protocol of one conversation.

    ``phase``: ``initialize`` sets it to "running", ``shutdown`` to "shut down".
    ``token``: ``initialize`` must carry it, else the conversation ends; None asks for no token.
    """

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.phase: Phase = "new"
        self.token: str | None = None
        self.on_refusal: Callable[[], None] = lambda: None
        for method in _REPLACED:
            del self.fm.builtin_features[method]

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Return the data unchanged. pygls calls this while parsing; `handle_message` structures messages."""
        return data

    def handle_message(self, message: object) -> None:
        fields = cast("dict[str, object]", message) if isinstance(message, dict) else {}
        number = fields.get("id")
        known = number if _is_id(number) else None
        try:
            _check_form(fields)
            self._check_turn(fields.get("method"))
            self._check_token(fields)
            self._check_kind(fields)
            super().handle_message(self._structured(fields))
        except JsonRpcException as error:
            if "method" in fields and "id" not in fields:
                _logger.warning("ignored %s: %s", fields["method"], error.message)
            elif "method" in fields or not fields.keys() & {"result", "error"}:
                self.send_error(cast("int | str | None", known), error)
        except Exception as error:  # noqa: BLE001 - the handler boundary: nothing a client sends may end the server
            self._server.report_server_error(error, FeatureNotificationError)
        else:
            self._advance(fields.get("method"))

    def send_error(self, number: int | str | None, error: JsonRpcException) -> None:
        """Send an error. The message is built here, because the type of lsprotocol leaves out a null id."""
        self._send_data(
            {"jsonrpc": self.VERSION, "id": number, "error": {"code": error.code, "message": error.message}}
        )

    def _check_turn(self, method: object) -> None:
        if method is None or method == types.EXIT:
            return
        if self.phase == "new" and method != types.INITIALIZE:
            raise JsonRpcServerNotInitialized("initialize comes first")
        if self.phase == "running" and method == types.INITIALIZE:
            raise JsonRpcInvalidRequest("initialize may be sent only once")
        if self.phase in ("shut down", "refused"):
            raise JsonRpcInvalidRequest("the server is shutting down")

    def _check_token(self, fields: dict[str, object]) -> None:
        """Check the token before anything else of ``initialize``. A client has only one try."""
        if self.token is None or self.phase != "new" or fields.get("method") != types.INITIALIZE:
            return
        if not hmac.compare_digest(_token_in(fields), self.token.encode()):
            self.phase = "refused"
            self.on_refusal()
            raise JsonRpcInvalidRequest(
                "initializationOptions.token must be the token that the server printed on standard error"
            )

    def _check_kind(self, fields: dict[str, object]) -> None:
        """Refuse a notification that has an id: as a request it would get no answer."""
        kind = self.get_message_type(str(fields.get("method")))
        if "id" in fields and kind is not None and "id" not in kind.__annotations__:
            raise JsonRpcMethodNotFound.of(str(fields["method"]))

    def _advance(self, method: object) -> None:
        if method == types.INITIALIZE:
            self.phase = "running"
        elif method == types.SHUTDOWN:
            self.phase = "shut down"

    def _structured(self, fields: dict[str, object]) -> Any:
        method, params = fields.get("method"), fields.get("params")
        if method == types.CANCEL_REQUEST and not _names_request(params):  # pygls takes any value
            raise JsonRpcInvalidParams("invalid parameters: id must be a number or a string")
        try:
            if method in OWN_REQUESTS:
                if "id" not in fields:
                    raise JsonRpcInvalidRequest("a request must have an id")
                return self._converter.structure(fields, OWN_REQUESTS[cast("str", method)])
            return super().structure_message({"params": None, **fields} if "method" in fields else fields)
        except (JsonRpcException, cattrs.BaseValidationError) as error:
            if method == types.INITIALIZE and isinstance(params, dict) and "capabilities" in params:
                return self._structured_leniently(fields, cast("dict[str, object]", params))
            raise _invalid(error) from error

    def _structured_leniently(self, fields: dict[str, object], params: dict[str, object]) -> Any:
        capabilities = without_unknown(params["capabilities"], self._converter)
        try:
            return super().structure_message({**fields, "params": {**params, "capabilities": capabilities}})
        except JsonRpcException as error:
            raise _invalid(error) from error


def _check_form(fields: dict[str, object]) -> None:
    """Raise `JsonRpcInvalidRequest` unless this is a request, notification or response of JSON-RPC 2.0."""
    is_right = fields.get("jsonrpc") == "2.0" and ("id" not in fields or _is_id(fields["id"]))
    if "method" in fields:
        is_right = is_right and isinstance(fields["method"], str)
    else:
        is_right = is_right and "id" in fields and bool(fields.keys() & {"result", "error"})
    if not is_right:
        raise JsonRpcInvalidRequest("not a message of JSON-RPC 2.0")


def _token_in(fields: dict[str, object]) -> bytes:
    """The token in ``initialize``; empty if it has none."""
    value: object = fields.get("params")
    for name in ("initializationOptions", "token"):
        value = cast("dict[str, object]", value).get(name) if isinstance(value, dict) else None
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else b""


def _names_request(params: object) -> bool:
    return isinstance(params, dict) and _is_id(cast("dict[str, object]", params).get("id"))


def _is_id(number: object) -> bool:
    return isinstance(number, int | str) and not isinstance(number, bool)


def _invalid(error: Exception) -> JsonRpcInvalidParams:
    """An error that names each wrong field, taken from the nested exceptions of cattrs."""
    return JsonRpcInvalidParams(
        "invalid parameters: " + "; ".join(cattrs.transform_error(error.__cause__ or error))
    )
