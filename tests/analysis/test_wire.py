"""Questions and answers over the pipe: what is sent is what arrives, and nothing else is accepted."""

import json

import pytest
from holesmith.analysis.answers import (
    Call,
    Expected,
    ExpectedType,
    ImportedModule,
    Imports,
    Member,
    Members,
    RelevantHeaders,
    ScopeNames,
    StaticErrors,
)
from holesmith.analysis.questions import MembersQuestion, Source, StaticErrorsQuestion
from holesmith.analysis.wire import LENGTH, from_json, pack, to_json
from hypothesis import given
from hypothesis import strategies as st

SENDABLE = (
    Members,
    Expected,
    ExpectedType,
    ScopeNames,
    Call,
    ImportedModule,
    Imports,
    RelevantHeaders,
    StaticErrors,
    Member,
    MembersQuestion,
    StaticErrorsQuestion,
    Source,
)


@given(st.one_of([st.builds(kind) for kind in SENDABLE]))
def test_round_trip(value: object) -> None:
    message = pack(to_json(value))
    (length,) = LENGTH.unpack(message[: LENGTH.size])
    assert length == len(message) - LENGTH.size
    # By their text, because a score may be NaN, which is not equal to itself.
    assert repr(from_json(json.loads(message[LENGTH.size :]), type(value))) == repr(value)


def test_lone_surrogates_survive() -> None:
    source = Source(None, "\ud800")
    assert from_json(json.loads(pack(to_json(source))[LENGTH.size :]), Source) == source


@pytest.mark.parametrize("data", [None, {}, [], ["path"], [1, 2, 3], "text"])
def test_other_shapes_are_refused(data: object) -> None:
    with pytest.raises(ValueError, match="not a"):
        from_json(data, Source)
