"""Retrieval as a whole: from a request to the prompt's files, in time, and still while one types."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from holesmith.context.index.reader import Index
from holesmith.context.prompt.budget import Budget
from holesmith.context.request import ContextRequest, Fact
from holesmith.context.retrieval.deadline import Deadline, deadline_after
from holesmith.context.retrieval.retrieve import Choice, ContextQuery, retrieve
from holesmith.context.retrieval.session import NEIGHBOURHOOD_LINES, ContextSession
from holesmith.context.sources.catalogue import DEFAULT_SOURCES, SOURCE_NAMES, SOURCES

from tests.context.repository import NEVER, VOCABULARY, Repository, make_repository

FILES = {
    "shop/cart.py": "class Cart:\n    def pay(self, amount: int) -> bool: ...\n    total: int = 0\n",
    "shop/till.py": "def open_till(cart, amount):\n    receipt = cart.pay(amount)\n    return receipt\n",
    "shop/odd.py": "def zeta(eta):\n    theta = iota(eta)\n    return theta\n",
}
HEAD = "from shop.cart import Cart\n\n\ndef sell(cart: Cart, amount):\n"
BUDGET = Budget(1_000, 60, 20)
CHOICE = Choice(SOURCE_NAMES)
PASSED = Deadline(0.0, 0.0)
OF_THE_HOLE = {source.name for source in SOURCES if source.tier == "hole"}  # asked for every hole anew


def query(request: ContextRequest, deadline: Deadline = NEVER) -> ContextQuery:
    return ContextQuery(request, VOCABULARY, BUDGET, deadline, CHOICE)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make_repository(tmp_path, FILES)


def test_what_is_found_becomes_files_of_the_prompt(repository: Repository) -> None:
    retrieved = repository.retrieve(
        "shop/main.py", HEAD + "    receipt = cart.<CURSOR>\n", sources=SOURCE_NAMES
    )
    assert "def pay(self, amount: int) -> bool" in "".join(file.code for file in retrieved.files)
    assert {each.snippet.path for each in retrieved.chosen} == {file.path for file in retrieved.files}
    assert all(each.snippet.reason and each.tokens for each in retrieved.chosen)
    assert not retrieved.late


def test_without_an_index_nothing_is_found_and_nothing_fails(repository: Repository, tmp_path: Path) -> None:
    request = repository.request("a.py", HEAD + "    cart.<CURSOR>\n")
    retrieved = retrieve(query(request), Index(tmp_path / "none"))
    assert {file.path for file in retrieved.files} <= {"a.py"}


def test_after_the_deadline_no_source_is_asked(repository: Repository) -> None:
    request = repository.request("a.py", HEAD + "    cart.<CURSOR>\n")
    retrieved = retrieve(query(request, PASSED), repository.index)
    assert set(retrieved.late) == SOURCE_NAMES
    assert retrieved.chosen == ()


def test_only_the_sources_chosen_are_asked(repository: Repository) -> None:
    retrieved = repository.retrieve("shop/main.py", HEAD + "    cart.<CURSOR>\n", sources={"imports"})
    assert {each.snippet.source for each in retrieved.chosen} == {"imports"}
    assert set(retrieved.timings_ms) == {"imports"}


def test_a_budget_of_nothing_takes_nothing(repository: Repository) -> None:
    assert repository.retrieve("shop/main.py", HEAD + "    cart.<CURSOR>\n", tokens=0).files == ()


def test_the_defaults_are_known_sources() -> None:
    assert DEFAULT_SOURCES <= SOURCE_NAMES


class Typing:
    """A user who types in one document, and the session that follows."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.now_s = 0.0
        self.session = ContextSession(repository.index, lambda: self.now_s)

    def at(self, document: str, *, paused: bool = False, facts: tuple[Fact, ...] = ()) -> list[str]:
        """The texts of the prompt's files at the cursor mark."""
        request = self.repository.request("shop/main.py", document, facts=facts)
        retrieved = self.session.retrieve(query(request), paused=paused)
        return [file.code for file in retrieved.files]


@pytest.fixture
def typing(repository: Repository) -> Typing:
    return Typing(repository)


def test_the_prompt_stays_while_a_line_is_typed(typing: Typing) -> None:
    line = "    receipt = cart.pay(amount)  # theta iota zeta"
    first = typing.at(HEAD + line[:14] + "<CURSOR>\n")
    assert first
    assert all(typing.at(HEAD + line[:stop] + "<CURSOR>\n") == first for stop in range(14, len(line)))


def test_a_pause_a_jump_and_an_import_are_reasons_to_choose_anew(typing: Typing) -> None:
    first = typing.at(HEAD + "    receipt = cart.<CURSOR>\n")
    other = HEAD + "    theta = iota(eta)\n    zeta(eta)\n    eta.<CURSOR>\n"
    assert typing.at(other) == first
    assert typing.at(other, paused=True) != first
    far = HEAD + "    pass\n" * (NEIGHBOURHOOD_LINES + 5) + "    theta = iota(eta)\n    zeta(<CURSOR>\n"
    typing.session.forget()
    assert typing.at(HEAD + "    receipt = cart.<CURSOR>\n") == first
    assert typing.at(far) != first
    typing.session.forget("shop/main.py")
    typing.at(HEAD + "    receipt = cart.<CURSOR>\n")
    assert typing.at("from shop.odd import zeta\n" + HEAD + "    zeta(<CURSOR>\n") != first


def test_what_was_chosen_long_ago_is_chosen_anew(typing: Typing) -> None:
    first = typing.at(HEAD + "    receipt = cart.<CURSOR>\n")
    typing.now_s += 1_000
    assert typing.at(HEAD + "    theta = iota(eta)\n    zeta(eta)\n    eta.<CURSOR>\n") != first


def test_a_pause_that_brings_nothing_better_changes_nothing(typing: Typing) -> None:
    document = HEAD + "    receipt = cart.<CURSOR>\n"
    assert typing.at(document) == typing.at(document, paused=True) == typing.at(document)


def test_facts_of_the_hole_follow_every_keystroke_behind_what_stays(typing: Typing) -> None:
    first = typing.at(HEAD + "    receipt = cart.<CURSOR>\n")
    fact = Fact("member", "def refund(self, amount: int, reason: str) -> None: ...", "shop/till.py")
    second = typing.at(HEAD + "    receipt = cart.p<CURSOR>\n", facts=(fact,))
    assert second[: len(first)] == first
    assert second[len(first) :] == [fact.text]
    assert typing.at(HEAD + "    receipt = cart.pa<CURSOR>\n") == first


def test_a_choice_cut_short_by_the_deadline_is_not_kept(typing: Typing) -> None:
    request = typing.repository.request("shop/main.py", HEAD + "    receipt = cart.<CURSOR>\n")
    assert typing.session.retrieve(query(request, PASSED)).files == ()
    assert typing.at(HEAD + "    receipt = cart.<CURSOR>\n")


def test_what_was_there_a_keystroke_ago_outlives_a_deadline(typing: Typing) -> None:
    first = typing.at(HEAD + "    receipt = cart.<CURSOR>\n")
    request = typing.repository.request("shop/main.py", HEAD + "    receipt = cart.p<CURSOR>\n")
    late = typing.session.retrieve(query(request, PASSED), paused=True)
    assert set(late.late) == SOURCE_NAMES
    assert [file.code for file in late.files] == first


def test_the_next_keystroke_asks_only_the_sources_that_were_late(typing: Typing) -> None:
    """Each keystroke has time for a source or two; in the end all have answered and the choice is kept."""
    asked: list[str] = []
    kept: list[str] = []
    line = "    receipt = cart.pay(amount)  # theta iota zeta"
    for stop in range(14, len(line)):
        request = typing.repository.request("shop/main.py", HEAD + line[:stop] + "<CURSOR>\n")
        retrieved = typing.session.retrieve(query(request, ticking()))
        asked += [name for name in retrieved.timings_ms if name not in OF_THE_HOLE]
        kept = [file.code for file in retrieved.files]
        if not retrieved.late:
            break
    assert len(asked) == len(set(asked))
    assert {*asked, *OF_THE_HOLE} == SOURCE_NAMES
    assert kept
    assert typing.at(HEAD + line + "<CURSOR>\n") == kept


@dataclass(frozen=True, slots=True)
class Ticking(Deadline):
    """Time passes by being looked at."""

    looks: list[None] = field(default_factory=list[None])

    @property
    def has_passed(self) -> bool:
        self.looks.append(None)
        return len(self.looks) > self.clock_s


def ticking() -> Deadline:
    return Ticking(0.0, 3.0)


def test_a_deadline_comes_by_the_processor_or_by_the_clock() -> None:
    assert not deadline_after(60_000, 60_000).has_passed
    assert deadline_after(-1, 60_000).has_passed
    assert deadline_after(60_000, -1).has_passed
