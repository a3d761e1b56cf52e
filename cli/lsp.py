"""``holesmith lsp``: serve one client on standard input and output, or over TCP."""

import argparse
import asyncio
import json
import logging
import os
import secrets
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

from holesmith.cli.command import Subparsers
from holesmith.cli.errors import CommandError
from holesmith.completion.model_host import load_for_typing
from holesmith.completion.options import Options
from holesmith.completion.service import Service
from holesmith.completion.status import Status
from holesmith.completion.workspace.analysis_clients import Workspaces
from holesmith.completion.workspace.retrieval import Retrieval

if TYPE_CHECKING:
    from holesmith.lsp.completion_service import StartService

TOKEN_BYTES = 24
# The longest wait, at the end of the process, for a client that does not read the log.
LOG_SECONDS = 0.5


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("lsp", help="run the language server, on stdio by default")
    parser.add_argument(
        "--tcp", type=address, metavar="HOST:PORT", help="serve one TCP client instead; :PORT means 127.0.0.1"
    )
    parser.add_argument(
        "--allow-remote",
        action="store_true",
        help="with --tcp: allow an address that other machines can reach",
    )
    parser.add_argument(
        "--stdio", action="store_true", help="serve on standard input and output (the default)"
    )
    parser.add_argument("--settings-schema", action="store_true", help="print the settings as a JSON schema")
    parser.set_defaults(run=run)


def address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host.strip("[]") or "127.0.0.1", int(port)


def run(arguments: argparse.Namespace) -> int:
    # Imported here, because importing the types of the protocol takes longer than other commands run.
    from holesmith.lsp.client.settings_schema import settings_schema
    from holesmith.lsp.transport.log import log_to_stderr
    from holesmith.lsp.transport.streams import claim_standard_streams

    if arguments.settings_schema:
        print(json.dumps(settings_schema(), indent=2))
        return 0
    log_to_stderr()
    if arguments.tcp is None:
        asyncio.run(converse(*claim_standard_streams(), watches_parent=True))
    else:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        host, port = arguments.tcp
        streams = wait_for_client(host, port, token, allow_remote=arguments.allow_remote)
        asyncio.run(converse(*streams, watches_parent=False, token=token))
    return 0


def wait_for_client(host: str, port: int, token: str, *, allow_remote: bool) -> tuple[BinaryIO, BinaryIO]:
    from holesmith.lsp.transport.streams import OthersCouldReachItError, accept, listen

    try:
        listener = listen(host, port, allow_remote=allow_remote)
    except OthersCouldReachItError:
        raise CommandError(
            f"{host} is not a loopback address; add --allow-remote to let other machines that have the token "
            "use the server, over an unencrypted connection"
        ) from None
    except OSError as error:
        raise CommandError(f"can't listen on {host}:{port}: {error.strerror}") from None
    bound = listener.getsockname()
    print(f"holesmith: waiting for a client on {bound[0]}:{bound[1]}", file=sys.stderr)
    print(f"holesmith: initializationOptions.token is {token}", file=sys.stderr, flush=True)
    return accept(listener)


async def converse(
    source: BinaryIO,
    sink: BinaryIO,
    *,
    watches_parent: bool,
    token: str | None = None,
    start_service: "StartService | None" = None,
) -> None:
    """Serve one client, then end the process.

    ``token``: the client must send it; None asks for no token. ``start_service``: a test passes a fake;
    None starts the real service.
    """
    from holesmith.lsp.last_resort import end_process_at_interrupt
    from holesmith.lsp.server import Server
    from holesmith.lsp.serving import serve
    from holesmith.lsp.transport.log import flush_stderr_log

    end_process_at_interrupt()
    code = 1
    try:
        analyses = Workspaces()

        def start(options: Options, on_status: Callable[[Status], None]) -> Service:
            return Service(options, on_status, load_for_typing, Retrieval(), analyses)

        server = Server(start_service or start, analyses, watches_parent=watches_parent, token=token)
        code = await serve(server, source, sink)
    except Exception:  # after any error the process must end, and the log tell it
        logging.getLogger(__name__).exception("the language server failed")
    flush_stderr_log(LOG_SECONDS)
    # After sys.exit a thread that loads, multiplies or reads from a silent client would keep the process
    # alive. All output has been sent by now.
    os._exit(code)
