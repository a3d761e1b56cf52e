"""What a cell of a notebook says to the cells around it, where it is not plain Python.

A cell that begins with ``%%`` is given to a magic of IPython. Some run the rest as Python of the notebook,
others give it to another program; and some bind a name to what comes of it.
"""

import re

_MAGIC = re.compile(r"%%(\w+)[ \t]*([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_RUNS_PYTHON = frozenset(("capture", "debug", "memit", "mprun", "prun", "snakeviz", "time", "timeit"))
_BINDS = frozenset(("bigquery", "capture"))
_OPTION, _NAME = re.compile(r"-\S*"), re.compile(r"[^\W\d]\w*")
# ``files = !ls`` and ``old = %env``.
_ASSIGNED = re.compile(r"^([ \t]*[^\W\d]\w*[ \t]*=[ \t]*)[!%](?=\S)[^\r\n]*", re.MULTILINE)
_VALUE = "get_ipython()"


def python_of(cell: str) -> str:
    """The Python that the other cells see: without the magic, and each name that a magic binds bound to
    something of which nothing is known.
    """
    magic = _MAGIC.match(cell)
    if magic is None:
        return _ASSIGNED.sub(rf"\1{_VALUE}", cell)
    name, arguments = magic.groups()
    code = _ASSIGNED.sub(rf"\1{_VALUE}", cell[magic.end() :]) if name in _RUNS_PYTHON else ""
    words = [word for word in arguments.split() if not _OPTION.fullmatch(word)]
    is_bound = name in _BINDS and words and _NAME.fullmatch(words[0])
    return f"{words[0]} = {_VALUE}\n{code}" if is_bound else code
