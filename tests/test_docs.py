"""Every link and path in the documentation leads somewhere, and design pages and results have their forms."""

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "results"

PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "editors").glob("*/README.md")),
]
FINDINGS = sorted(RESULTS.glob("20*.md"))
DESIGN = ROOT / "docs" / "design"
# Pages that may name files that are no longer there.
HISTORY = {ROOT / "CHANGELOG.md", *FINDINGS}

# The items of a finding's head, in this order.
HEAD = ("Question", "Setup", "Command", "Result", "Decision")
# Columns of a line; the rows of a table can't be wrapped.
COLUMNS_MAX = 120

_FENCED = re.compile(r"^( *)(```|~~~).*?^ *\2[^\n]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
# [text](target "title"), ![text](target), and [text]: target at the beginning of a line.
_LINK = re.compile(
    r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?\s*$", re.MULTILINE
)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$", re.MULTILINE)
# Unicode categories of the characters that stay in an anchor, besides letters.
_KEPT = {"Mn", "Mc", "Me", "Nd", "Nl", "Pc"}
# A path of this repository in backticks: `lsp/settings.py`, `context/index/`.
_PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*)`")
_TOP = re.compile(
    r"(?:analysis|benchmarks|cli|completion|context|docs|editors|engine|evaluation|kernels|lsp|scripts|system"
    r"|tests)/"
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def links_of(text: str) -> Iterator[str]:
    """The targets of the links in a page that are not addresses of other sites."""
    for match in _LINK.finditer(_CODE.sub("", _FENCED.sub("", text))):
        target = match[1] or match[2]
        if not _SCHEME.match(target):
            yield target


def slug_of(heading: str) -> str:
    """The anchor that GitHub gives a heading, before it is numbered.

    Letters, marks, digits, underscores and hyphens of the visible text stay, in lower case, and each space
    becomes a hyphen.
    """
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    text = re.sub(r"(?<!\w)(\*{1,3}|_{1,3})(\S.*?)\1(?!\w)", r"\2", text)
    kept = (c for c in text.lower() if c in "- " or c.isalpha() or unicodedata.category(c) in _KEPT)
    return "".join(kept).strip().replace(" ", "-")


def slugs_of(text: str) -> Iterator[str]:
    """The anchors of a page in order; a slug that comes again gets -1, -2, and so on."""
    count: dict[str, int] = {}
    for match in _HEADING.finditer(_FENCED.sub("", text)):
        slug = slug_of(match[1])
        count[slug] = count.get(slug, -1) + 1
        yield f"{slug}-{count[slug]}" if count[slug] else slug


@cache
def anchors_in(page: Path) -> frozenset[str]:
    text = page.read_text()
    return frozenset({*slugs_of(text), *re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text)})


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_to_a_file_and_a_heading_that_exist(page: Path) -> None:
    wrong: list[str] = []
    for target in links_of(page.read_text()):
        path, _, anchor = unquote(target).partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or not file.is_relative_to(ROOT) or (anchor and anchor not in anchors_in(file)):
            wrong.append(target)
    assert not wrong


@pytest.mark.parametrize(
    ("heading", "slug"),
    [
        ("Beside llama.cpp", "beside-llamacpp"),
        ("The server's own share", "the-servers-own-share"),
        ("2026-11-26, 3,572 lines", "2026-11-26-3572-lines"),
        ("`similar` and **bm25**", "similar-and-bm25"),
        ("Loading and memory, 0.5B", "loading-and-memory-05b"),
        ("repo DIR…", "repo-dir"),
        ("A [link](x.md) & more", "a-link--more"),
        ("snake_case stays", "snake_case-stays"),
        ("Ünicode", "ünicode"),
    ],
)
def test_slugs_are_those_of_github(heading: str, slug: str) -> None:
    assert slug_of(heading) == slug


def test_headings_of_one_name_are_numbered_and_code_has_none() -> None:
    assert list(slugs_of("# A\n\n```\n# no heading\n```\n\n## A\n### A\n")) == ["a", "a-1", "a-2"]


def test_links_in_code_are_no_links() -> None:
    text = "`[a](b.md)` [c](d.md#e) ![f](g.png) [h](https://i.org)\n```\n[j](k.md)\n```\n[l]: m.md\n"
    assert list(links_of(text)) == ["d.md#e", "g.png", "m.md"]


def test_every_result_is_in_the_index() -> None:
    linked = {target.partition("#")[0] for target in links_of((RESULTS / "README.md").read_text())}
    missing = [path.name for path in sorted(RESULTS.glob("*.md")) if path.name not in {*linked, "README.md"}]
    assert not missing


def test_the_index_has_each_finding_once_under_its_verdict_and_the_newest_first() -> None:
    _, _, index = (RESULTS / "README.md").read_text().partition("## Findings, newest first")
    items = [" ".join(item.split()) for item in re.split(r"^- ", index, flags=re.MULTILINE)[1:]]
    headings = {path: path.read_text().partition("\n")[0].removeprefix("# ") for path in FINDINGS}
    assert sorted(items) == sorted(f"[{path.stem}]({path.name}): {headings[path]}" for path in FINDINGS)
    dates = [item[1:11] for item in items]
    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize("finding", FINDINGS, ids=name_of)
def test_a_finding_states_its_verdict_and_has_the_fixed_head(finding: Path) -> None:
    assert re.fullmatch(r"20\d\d-[01]\d-[0-3]\d(-[a-z0-9]+)+\.md", finding.name)
    text = finding.read_text()
    heading, head = text.partition("\n\n")[0], text.partition("\n## ")[0]
    assert re.fullmatch(r"# \S+ .*\S", heading)
    assert tuple(re.findall(r"^- \*\*(\w+)\*\*: \S", head, re.MULTILINE)) == HEAD
    assert ("replaced" in heading) == head.partition("\n\n")[2].startswith("Replaced by [")


@pytest.mark.parametrize("page", sorted(RESULTS.glob("*.md")), ids=name_of)
def test_lines_of_results_are_short(page: Path) -> None:
    lines = (line for line in page.read_text().splitlines() if not line.startswith("|"))
    assert not [line for line in lines if len(line) > COLUMNS_MAX]


def test_raw_results_are_json_that_a_result_page_links() -> None:
    pages = {page: page.read_text() for page in RESULTS.glob("*.md")}
    linked = {(page.parent / target).resolve() for page, text in pages.items() for target in links_of(text)}
    for path in (ROOT / "benchmarks" / "results").iterdir():
        assert isinstance(json.loads(path.read_text()), dict), path
        assert path in linked, path


def paths_of(text: str) -> Iterator[str]:
    """The paths in backticks that begin with a folder of this repository."""
    return (match[1] for match in _PATH.finditer(text) if _TOP.match(match[1]))


@pytest.mark.parametrize("page", [page for page in PAGES if page not in HISTORY], ids=name_of)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    assert not [path for path in paths_of(page.read_text()) if not (ROOT / path).exists()]


def test_questions_of_newcomers_and_words_of_the_glossary_name_a_file() -> None:
    _, _, questions = (DESIGN / "architecture.md").read_text().partition("## Where a newcomer looks\n")
    rows = [*rows_of(questions.partition("\n## ")[0]), *rows_of((DESIGN / "glossary.md").read_text())]
    assert len(rows) > 40
    assert not [row for row in rows if not list(paths_of(row))]


def rows_of(text: str) -> list[str]:
    """The rows of the first table of a text, without its head."""
    return [line for line in text.splitlines() if line.startswith("|")][2:]


def test_the_map_of_the_architecture_has_every_folder_of_the_packages() -> None:
    text = (DESIGN / "architecture.md").read_text()
    packages = [path.parent for path in ROOT.glob("[a-z]*/__init__.py")]
    folders = {path.parent for package in packages for path in package.rglob("__init__.py")}
    names = [name_of(folder) for folder in sorted(folders) if "example" not in folder.parts]
    assert names
    assert not [name for name in names if f"`{name}`" not in text and f"`{name}/`" not in text]


@pytest.mark.parametrize("page", sorted(DESIGN.glob("*.md")), ids=name_of)
def test_a_design_page_ends_with_its_invariants_and_where_they_were_measured(page: Path) -> None:
    if page.name != "glossary.md":
        last = page.read_text().rpartition("\n## ")[2]
        assert last.startswith("Invariants\n")
        assert "\nMeasured: " in last


def test_every_page_can_be_reached_from_the_index_of_the_docs() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / target.partition("#")[0]).resolve() for target in links_of(index.read_text())}
    findings = set(RESULTS.glob("20*.md"))
    missing = [page for page in (ROOT / "docs").rglob("*.md") if page not in linked | findings | {index}]
    assert not missing
