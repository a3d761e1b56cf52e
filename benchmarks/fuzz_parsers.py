"""Fuzz the parsers of untrusted input, guided by coverage: no input may raise, hang or use too much memory.

    pip install atheris
    python -P benchmarks/fuzz_parsers.py [--seconds 120] [--only gguf,patterns] [--corpus FOLDER]

Each target runs in a process of its own, gets bytes from libFuzzer, and may raise only the error that it
documents. An input that takes more than ten seconds or 2 GB of memory is a finding, too. ``--corpus`` keeps
the inputs that reached new code, for the next run; an input that made a target fail is printed as Python
bytes. The last line is one JSON object; the exit status is 1 if there was a finding.

atheris needs Linux or macOS, and has wheels only for some versions of Python, so it is no dependency.
"""

import argparse
import importlib
import io
import json
import re
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

INPUT_SECONDS_MAX, MEMORY_MB_MAX, INPUT_BYTES_MAX = 10, 2_048, 4_096
GAVE_UP_S = 60
_STATE = re.compile(r"^#(\d+)\s.*cov: (\d+) ft: (\d+)", re.MULTILINE)
_ARTIFACT = re.compile(r"Test unit written to (\S+)")

Test = Callable[[bytes], None]


def gguf(folder: Path) -> Test:
    """The header, the tensors' places, and what the metadata say of the architecture."""
    from holesmith.engine.errors import WeightsError
    from holesmith.engine.files.gguf_file import read_gguf
    from holesmith.engine.loading.configuration import architecture_from_gguf

    path = folder / "model.gguf"

    def test(data: bytes) -> None:
        path.write_bytes(data if data[:1] == b"G" else GGUF_HEAD + data)
        try:
            file = read_gguf(path)
            architecture_from_gguf(file)
            for name in list(file.tensors)[:3]:
                file.raw(name)
        except WeightsError as error:
            require_one_line(error)

    return test


def lexer(folder: Path) -> Test:
    """Tokens of any text in any language, from the beginning and going on from a text lexed before."""
    from holesmith.analysis.outline.grammars import LANGUAGES
    from holesmith.analysis.syntax.languages.registry import rules_of
    from holesmith.analysis.syntax.lexer import tokenize, tokens_of

    languages = [*sorted(LANGUAGES), "unknown"]

    def test(data: bytes) -> None:
        language = languages[data[0] % len(languages)] if data else "python"
        text = data[2:].decode("utf-8", "surrogateescape")
        rules = rules_of(language)
        cut = data[1] % (len(text) + 1) if len(data) > 1 else 0
        tokenize(rules, text[:cut])
        tokens = tokenize(rules, text)
        assert list(tokens_of(rules, text)) == tokens
        assert all(a.stop <= b.start for a, b in pairwise(tokens))

    return test


def hole(folder: Path) -> Test:
    """The hole, its extent and its stops in any text."""
    from holesmith.analysis.outline.grammars import LANGUAGES
    from holesmith.completion.hole_context import HoleContext
    from holesmith.completion.postprocess.extent import extent_of
    from holesmith.completion.postprocess.shaping import shape
    from holesmith.completion.snapshot import Snapshot

    languages = [*sorted(LANGUAGES), "unknown"]

    def test(data: bytes) -> None:
        language = languages[data[0] % len(languages)] if data else "python"
        prefix, _, rest = data[1:].decode("utf-8", "replace").partition("\0")
        suffix, _, middle = rest.partition("\0")
        extent = extent_of(HoleContext(Snapshot("a", language, prefix + suffix, len(prefix))), "auto")
        for stop in range(0, len(middle) + 1, max(len(middle) // 4, 1)):
            extent.stop_of(middle[:stop])
        shape(middle, prefix, suffix, "    ")

    return test


def framing(folder: Path) -> Test:
    """The stream of a client: it is read to its end, and no message is longer than it says."""
    from holesmith.lsp.transport.client_input import ClientInput

    header = re.compile(rb"Content-Length: (\d+)\r\n\Z")

    def test(data: bytes) -> None:
        source = ClientInput(io.BytesIO(data))
        length = 0
        for _ in range(len(data) + 2):
            line = source.readline()
            if not line:
                return
            found = header.match(line)
            length = int(found[1]) if found else length
            if not line.strip() and length:
                assert len(source.read(length)) <= length
                length = 0
        raise AssertionError("the stream does not end")

    return test


def messages(folder: Path) -> Test:
    """JSON as the parameters of each request of our own, as settings, and as URIs."""
    import cattrs
    from holesmith.lsp.documents.uris import key_of, name_of, path_of
    from holesmith.lsp.settings import read_settings
    from holesmith.lsp.transport.messages import OWN_REQUESTS, make_converter, without_unknown

    converter = make_converter()

    def test(data: bytes) -> None:
        for read in (key_of, path_of, name_of):
            read(data.decode("utf-8", "replace"))
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return
        for problem in read_settings(value)[1]:
            require_one_line(problem)
        without_unknown(value, converter)
        for method, kind in OWN_REQUESTS.items():
            try:
                converter.structure({"id": 1, "jsonrpc": "2.0", "method": method, "params": value}, kind)
            except cattrs.BaseValidationError as error:
                cattrs.transform_error(error)

    return test


def documents(folder: Path) -> Test:
    """Changes of a document, as JSON: the size told is that of the text, and the text is its lines."""
    from holesmith.lsp.documents.documents import Document
    from lsprotocol import types

    def test(data: bytes) -> None:
        document = Document("file:///a.py", "python", 1, data[:40].decode("utf-8", "replace"), "utf-16")
        for start in range(0, len(data) - 5, 9):
            line, character, last, stop = data[start : start + 4]
            span = types.Range(types.Position(line % 8, character % 16), types.Position(last % 8, stop % 16))
            text = data[start + 4 : start + 9].decode("latin-1")
            document.apply(types.TextDocumentContentChangePartial(range=span, text=text))
            assert document.size == len(document.text.encode("utf-8", "surrogatepass"))
            end = document.edit_end
            assert end is not None
            assert document.cursor_at(end).offset <= len(document.text)

    return test


def notebooks(folder: Path) -> Test:
    """Cells put in and taken out at any place, also such as are not there."""
    from holesmith.lsp.documents.documents import Documents, Limits
    from holesmith.lsp.documents.notebooks import Notebooks
    from lsprotocol import types

    def test(data: bytes) -> None:
        open_documents, open_notebooks = Documents("utf-16", Limits()), Notebooks()
        uris = [f"vscode-notebook-cell:/n.ipynb#{number}" for number in range(8)]
        cells = [types.NotebookCell(types.NotebookCellKind.Code, uri) for uri in uris]
        items = [types.TextDocumentItem(uri, "python", 1, f"x{uri[-1]}") for uri in uris]
        notebook = types.NotebookDocument("file:///n.ipynb", "jupyter-notebook", 1, cells[:3])
        open_notebooks.open(types.DidOpenNotebookDocumentParams(notebook, items[:3]), open_documents)
        for start in range(0, len(data) - 4, 5):
            place, count, first, stop, closed = data[start : start + 5]
            array = types.NotebookCellArrayChange(place % 10, count % 10, cells[first % 8 : stop % 9])
            structure = types.NotebookDocumentCellChangeStructure(
                array, items[first % 8 : stop % 9], [types.TextDocumentIdentifier(uris[closed % 8])]
            )
            event = types.NotebookDocumentChangeEvent(
                cells=types.NotebookDocumentCellChanges(structure=structure)
            )
            version = types.VersionedNotebookDocumentIdentifier(start, "file:///n.ipynb")
            open_notebooks.change(types.DidChangeNotebookDocumentParams(version, event), open_documents)
            for uri in uris:
                open_notebooks.around(uri, open_documents)

    return test


def patterns(folder: Path) -> Test:
    """An ignore file, and any paths against it."""
    from holesmith.context.index.ignoring.ignore_rules import read_patterns

    path = folder / ".gitignore"

    def test(data: bytes) -> None:
        rules, _, names = data.partition(b"\0")
        path.write_bytes(rules)
        found = read_patterns(path, ignore_case=bool(len(data) % 2), follow_links=False)
        for name in (*names.split(b"\0")[:4], b"a/b/c.py", b"a" * 200):
            if found is not None and name.strip(b"/"):
                found.decision(name.strip(b"/"), is_folder=False)

    return test


def environment(folder: Path) -> Test:
    """The files that say where a project's packages are."""
    from holesmith.analysis.options import Options
    from holesmith.analysis.python.environment import find_environment, in_words

    packages = folder / ".venv" / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    places = (
        folder / ".venv" / "pyvenv.cfg",
        folder / "pyproject.toml",
        packages / "links.pth",
        packages / "__editable___a_finder.py",
    )

    def test(data: bytes) -> None:
        for path, content in zip(places, data.split(b"\0"), strict=False):
            path.write_bytes(content)
        require_one_line(in_words(find_environment(Options(str(folder), str(folder / "cache")))))

    return test


def suites(folder: Path) -> Test:
    """Rows of data sets: a case, or one line that says what is wrong with which."""
    from holesmith.evaluation.errors import EvaluationError
    from holesmith.evaluation.suites.apieval import ApiTokens
    from holesmith.evaluation.suites.dotprompts import DotPrompts, open_texts
    from holesmith.evaluation.suites.humaneval_fim import HumanEvalFIM

    rows, index = folder / "rows.jsonl", folder / "index.csv"
    (folder / "shop").mkdir()
    (folder / "shop" / "a.py").write_text("import b\nb.c\n")
    opened = (ApiTokens(rows, folder), HumanEvalFIM(rows), DotPrompts(index, open_texts(folder)))
    heading = b"repo,classFileName,methodStartIdx,methodStopIdx,dot_idx\n"

    def test(data: bytes) -> None:
        rows.write_bytes(data)
        index.write_bytes(heading + data)
        for suite in opened:
            try:
                for case in suite.cases():
                    f"{case.id}{case.prefix}{case.suffix}{case.target}".encode()
            except EvaluationError as error:
                require_one_line(error)

    return test


def require_one_line(said: object) -> None:
    assert "\n" not in str(said)


GGUF_HEAD = b"GGUF" + struct.pack("<IQQ", 3, 1, 2)
GGUF_SEED = (
    GGUF_HEAD
    + struct.pack("<Q", 20) + b"general.architecture" + struct.pack("<IQ", 8, 5) + b"llama"
    + struct.pack("<Q", 17) + b"llama.block_count" + struct.pack("<II", 4, 1)
    + struct.pack("<Q", 1) + b"t" + struct.pack("<IQIQ", 1, 32, 0, 0) + bytes(160)
)  # fmt: skip
SOURCE_SEED = (
    b'\0\0class A(b):\n    """d"""\n    def f(self, x: int = 3):\n        return f"{x!r}" + g(x,\0 y)\n\0z)\n'
)
ENVIRONMENT_SEED = b"\0".join(
    (
        b"home = /usr/bin\nversion = 3.11.2\ninclude-system-site-packages = true\n",
        b"[tool.setuptools.packages.find]\nwhere = ['src']\n[tool.pyright]\nextraPaths = ['x']\n",
        b"../../../../src\n",
        b"MAPPING: dict[str, str] = {'a': '/b/a'}\n",
    )
)
# A target and the inputs it begins with.
TARGETS: dict[str, tuple[Callable[[Path], Test], list[bytes]]] = {
    "gguf": (gguf, [GGUF_SEED]),
    "lexer": (lexer, [bytes([number]) + SOURCE_SEED for number in range(12)]),
    "hole": (hole, [bytes([number]) + SOURCE_SEED[2:] for number in range(12)]),
    "framing": (framing, [b'Content-Length: 2\r\n\r\n{}Content-Length: 3\r\nX: y\r\n\r\n"a"\nx']),
    "messages": (
        messages,
        [
            b'{"textDocument": {"uri": "file:///a"}, "position": {"line": 0, "character": 1}, "text": ""}',
            b'{"holesmith": {"inline": {"lines": "auto"}, "context.promptTokensMax": 64}}',
            b"file:///C%3A/a%20b.py",
        ],
    ),
    "documents": (documents, ["a\r\nb\u2028😀\n".encode() * 4]),
    "notebooks": (notebooks, [bytes(range(60))]),
    "patterns": (patterns, [b"*.py\n!a/**/b[!x-z]?\n/c/\\ \n#d\0a/b\0c"]),
    "environment": (environment, [ENVIRONMENT_SEED]),
    "suites": (
        suites,
        [
            b'{"id": "1", "file": "shop/a.py", "line": 1, "col": 2, "target": "c", "receiver_kind": "m"}',
            b'{"name": "a", "language": "py", "prompt": "", "suffix": "", "canonical_solution": ""}',
            b"shop,a.py,1,2,3\n",
        ],
    ),
}


def fuzz(name: str, corpus: Path, seconds: int) -> None:
    """In a process of its own: libFuzzer ends it."""
    atheris: Any = importlib.import_module("atheris")
    make, seeds = TARGETS[name]
    for number, seed in enumerate(seeds):
        (corpus / f"seed{number}").write_bytes(seed)
    with tempfile.TemporaryDirectory() as folder, atheris.instrument_imports(include=["holesmith"]):
        test = make(Path(folder))
        limits = f"-timeout={INPUT_SECONDS_MAX}", f"-rss_limit_mb={MEMORY_MB_MAX}"
        artifacts = f"-artifact_prefix={corpus.parent / name}-"
        lengths = f"-max_len={INPUT_BYTES_MAX}", f"-max_total_time={seconds}"
        atheris.Setup([sys.argv[0], *limits, *lengths, artifacts, str(corpus)], test)
        atheris.Fuzz()


def run(name: str, corpus: Path, seconds: int) -> dict[str, object]:
    """What came of one target: executions, coverage (edges and features), and the input that failed."""
    (corpus / name).mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-P",
        __file__,
        "--target",
        name,
        "--seconds",
        str(seconds),
        "--corpus",
        str(corpus),
    ]
    done = subprocess.run(command, capture_output=True, timeout=seconds + GAVE_UP_S, check=False)
    output = done.stderr.decode(errors="replace") + done.stdout.decode(errors="replace")
    states = _STATE.findall(output)
    executions, edges, features = map(int, states[-1]) if states else (0, 0, 0)
    result: dict[str, object] = {
        "executions": executions,
        "edges": edges,
        "features": features,
        "finding": None,
    }
    if done.returncode:
        artifact = _ARTIFACT.search(output)
        data = Path(artifact[1]).read_bytes() if artifact else b""
        why = [line for line in output.splitlines() if re.match(r"\w*(Error|Exception)|==\d+== ERROR", line)]
        result["finding"] = {"why": why[:2] or output[-500:], "input": repr(data)[:2_000]}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="Fuzz the parsers, guided by coverage.")
    parser.add_argument("--seconds", type=int, default=120, help="for each target")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(TARGETS))
    parser.add_argument("--corpus", type=Path, help="a folder that is kept")
    parser.add_argument("--target", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    try:
        importlib.import_module("atheris")
    except ImportError:
        sys.exit("fuzz_parsers: atheris is not installed: `pip install atheris`")
    if arguments.target:
        fuzz(arguments.target, arguments.corpus / arguments.target, arguments.seconds)
        return
    with tempfile.TemporaryDirectory() as temporary:
        corpus = (arguments.corpus or Path(temporary)).absolute()
        results = {name: run(name, corpus, arguments.seconds) for name in arguments.only}
    print("| target | executions | edges | features | finding |\n|---|---|---|---|---|")
    for name, result in results.items():
        cells = (result["executions"], result["edges"], result["features"], result["finding"] or "none")
        print(f"| {name} | {' | '.join(map(str, cells))} |")
    print(json.dumps({"benchmark": "fuzz_parsers", "seconds": arguments.seconds, "targets": results}))
    sys.exit(any(result["finding"] for result in results.values()))


if __name__ == "__main__":
    main()
