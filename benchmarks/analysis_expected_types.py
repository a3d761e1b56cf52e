"""Compare the expected type of a hole with the type that a type checker expects at the same place.

    python benchmarks/analysis_expected_types.py --files 60 DIRECTORY...

The benchmark removes an argument, a returned value or the value of an annotated variable from real packages,
one in each file. The oracle: in a copy, a complex number is put into the hole, which fits almost nowhere, and
the error of basedpyright names the type that was expected. The outermost names of the alternatives are
compared. The dependencies of the packages must lie beside them. The last line is one JSON object.
"""

import argparse
import ast
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from holesmith.analysis.blocking_client import BlockingAnalysisClient
from holesmith.analysis.options import Options
from holesmith.analysis.questions import ExpectedTypeQuestion, Source

PROBE = "1j"
DEADLINE_MS = 10_000.0
COMPLAINT = re.compile(
    r'"complex" cannot be assigned to parameter ".*?" of type "(?P<parameter>.*?)"(?: in function|$)|'
    r'"complex" is not assignable to (?:return|declared) type "(?P<other>.*?)"$',
    re.M | re.S,
)
SAME = {
    "List": "list",
    "Dict": "dict",
    "Set": "set",
    "Tuple": "tuple",
    "Type": "type",
    "FrozenSet": "frozenset",
}


@dataclass(frozen=True, slots=True)
class Site:
    """A value's span in its file, and what kind of place it stands in."""

    path: Path
    text: str
    start: int
    stop: int
    kind: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directories", nargs="+", type=lambda text: Path(text).resolve())
    parser.add_argument("--files", type=int, default=60, help="per package")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    total: Counter[str] = Counter()
    for directory in options.directories:
        sites = list(sample(directory, options.files, options.seed))
        counts = compare(directory, sites)
        print(directory.name, dict(counts))
        total.update(counts)
    known = total["agree"] + total["differ"] + total["missing"]
    share = 100 * total["agree"] / max(known, 1)
    print(f"of {known} places where the checker knows a type: agree {share:.1f} %")
    print(json.dumps({"benchmark": "analysis_expected_types", **total, "agree_percent": round(share, 1)}))


def sample(directory: Path, files_max: int, seed: int) -> Iterator[Site]:
    chooser = random.Random(seed)
    files = [path for path in sorted(directory.rglob("*.py")) if path.stat().st_size < 150_000]
    chooser.shuffle(files)
    count = 0
    for path in files:
        sites = sites_of(path)
        if sites and count < files_max:
            count += 1
            yield chooser.choice(sites)


def sites_of(path: Path) -> list[Site]:
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return []
    if not text.isascii() or "\f" in text or "\r" in text:
        return []
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    found: list[Site] = []
    for node in ast.walk(tree):
        for kind, value in values_of(node):
            if value.lineno == value.end_lineno and value.end_col_offset is not None:
                start, stop = (
                    starts[value.lineno - 1] + value.col_offset,
                    starts[value.lineno - 1] + value.end_col_offset,
                )
                found.append(Site(path, text, start, stop, kind))
    return found


def values_of(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Call):
        yield from (("argument", value) for value in node.args if not isinstance(value, ast.Starred))
        yield from (("keyword", keyword.value) for keyword in node.keywords if keyword.arg)
    elif isinstance(node, ast.Return) and node.value is not None:
        yield "return", node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield "variable", node.value


def compare(directory: Path, sites: list[Site]) -> Counter[str]:
    counts: Counter[str] = Counter()
    oracle = complaints(directory, sites)
    with BlockingAnalysisClient(Options(str(directory.parent))) as client:
        client.warm_up()
        for site in sites:
            counts[verdict(client, site, oracle.get(site.path))] += 1
    return counts


def verdict(client: BlockingAnalysisClient, site: Site, checker: str | None) -> str:
    rest = site.text.find("\n", site.start)
    cut = site.text[: site.start] + (site.text[rest:] if rest >= 0 else "")
    reply = client.ask(ExpectedTypeQuestion(Source(str(site.path), cut), site.start), DEADLINE_MS)
    expected = reply.answer.expected if reply.answer else None
    if checker is None:
        return "only ours" if expected else "neither"
    if expected is None:
        outcome = "missing"
    else:
        outcome = "agree" if outer_names(expected.type) & outer_names(checker) else "differ"
    if outcome != "agree":
        line = site.text.count("\n", 0, site.start) + 1
        ours = f"{expected.type} ({expected.origin})" if expected else reply.reason or "nothing"
        print(f"{outcome}: {site.path}:{line} {site.kind}: ours {ours!r}, checker {checker!r}")
    return outcome


def outer_names(text: str) -> set[str]:
    """The names of the alternatives of a type without their arguments, modules and ``None``."""
    flat = re.sub(r"\(*\([^()]*\) -> [\w.]+(?:\[[^\[\]]*\])?\)*", "Callable", text.strip().strip("'\""))
    wrapped = re.fullmatch(r"(?:\w+\.)*(?:Optional|Union|Final|ClassVar)\[(.*)\]", flat, re.S)
    flat = wrapped[1].replace(",", "|") if wrapped else flat
    while (shorter := re.sub(r"\[[^\[\]]*\]|\([^()]*\)", "", flat)) != flat:
        flat = shorter
    names = {part.strip().split(".")[-1].split("@")[0].strip("'\"") for part in flat.split("|")}
    return {SAME.get(name, name) for name in names} - {"None", ""} or {"None"}


def complaints(directory: Path, sites: list[Site]) -> dict[Path, str]:
    """What the checker expects at each site, by the site's file."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / directory.name
        shutil.copytree(directory, copy)
        for site in sites:
            probed = site.text[: site.start] + PROBE + site.text[site.stop :]
            (copy / site.path.relative_to(directory)).write_text(probed, encoding="utf-8")
        configuration = {"extraPaths": [str(directory.parent)]}
        (Path(place) / "pyrightconfig.json").write_text(json.dumps(configuration), encoding="utf-8")
        checked = [str(copy / site.path.relative_to(directory)) for site in sites]
        checker = Path(sys.executable).parent / "basedpyright"
        run = subprocess.run(
            [checker, "--outputjson", *checked], capture_output=True, text=True, check=False, cwd=place
        )
        report = json.loads(run.stdout)
        found: dict[Path, str] = {}
        for site in sites:
            line = site.text.count("\n", 0, site.start)
            file = str(copy / site.path.relative_to(directory))
            for each in report["generalDiagnostics"]:
                match = COMPLAINT.search(each["message"])
                if match and each["file"] == file and each["range"]["start"]["line"] == line:
                    found.setdefault(site.path, match["parameter"] or match["other"])
    return found


if __name__ == "__main__":
    main()
