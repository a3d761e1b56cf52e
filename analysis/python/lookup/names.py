"""Turn jedi's names into the plain data of answers: kinds, members, types and signatures."""

from collections.abc import Iterable
from typing import Any

from holesmith.analysis.answers import Member, SymbolKind
from holesmith.analysis.deadline import Deadline
from holesmith.analysis.python.project import PLACEHOLDER
from jedi.inference.value.klass import DataclassSignature, get_dataclass_param_names

_KINDS = frozenset(("module", "class", "function", "instance", "property", "param", "keyword", "statement"))


def kind_of(name: Any) -> SymbolKind:
    """The kind of a name of jedi's; "statement" for a kind that answers do not have."""
    kind = name.api_type
    return kind if kind in _KINDS else "statement"


def members_of(names: Iterable[Any], detailed_max: int, deadline: Deadline) -> tuple[Member, ...]:
    """Describe each name once; the first ``detailed_max`` with signature and type, if there is time."""
    members: dict[str, Member] = {}
    for name in names:
        text = name.string_name
        if text in members or text == PLACEHOLDER or not text.isidentifier():
            continue
        is_detailed = len(members) < detailed_max and not deadline.is_near(20)
        members[text] = member_of(name, is_detailed)
    return tuple(members.values())


def member_of(name: Any, is_detailed: bool) -> Member:
    """Describe a name, with signature and type if ``is_detailed``: each takes some milliseconds to infer."""
    kind = kind_of(name)
    if not is_detailed:
        return Member(name.string_name, kind)
    values = name.infer()
    signature = next((text for value in values if (text := signature_text(value))), None)
    return Member(name.string_name, kind, signature, type_text(values))


def type_text(values: Any) -> str | None:
    """The types of some values, written as an annotation; None if there are none."""
    texts = sorted({text for value in values if (text := _type_hint(value))})
    return " | ".join(texts) or None


def _type_hint(value: Any) -> str | None:
    if value.is_module():
        return f"module {value.py__name__()}"
    try:
        hint: str | None = value.get_type_hint(add_class_info=True)
    except (TypeError, AttributeError):  # jedi cannot write every type that it can infer
        hint = None
    return hint or value.name.string_name


def signatures_of(value: Any) -> list[Any]:
    """jedi's signatures of a callable; for a NamedTuple one made of its fields, which jedi does not give."""
    if value.is_class():
        bases = list(value.py__mro__())
        if any(base.py__name__() == "NamedTuple" for base in bases[1:]):
            own = (get_dataclass_param_names(base) for base in bases if not base.get_root_context().is_stub())
            return [DataclassSignature(value, fields) for fields in own if fields][:1]
    return list(value.get_signatures())


def signature_text(value: Any) -> str | None:
    """The first signature of a value, such as ``(x: int) -> str``; None if the value cannot be called."""
    signatures = (
        signatures_of(value) if value.is_function() or value.is_class() or value.is_bound_method() else []
    )
    if not signatures:
        return None
    text = signatures[0].to_string()
    return text[text.index("(") :] if "(" in text else text
