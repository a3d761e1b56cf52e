"""Sources of models that live in this process: wheels made on the fly, a model hub on the loopback."""

import contextlib
import hashlib
import json
import re
import threading
import zipfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

from holesmith.engine.store.catalogue import HubRepository, Model, PackageCarrier, Part, PinnedFile
from holesmith.engine.store.staging import SourceError

HUB_ID = "maker/tiny-model"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
ENDLESS_BYTES = 600 << 20
METADATA = "Metadata-Version: 2.1\nName: tiny-part{}\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def parted_content(part_count: int = 4, part_bytes: int = 5_000) -> bytes:
    """Bytes that begin as a GGUF file does, and of which no two parts are equal."""
    blocks = b"".join(
        hashlib.sha256(b"%d" % number).digest() for number in range(part_count * part_bytes // 32 + 1)
    )
    return (b"GGUF" + blocks)[: part_count * part_bytes]


def carried_model(content: bytes, part_bytes: int = 5_000) -> Model:
    """A model whose only file is carried by packages tiny-part1, tiny-part2, …"""
    pieces = [content[start : start + part_bytes] for start in range(0, len(content), part_bytes)]
    return Model(
        name="tiny",
        hub=HubRepository(HUB_ID, file="tiny.gguf"),
        licence="MIT",
        pinned=PinnedFile("tiny.gguf", len(content), sha256(content)),
        carrier=PackageCarrier("tiny-part{number}", "1.0", tuple(Part(len(p), sha256(p)) for p in pieces)),
    )


def write_wheel(directory: Path, number: int, data: bytes) -> Path:
    wheel = directory / f"tiny_part{number}-1.0-py3-none-any.whl"
    information = f"tiny_part{number}-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"tiny_part{number}/__init__.py", "raise RuntimeError('imported')\n")
        archive.writestr(f"tiny_part{number}/data/part{number:02}.bin", data)
        archive.writestr(
            f"{information}/METADATA", f"Metadata-Version: 2.1\nName: tiny-part{number}\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{information}/RECORD", "")
    return wheel


@dataclass
class WheelShelf:
    """A registry of wheels that remembers what was asked for, and fails where the test says so."""

    content: bytes
    part_bytes: int = 5_000
    asked: list[str] = field(default_factory=list[str])
    on_fetch: Callable[[int], None] = lambda number: None

    def __call__(
        self, requirement: str, directory: Path, on_bytes: Callable[[int], None], stop: threading.Event
    ) -> Path:
        match = re.fullmatch(r"tiny-part(\d+)==1\.0", requirement)
        assert match is not None
        number = int(match[1])
        self.asked.append(requirement)
        self.on_fetch(number)
        if stop.is_set():
            raise SourceError("stopped")
        start = (number - 1) * self.part_bytes
        wheel = write_wheel(directory, number, self.content[start : start + self.part_bytes])
        on_bytes(wheel.stat().st_size)
        return wheel


def no_registry(_requirement: str, _directory: Path, _on_bytes: object, _stop: threading.Event) -> Path:
    raise SourceError("no connection")


@dataclass
class FakeHub:
    """One repository. ``refusals`` are by path; what is in ``broken_once`` is cut off in the middle once.

    Of what is in ``endless`` comes more and more, until the client has enough.
    """

    files: Mapping[str, bytes]
    endpoint: str
    large: Callable[[str], bool] = lambda path: path.endswith((".safetensors", ".gguf", ".bin"))
    served: dict[str, bytes] = field(default_factory=dict[str, bytes])
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    broken_once: set[str] = field(default_factory=set[str])
    endless: set[str] = field(default_factory=set[str])
    bytes_sent: int = 0
    requests: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, str | None]])

    def listing(self) -> bytes:
        siblings = [self._sibling(path, content) for path, content in self.files.items()]
        described = {"id": HUB_ID, "sha": COMMIT, "siblings": siblings, "cardData": {"license": "mit"}}
        return json.dumps(described).encode()

    def _sibling(self, path: str, content: bytes) -> dict[str, object]:
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        stated: dict[str, object] = {"rfilename": path, "size": len(content), "blobId": blob}
        if self.large(path):
            stated["lfs"] = {"size": len(content), "sha256": sha256(content), "pointerSize": 130}
        return stated

    def paths_fetched(self) -> list[str]:
        return [path for path, _ in self.requests]


@contextmanager
def serving_hub(files: Mapping[str, bytes]) -> Generator[FakeHub]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _HubHandler)
    port = cast("tuple[str, int]", server.server_address)[1]
    hub = FakeHub(files, f"http://127.0.0.1:{port}")
    server.hub = hub  # pyright: ignore[reportAttributeAccessIssue]: handlers reach their hub through the server
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _HubHandler(BaseHTTPRequestHandler):
    @property
    def hub(self) -> FakeHub:
        return cast("FakeHub", self.server.hub)  # pyright: ignore[reportAttributeAccessIssue]: set by serving_hub

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        name = path.removeprefix(f"/{HUB_ID}/resolve/{COMMIT}/")
        if (refusal := self.hub.refusals.get(name)) is not None:
            self._refuse(*refusal)
        elif path.startswith(f"/api/models/{HUB_ID}/revision/"):
            self._send(200, self.hub.listing(), {})
        elif name in self.hub.files:
            self._send_file(name, self.hub.served.get(name, self.hub.files[name]))
        else:
            self._refuse(404, "RepoNotFound")

    def _send_file(self, name: str, content: bytes) -> None:
        if name in self.hub.endless:
            self._send_for_ever()
            return
        asked = self.headers.get("Range")
        self.hub.requests.append((name, asked))
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        ranged = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if asked else {}
        self._send(206 if asked else 200, content[start:], ranged, broken=name in self.hub.broken_once)
        self.hub.broken_once.discard(name)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str], *, broken: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if broken else body)

    def _send_for_ever(self) -> None:
        self.send_response(200)
        self.end_headers()
        chunk = bytes(1 << 20)
        with contextlib.suppress(OSError):  # the client has closed the connection
            while self.hub.bytes_sent < ENDLESS_BYTES:
                self.hub.bytes_sent += self.wfile.write(chunk)

    def _refuse(self, status: int, code: str) -> None:
        self._send(status, b"{}", {"X-Error-Code": code, "X-Error-Message": code})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as the superclass has it
        pass
