"""How text becomes terms to search by."""

import pytest
from holesmith.context.identifiers import terms_of, terms_of_identifier
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("getUserName", ("getusername", "get", "user", "name")),
        ("get_user_name", ("get_user_name", "get", "user", "name")),
        ("HTTPServer", ("httpserver", "http", "server")),
        ("total", ("total",)),
        ("__init__", ("__init__",)),
        ("sha256", ("sha256",)),
        ("größeMessen", ("größemessen", "gr", "messen")),
        ("self", ()),
        ("x", ()),
    ],
)
def test_identifiers_are_split_at_capitals_and_underscores(name: str, terms: tuple[str, ...]) -> None:
    found = terms_of_identifier(name)
    assert found[:1] == terms[:1]
    assert set(terms) <= set(found)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_terms_are_lower_case_words_once_each(text: str) -> None:
    terms = terms_of(text)
    assert len(set(terms)) == len(terms)
    assert all(term == term.lower() and '"' not in term and " " not in term for term in terms)
