"""Constraints over bytes and over tokens: every mask against brute force over the whole vocabulary."""

import re

import numpy as np
import pytest
from holesmith.engine.constraints.constraint import ByteMachine, End, State, rest_after
from holesmith.engine.constraints.token_index import TokenIndex
from holesmith.engine.constraints.token_mask import TokenMasks, intersect, packed
from holesmith.engine.request import Constraint
from hypothesis import example, given
from hypothesis import strategies as st

from tests.fakes import byte_vocabulary

WORDS = (
    ".get", ".getter", "get", "get(", "get_all", " self", " self.", "self.get(", ").", "().", " = ", "\n    ",
    "é", ".é", "a.b.c", "_", "__(", "f\"", "0x", " get", " (", "  ", "x1", "x1)",
)  # fmt: skip
VOCABULARY = byte_vocabulary(WORDS)
SPELLINGS = (*VOCABULARY.bytes_by_id, b"get", b".get")  # two tokens that look like others
INDEX = TokenIndex(SPELLINGS)


def keeps(constraint: Constraint, text: bytes) -> End | None:
    """The definition, by regular expressions: None while the text may still become right."""
    names = b"|".join(re.escape(name) + rb"(?=[^0-9A-Za-z_\x80-\xff])" for name in constraint.names)
    texts = b"|".join(map(re.escape, constraint.texts))
    choices = [each for each in (names, texts) if each]
    if not constraint.is_exclusive:
        choices.append(rb"[^A-Za-z_\x80-\xff]")
    if re.match(re.escape(constraint.lead) + b"(?:" + b"|".join(choices) + b")", text, re.DOTALL):
        return End.FREE
    wholes = [constraint.lead + each for each in (*constraint.names, *constraint.texts)]
    if not constraint.is_exclusive:
        wholes.append(constraint.lead)
    return None if any(whole.startswith(text) for whole in wholes) else End.REFUSED


names = st.sampled_from([b"get", b"get_all", b"getter", b"self", b"x1", "é".encode(), b"__", b"b", b"a"])
constraints = st.builds(
    Constraint,
    names=st.lists(names, min_size=1, max_size=5, unique=True).map(tuple),
    texts=st.lists(st.sampled_from([b'f"', b"get(", b"x=", b'"a"', b" "]), max_size=2, unique=True).map(
        tuple
    ),
    lead=st.sampled_from([b"", b"", b".", b" ", b" self.", b"  (", b")."]),
    is_exclusive=st.booleans(),
)
texts = st.lists(st.sampled_from([token_bytes for token_bytes in SPELLINGS if token_bytes]), max_size=4)


def state_after(machine: ByteMachine, tokens: list[bytes]) -> State:
    state: State = machine.start
    for token in tokens:
        following = machine.advance(state, token)
        if following is End.REFUSED:
            break
        state = following
    return state


@given(constraints, texts)
@example(Constraint((b"get", b"get_all"), lead=b"."), [b".get"])
def test_the_machine_accepts_what_the_definition_says(constraint: Constraint, tokens: list[bytes]) -> None:
    machine = ByteMachine(constraint)
    state: State = machine.start
    text = b""
    for token in tokens:
        state = machine.advance(state, token)
        text += token
        expected = keeps(constraint, text)
        assert state == (text if expected is None else expected)
        if state is End.REFUSED:
            break


@given(constraints, texts)
@example(Constraint((b"get", b"get_all"), lead=b"."), [b".get"])
def test_the_mask_is_what_brute_force_over_the_vocabulary_gives(
    constraint: Constraint, tokens: list[bytes]
) -> None:
    machine = ByteMachine(constraint)
    state = state_after(machine, tokens)
    mask = TokenMasks(machine, INDEX).mask(state)
    if isinstance(state, End):
        assert mask is None
        return
    assert mask is not None
    allowed = [
        token_id
        for token_id, token_bytes in enumerate(SPELLINGS)
        if token_bytes and machine.advance(state, token_bytes) is not End.REFUSED
    ]
    assert sorted(mask.ids()) == allowed
    bits = np.unpackbits(packed(mask, len(SPELLINGS)).view(np.uint8), bitorder="little")
    assert list(np.flatnonzero(bits)) == allowed


@given(constraints, constraints, texts)
def test_constraints_intersect(first: Constraint, second: Constraint, tokens: list[bytes]) -> None:
    masks = [
        mask
        for machine in map(ByteMachine, (first, second))
        if (mask := TokenMasks(machine, INDEX).mask(state_after(machine, tokens))) is not None
    ]
    if masks:
        both = set(masks[0].ids()).intersection(*(mask.ids() for mask in masks))
        assert sorted(intersect(masks).ids()) == sorted(both)


@given(constraints, texts, texts)
def test_the_rest_of_a_constraint_judges_the_rest_of_the_text(
    constraint: Constraint, before: list[bytes], after: list[bytes]
) -> None:
    machine = ByteMachine(constraint)
    state = state_after(machine, before)
    if isinstance(state, End):
        return
    rest = ByteMachine(rest_after(constraint, state))
    assert rest.may_end(rest.start) == machine.may_end(state)
    whole, part = state, rest.start
    for token in after:
        whole, part = machine.advance(whole, token), rest.advance(part, token)
        assert isinstance(whole, End) == isinstance(part, End)
        if isinstance(whole, End):
            assert whole == part
            break


@pytest.mark.parametrize(
    ("constraint", "text", "may_end"),
    [
        (Constraint((b"get", b"get_all"), lead=b"."), b".get", True),
        (Constraint((b"get_all",), lead=b"."), b".get", False),
        (Constraint((b"get",), lead=b" ", is_exclusive=False), b" ", True),
        (Constraint((b"get",), lead=b" "), b" ", False),
    ],
)
def test_a_generation_ends_only_where_a_name_may(constraint: Constraint, text: bytes, may_end: bool) -> None:
    machine = ByteMachine(constraint)
    assert machine.may_end(machine.advance(machine.start, text)) == may_end
    mask = TokenMasks(machine, INDEX).mask(text)
    assert mask is not None
    assert mask.may_end == may_end
