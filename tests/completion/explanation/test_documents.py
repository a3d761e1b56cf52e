"""Explanations as people see them: what is said, where links lead, and that nothing in them is obeyed."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from holesmith.completion.answer import Answer, Completion, PromptPart, SnippetUse
from holesmith.completion.explanation.document import Bar, Bars, Document, Section, Table
from holesmith.completion.explanation.explanation import Explained, explanation
from holesmith.completion.explanation.html import html_body, html_page
from holesmith.completion.explanation.plain_text import plain_text
from holesmith.completion.explanation.prompt_page import prompt_page
from holesmith.completion.explanation.status_page import status_page
from holesmith.completion.monitor_report import Fired, MonitorReport, Refusal
from holesmith.completion.postprocess.hidden_characters import hidden_offsets
from holesmith.completion.snapshot import Snapshot
from holesmith.completion.status import Status
from holesmith.completion.workspace.hole_report import Asked, HoleReport
from hypothesis import given
from hypothesis import strategies as st

TEXT = "import cart\n\n\ndef buy(cart: Cart) -> int:\n    return \n"
OFFSET = TEXT.index("return ") + len("return ")


def snapshot(folder: Path | str = "/shop") -> Snapshot:
    return Snapshot(f"{folder}/a.py", "python", TEXT, OFFSET, workspace=str(folder))


def shown_answer(text: str = "cart.total", reason: str = "shown") -> Answer:
    return Answer(
        completion=Completion(text, OFFSET, OFFSET, 0.834),
        reason=reason,
        model="small",
        finish="cancelled",
        prompt="<p>x",
        prompt_tokens=40,
        prefilled_tokens=4,
        generated=text + "\n",
        timings_ms={"wait": 100.0, "prefill": 300.0, "decode": 90.0, "total": 400.0},
        context=(
            SnippetUse("similar", "cart.py", "like the code at the cursor", 12, 7),
            SnippetUse("bm25", "gone.py", "left out: no room in the budget", 0, 1),
        ),
        monitors=MonitorReport(
            fired=(Fired("member", "total", "allowed", "", 12.0),),
            refusals=(Refusal("member", "totals", 3, 1, None, "total"),),
        ),
        prompt_parts=(
            PromptPart("marker", "<p>", 1),
            PromptPart("prefix", "import cart\n", 20),
            PromptPart("file", "\n\n# cart.py\nclass Cart: ...", 12, "cart.py"),
            PromptPart("healed", " ", 0),
        ),
    )


def withheld_answer(reason: str) -> Answer:
    return Answer(None, reason, "small", "stop", prompt_tokens=9, generated="cart\n")


def words_of(document: Document) -> str:
    return "\n".join(plain_text(document).lines)


def test_an_explanation_says_what_was_shown_and_why(tmp_path: Path) -> None:
    (tmp_path / "cart.py").write_text("class Cart: ...\n")
    hole = HoleReport(
        "return", "", "buy", None, None, None, None, asked=(Asked("members", "3", True, "", 1.0),)
    )
    words = words_of(explanation(Explained(shown_answer(), snapshot(tmp_path), hole=hole)))
    for said in (
        "a.py:5 behind `return`",
        "│ cart.total",
        "a probability of 83\u00a0%",
        "Holesmith stopped the model, because the statement or the block had ended",
        "Missing is the value of a return statement of `buy`.",
        "40 tokens, 4 of them new to the model",
        "cart.py:7",
        "no room in the budget",
        "The model wrote `totals`, which is no member there (3 possible ones); `total` stands there instead.",
        "500 ms in all",
        "reading the prompt",
    ):
        assert said in words, said
    assert "cancelled" not in words


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("the model is not sure enough: 0.05 of 0.15", "holesmith.inline.confidenceMin"),
        ("the cursor is in a comment", "holesmith.inline.inComments"),
        ("text was just taken away", "ask for a suggestion by hand"),
        ("loading: reading weights", "the status says how far it is"),
    ],
)
def test_an_explanation_says_what_to_do_where_nothing_was_shown(reason: str, remedy: str) -> None:
    words = words_of(explanation(Explained(withheld_answer(reason), snapshot())))
    assert "Why nothing was shown" in words
    assert reason[1:] in words
    assert remedy in words
    assert "│ cart" in words


def test_a_request_that_came_to_nothing_since_is_told_beside_the_suggestion() -> None:
    words = words_of(explanation(Explained(shown_answer(), snapshot(), newer="text was just taken away")))
    assert "│ cart.total" in words
    assert "The last request of all was not given to the model: text was just taken away." in words


def test_links_lead_to_the_line_of_files_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "cart.py").write_text("class Cart: ...\n")
    page = plain_text(explanation(Explained(shown_answer(), snapshot(tmp_path))))
    links = {link.text: link for link in page.links}
    assert set(links) == {f"{tmp_path}/a.py:5", "cart.py:7"}
    link = links["cart.py:7"]
    assert (link.target.path, link.target.line) == (str(tmp_path / "cart.py"), 7)
    assert "cart.py:7" in page.lines[link.row - 1]


def test_a_path_that_leads_out_of_the_workspace_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "secret.py").write_text("")
    answer = Answer(
        None, "x", "small", prompt_tokens=3, context=(SnippetUse("s", "../secret.py", "r", 3, 1),)
    )
    page = plain_text(explanation(Explained(answer, snapshot(tmp_path / "inner"))))
    assert [link.text for link in page.links] == [f"{tmp_path}/inner/a.py:5"]


@pytest.mark.parametrize("target", ["/etc/hosts", "../outside.py", ".env", "cart.py"])
def test_a_link_of_the_file_system_out_of_the_workspace_or_to_a_secret_is_no_link(
    tmp_path: Path, target: str
) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    for file in (tmp_path / "outside.py", folder / ".env", folder / "real.py"):
        file.write_text("")
    (folder / "cart.py").symlink_to(target)  # the last one is a loop
    page = plain_text(explanation(Explained(shown_answer(), snapshot(folder))))
    assert [link.text for link in page.links] == [f"{folder}/a.py:5"]


@pytest.mark.parametrize("name", [".env", "keys/id_rsa", "credentials.json"])
def test_nothing_is_shown_of_a_document_that_holds_secrets(name: str) -> None:
    text = "PASSWORD=swordfish"
    secret = Snapshot(f"/shop/{name}", "dotenv", text, len(text), workspace="/shop")
    explained = Explained(Answer(None, "files that hold secrets are never completed", "small"), secret)
    for page in (explanation(explained), prompt_page(explained)):
        assert "swordfish" not in html_page(page)
        assert name in html_page(page)


def test_folds_reach_from_heading_to_heading() -> None:
    page = plain_text(explanation(Explained(shown_answer(), snapshot())))
    headings = [at for at, line in enumerate(page.lines, 1) if line.startswith("▌ ")]
    assert [fold.first for fold in page.folds] == headings
    assert page.folds[-1].last == len(page.lines)
    closed = {page.lines[fold.first - 1] for fold in page.folds if not fold.is_open}
    assert closed == {"▌ What was found and left out"}


def test_paragraphs_are_wrapped_for_a_terminal_and_code_is_not() -> None:
    answer = shown_answer(text="x = " + "very_long_name + " * 20 + "1")
    lines = plain_text(explanation(Explained(answer, snapshot())), columns=60).lines
    assert all(len(line) <= 60 for line in lines if "very_long_name" not in line and "  " not in line.strip())
    assert any(len(line) > 300 for line in lines)


def test_the_prompt_is_shown_in_parts_with_their_sources_and_tokens(tmp_path: Path) -> None:
    (tmp_path / "cart.py").write_text("class Cart: ...\n")
    words = words_of(prompt_page(Explained(shown_answer(), snapshot(tmp_path))))
    for said in (
        "Behind the model's marker `<p>`.",
        "Before the cursor (20 tokens)",
        "Code of another file: cart.py (12 tokens)",
        "From similar, cart.py:7: like the code at the cursor.",
        "│ # cart.py",
        "The beginning of what the model must write (not in the prompt)",
        "`␣`",
    ):
        assert said in words, said


def test_a_prompt_that_was_never_made_is_said_with_its_reason() -> None:
    words = words_of(prompt_page(Explained(Answer(None, "the document is binary", ""), snapshot())))
    assert "The model was not asked: The document is binary." in words


@pytest.mark.parametrize(
    ("status", "more", "said"),
    [
        (
            Status("error", "no model; `holesmith model pull` brings it"),
            {},
            "No model; `holesmith model pull`",
        ),
        (
            Status("ready", "m on cpu", "m", "cpu", index_failure="shop is not indexed: disk full"),
            {},
            "disk full",
        ),
        (
            Status("ready", "m on cpu", "m", "cpu"),
            {"settings_problems": ["device: 3 is no text"]},
            "3 is no text",
        ),
        (Status("ready", "m on cpu", "m", "cpu"), {"last_failure": "OSError: x"}, "OSError: x"),
    ],
)
def test_a_status_with_a_problem_begins_with_it_in_red(
    status: Status, more: dict[str, object], said: str
) -> None:
    page = status_page(status, **more)  # type: ignore[arg-type]
    first = page.sections[0]
    assert first.title == "1 problem"
    assert said in words_of(Document("", (first,)))
    assert "holesmith doctor" in words_of(Document("", (first,)))
    assert any(span.kind == "bad" for span in Document("", (first,)).spans())


def test_a_status_says_what_goes_on() -> None:
    loading = words_of(status_page(Status("loading", "reading weights", progress=0.4)))
    assert "Reading weights. 40 % are done." in loading
    busy = words_of(
        status_page(Status("ready", "m", "m", "cpu", activity="indexing shop, 40 %", requests=1_234))
    )
    assert "Just now: indexing shop, 40 %." in busy
    assert "1,234" in busy
    assert "problem" not in busy


# What a workspace or a model may write to be obeyed: by a terminal, a browser, Markdown, or a reader's eye.
HOSTILE = (
    "\x1b]0;t\x07\x9b31m\u202e\u200b\r</pre></code><script>alert(1)</script><img src=x onerror=y>"
    "\"'&amp;[a](command:x)`\n# Why ▌\n▌ Why"
)


def hostile_document(text: str) -> list[Document]:
    answer = Answer(
        completion=Completion(text, OFFSET, OFFSET, 0.5),
        reason=text,
        model=text,
        finish="stop",
        prompt=text,
        prompt_tokens=2,
        generated=text,
        context=(SnippetUse(text, text, text, 1, 1), SnippetUse(text, text, f"left out: {text}", 0, None)),
        monitors=MonitorReport(
            (Fired("member", text, "unknown", text, 1.0),),
            (Refusal("name", text, 2, 1, 1.0, text),),
            9.0,
            1,
            text,
        ),
        alternatives=(Completion(text, OFFSET, OFFSET, 0.1),),
        prompt_parts=(
            PromptPart("marker", text, 1),
            PromptPart("file", text, 1, text),
            PromptPart("healed", text, 0),
        ),
    )
    hole = HoleReport(
        "argument",
        text,
        text,
        0,
        text,
        text,
        "string",
        None,
        (Asked(text, text, False, text, 1.0),),
        text,
        text,
    )
    taken = Snapshot("/shop/" + text, "python", text, len(text), workspace="/shop")
    explained = Explained(answer, taken, text, hole, text)
    status = Status("error", text, text, text, environment=text, activity=text, index_failure=text)
    frame = Document(text, (Section(text, (Table((text,), ()), Bars((Bar(text, text, 0.5),)))),))
    return [explanation(explained), prompt_page(explained), status_page(status, [text], text), frame]


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


OURS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "main",
    "h1",
    "h2",
    "details",
    "summary",
    "p",
    "span",
    "code",
    "strong",
    "small",
    "pre",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "a",
    "svg",
    "rect",
}


@given(st.one_of(st.just(HOSTILE), st.text(max_size=30)))
def test_hostile_text_is_text_in_every_form(text: str) -> None:
    for document in hostile_document(text.replace("\0", "") or "x"):
        page = plain_text(document)
        assert not list(hidden_offsets("\n".join(page.lines)))
        assert all("\n" not in line for line in page.lines)
        headings = [at for at, line in enumerate(page.lines, 1) if line.startswith("▌")]
        assert headings == [fold.first for fold in page.folds]
        html = html_page(document)
        assert not list(hidden_offsets(html))
        elements = Elements()
        elements.feed(html)
        assert elements.found <= OURS
        names = {name for name, _ in elements.attributes}
        assert not any(name.startswith("on") or name == "src" or name == "style" for name in names)
        assert not any(list(hidden_offsets(span.text)) for span in document.spans())


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    html = html_page(explanation(Explained(shown_answer(), snapshot())))
    assert "default-src 'none'" in html
    assert "<script" not in html
    assert not re.search(r"(?:src|href)=\"(?!file://)", html)
    assert "prefers-color-scheme: dark" in html


def test_whoever_shows_the_html_says_where_links_lead() -> None:
    body = html_body(explanation(Explained(shown_answer(), snapshot())), lambda link: f'x:"{link.line}')
    assert 'href="x:&quot;5"' in body
