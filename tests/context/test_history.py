"""Recent edits and visited files, from the states of documents alone."""

from holesmith.context.history import DOCUMENTS_MAX, History, changed_lines
from hypothesis import given, settings
from hypothesis import strategies as st

TEXT = "".join(f"line {number}\n" for number in range(40))


def typed(history: History, line: int, *states: str, path: str = "a.py") -> str:
    text = TEXT
    history.note(path, text)
    for state in states:
        lines = text.split("\n")
        lines[line] = state
        text = "\n".join(lines)
        history.note(path, text)
    return text


def test_typing_in_one_place_is_one_edit() -> None:
    history = History()
    typed(history, 5, "x", "x =", "x = 1\ny = 2")
    (edit,) = history.edits
    assert (edit.path, edit.line, edit.text) == ("a.py", 5, "x = 1\ny = 2")


def test_edits_far_apart_are_two_and_the_latest_is_first() -> None:
    history = History()
    text = typed(history, 5, "early")
    history.note("a.py", text.replace("line 30", "late"))
    assert [edit.text for edit in history.edits] == ["late", "early"]


def test_an_edit_is_found_again_after_lines_were_put_in_above_it() -> None:
    history = History()
    text = typed(history, 30, "late")
    history.note("a.py", "new\n" * 4 + text)
    assert {(edit.line, edit.text) for edit in history.edits} == {(34, "late"), (0, "new\nnew\nnew\nnew")}


def test_the_first_sight_of_a_document_is_no_edit() -> None:
    history = History()
    history.note("a.py", TEXT)
    history.note("b.py", "x")
    history.note("a.py", TEXT)
    assert history.edits == ()
    assert history.visited == ("a.py", "b.py")


def test_only_the_last_documents_are_remembered() -> None:
    history = History()
    for number in range(DOCUMENTS_MAX + 5):
        typed(history, 1, "changed", path=f"{number}.py")
    assert len(history.visited) == DOCUMENTS_MAX
    assert {edit.path for edit in history.edits} <= set(history.visited)


LINES = st.lists(st.sampled_from(["a", "b", "c"]), max_size=8)


@settings(deadline=None)
@given(LINES, LINES)
def test_outside_of_the_changed_lines_texts_agree(old: list[str], new: list[str]) -> None:
    start, old_stop, new_stop = changed_lines("\n".join(old), "\n".join(new))
    old, new = old or [""], new or [""]
    assert old[:start] == new[:start]
    assert old[old_stop:] == new[new_stop:]
    assert start <= min(old_stop, new_stop)
    if old != new and start < min(old_stop, new_stop):
        assert old[start] != new[start]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a.py", "b.py"]), LINES.map("\n".join)), max_size=12))
def test_every_edit_is_text_of_its_document(states: list[tuple[str, str]]) -> None:
    history = History()
    for path, text in states:
        history.note(path, text)
    texts = dict(states)
    for edit in history.edits:
        assert edit.text in texts[edit.path]
        assert texts[edit.path].split("\n")[
            edit.line : edit.line + edit.text.count("\n") + 1
        ] == edit.text.split("\n")
