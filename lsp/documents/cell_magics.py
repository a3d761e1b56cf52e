"""Turn a notebook cell with magics of IPython into the Python that the other cells see.

A cell that begins with ``%%`` goes to a magic. Some magics run the rest as Python of the notebook, others
give it to another program, and some bind the result to a name: ``%%capture out`` becomes
``out = get_ipython()``.
"""

import re

_MAGIC = re.compile(r"%%(\w+)[ \t]*([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_RUNS_PYTHON = frozenset(("capture", "debug", "memit", "mprun", "prun", "snakeviz", "time", "timeit"))
_BINDS = frozenset(("bigquery", "capture"))
_OPTION, _NAME = re.compile(r"-\S*"), re.compile(r"[^\W\d]\w*")
# An assignment of a magic's result: ``files = !ls`` or ``old = %env``.
_ASSIGNED = re.compile(r"^([ \t]*[^\W\d]\w*[ \t]*=[ \t]*)[!%](?=\S)[^\r\n]*", re.MULTILINE)
_VALUE = "get_ipython()"


def python_of(cell: str) -> str:
    """The Python of a cell without its magics. A name bound by a magic gets a value of unknown type."""
    magic = _MAGIC.match(cell)
    if magic is None:
        return _ASSIGNED.sub(rf"\1{_VALUE}", cell)
    name, arguments = magic.groups()
    code = _ASSIGNED.sub(rf"\1{_VALUE}", cell[magic.end() :]) if name in _RUNS_PYTHON else ""
    words = [word for word in arguments.split() if not _OPTION.fullmatch(word)]
    is_bound = name in _BINDS and words and _NAME.fullmatch(words[0])
    return f"{words[0]} = {_VALUE}\n{code}" if is_bound else code
