"""Turn JSON into the types of the protocol. A value of a wrong type is refused, not converted.

The module also defines our own requests, which lsprotocol does not know.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, cast

import cattrs
import cattrs.gen
from lsprotocol import types
from pygls.protocol import default_converter


@dataclass(frozen=True, slots=True)
class ExplainRequest:
    """``holesmith/explain``. Without parameters it asks for the last answer."""

    id: int | str
    method: str
    jsonrpc: str
    params: types.TextDocumentPositionParams | None = None


@dataclass(frozen=True, slots=True)
class InlineParams:
    """The protocol's parameters, and optionally the formatting options of the editor."""

    text_document: types.TextDocumentIdentifier
    position: types.Position
    context: types.InlineCompletionContext
    formatting_options: types.FormattingOptions | None = None


@dataclass(frozen=True, slots=True)
class InlineRequest:
    """``textDocument/inlineCompletion``."""

    id: int | str
    method: str
    jsonrpc: str
    params: InlineParams


@dataclass(frozen=True, slots=True)
class PositionRequest:
    """A ChatLSP request about a position."""

    id: int | str
    method: str
    jsonrpc: str
    params: types.TextDocumentPositionParams


@dataclass(frozen=True, slots=True)
class ErrorReportParams:
    """The parameters of ``chatlsp/errorReport``; ``text`` would be inserted at the position."""

    text_document: types.TextDocumentIdentifier
    position: types.Position
    text: str


@dataclass(frozen=True, slots=True)
class ErrorReportRequest:
    """``chatlsp/errorReport``."""

    id: int | str
    method: str
    jsonrpc: str
    params: ErrorReportParams


@dataclass(frozen=True, slots=True)
class PageParams:
    """The parameters of ``holesmith/page``.

    ``text_document``: the page is of its last suggestion; None means the last suggestion of all documents.
    ``link_prefix``: the target of each link in HTML begins with it; path and line follow as JSON.
    """

    page: Literal["explanation", "prompt", "status"]
    format: Literal["data", "text", "html"] = "data"
    text_document: types.TextDocumentIdentifier | None = None
    link_prefix: str = ""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """``holesmith/page``."""

    id: int | str
    method: str
    jsonrpc: str
    params: PageParams


# Requests with parameters; the others need no type.
OWN_REQUESTS: Mapping[str, type] = {
    types.TEXT_DOCUMENT_INLINE_COMPLETION: InlineRequest,
    "holesmith/explain": ExplainRequest,
    "holesmith/page": PageRequest,
    "chatlsp/expectedType": PositionRequest,
    "chatlsp/relevantTypes": PositionRequest,
    "chatlsp/relevantHeaders": PositionRequest,
    "chatlsp/errorReport": ErrorReportRequest,
}


def make_converter() -> cattrs.Converter:
    converter = default_converter()
    for expected in (str, int, bool):
        converter.register_structure_hook(expected, _strictly(expected))
    for kind in (ErrorReportParams, InlineParams, PageParams):
        renamed: dict[str, Any] = {
            field.name: cattrs.gen.override(rename=_camel_case(field.name))
            for field in fields(kind)
            if "_" in field.name
        }
        structure = cattrs.gen.make_dict_structure_fn(kind, converter, **renamed)
        converter.register_structure_hook(kind, structure)
    return converter


def without_unknown(capabilities: object, converter: cattrs.Converter) -> dict[str, dict[str, object]]:
    """The client's capabilities without those that lsprotocol cannot read.

    New versions of editors bring new capabilities; an unknown one must not keep the server from starting.
    """
    kept: dict[str, dict[str, object]] = {}
    for section, entries in _items(capabilities):
        for name, value in _items(entries):
            try:
                converter.structure({section: {name: value}}, types.ClientCapabilities)
            except Exception:  # noqa: BLE001, S112  # the library may raise anything for an unknown value
                continue
            kept.setdefault(section, {})[name] = value
    return kept


def _strictly(expected: type) -> Callable[[object, type], object]:
    def structure(value: object, kind: type) -> object:
        # isinstance would take a `bool` for an `int`. `kind` may be an enumeration of the expected type.
        if type(value) is not expected:
            raise TypeError(f"{expected.__name__} expected")
        return kind(value)

    return structure


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _items(value: object) -> tuple[tuple[str, object], ...]:
    return tuple(cast("Mapping[str, object]", value).items()) if isinstance(value, Mapping) else ()
