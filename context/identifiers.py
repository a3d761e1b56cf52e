"""Split text into search terms: whole identifiers and their parts, in lower case.

``getUserName`` and ``get_user_name`` share the parts ``get``, ``user`` and ``name``. The index and every
query split in the same way, so a change of this file needs a new ``SCHEMA_VERSION`` in index/schema.py.
"""

import re
from functools import lru_cache

IDENTIFIER = re.compile(r"[^\W\d]\w*")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\dA-Za-z_]+")

# Characters: shorter terms and longer identifiers are left out.
TERM_CHARACTERS_MIN = 2
TERM_CHARACTERS_MAX = 64

# Words that are in every file of some language, so that they don't tell one chunk from another.
STOP_TERMS = frozenset(
    re.findall(
        r"\w+",
        """
        and as assert async await bool boolean break case catch char class const continue def default
        del do double elif else enum except export extends false final finally float fn for from func
        function global if impl implements import in instanceof int interface is it lambda let long
        match mod mut namespace new nil none nonlocal not null of or package pass private protected pub
        public raise return self static str string struct super switch the this throw throws to true
        try type typeof undefined use using var void where while with yield
        """,
    )
)


def terms_of(text: str) -> tuple[str, ...]:
    """Return each term of ``text`` once, in the order of first use."""
    names = dict.fromkeys(IDENTIFIER.findall(text))
    return tuple(dict.fromkeys(term for name in names for term in terms_of_identifier(name)))


@lru_cache(maxsize=65_536)
def terms_of_identifier(name: str) -> tuple[str, ...]:
    """Return the whole identifier first, then its parts if it has several."""
    whole = name.lower()
    if len(name) > TERM_CHARACTERS_MAX or whole in STOP_TERMS:
        return ()
    parts = [part.lower() for part in _PART.findall(name)]
    terms = [whole, *parts] if len(parts) > 1 else [whole, *parts][:1]
    return tuple(
        dict.fromkeys(term for term in terms if len(term) >= TERM_CHARACTERS_MIN and term not in STOP_TERMS)
    )


@lru_cache(maxsize=16_384)
def parts_of_identifier(name: str) -> tuple[str, ...]:
    """Return only the parts of an identifier, to compare names: ``("http", "server")`` for ``HTTPServer``."""
    return tuple(part.lower() for part in _PART.findall(name) if len(part) >= TERM_CHARACTERS_MIN)
