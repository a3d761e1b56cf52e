"""The words of each language that are never identifiers, by LSP language id."""

import keyword

_JAVA = """
abstract assert boolean break byte case catch char class const continue default do double else enum
extends false final finally float for goto if implements import instanceof int interface long native
new null package private protected public return short static strictfp super switch synchronized
this throw throws transient true try var void volatile while
"""
_SCRIPT = """
async await break case catch class const continue debugger default delete do else export extends
false finally for from function get if import in instanceof let new null of return set static super
switch this throw true try typeof undefined var void while with yield
"""
_TYPED_SCRIPT = """
abstract any as boolean declare enum implements interface keyof namespace never number private
protected public readonly string symbol type unknown
"""
_GO = """
break case chan const continue default defer else fallthrough false for func go goto if import
interface map nil package range return select struct switch true type var
"""
_RUST = """
as async await break const continue crate dyn else enum extern false fn for if impl in let loop
match mod move mut pub ref return self Self static struct super trait true type unsafe use where
while
"""
_C = """
auto bool break case char const continue default do double else enum extern false float for goto if
inline int long NULL register return short signed sizeof static struct switch true typedef union
unsigned void volatile while
"""
_CPP = """
catch class constexpr decltype delete explicit friend mutable namespace new noexcept nullptr
operator override private protected public template this throw try typename using virtual
"""
_CSHARP = """
as base checked decimal delegate event fixed foreach implicit in internal is lock object out params
readonly sbyte sealed stackalloc string typeof uint ulong unchecked ushort
"""


def _words(*texts: str) -> frozenset[str]:
    return frozenset(" ".join(texts).split())


KEYWORDS = {
    "python": frozenset(keyword.kwlist),
    "java": _words(_JAVA),
    "javascript": _words(_SCRIPT),
    "javascriptreact": _words(_SCRIPT),
    "typescript": _words(_SCRIPT, _TYPED_SCRIPT),
    "typescriptreact": _words(_SCRIPT, _TYPED_SCRIPT),
    "go": _words(_GO),
    "rust": _words(_RUST),
    "c": _words(_C),
    "cpp": _words(_C, _CPP),
    "csharp": _words(_JAVA, _CPP, _CSHARP),
}
