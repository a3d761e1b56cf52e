"""What we use of jedi and parso beyond their public interface is still there, and does what we take it to do.

After an upgrade of jedi or parso, the names of the tests that fail here say what has moved.
"""

import ast
import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import jedi
import parso.cache
import pytest
from holesmith.analysis.files.source_access import SourceAccess
from holesmith.analysis.python.parsing import jedi_internals as internals
from holesmith.analysis.python.project import IsolatedEnvironment
from holesmith.analysis.python.source_only_imports import Modules, find_in
from jedi.inference.base_value import ValueWrapper
from jedi.inference.filters import FilterWrapper
from parso.grammar import load_grammar
from parso.python.parser import Parser
from parso.python.tree import UsedNamesMapping

ROOT = Path(__file__).parents[4]
OWN_FILE = ROOT / "analysis" / "python" / "parsing" / "jedi_internals.py"

# What is imported from modules that are not documented, with the parameters that we count on; None where it
# is not called.
IMPORTED = {
    "jedi.api.completion._complete_getattr": "user_context, instance",
    "jedi.api.environment.InterpreterEnvironment": "",
    "jedi.file_io.KnownContentFileIO": "path, content",
    "jedi.inference.base_value.LazyValueWrapper": None,
    "jedi.inference.base_value.NO_VALUES": None,
    "jedi.inference.base_value.ValueSet": "iterable",
    "jedi.inference.base_value.ValueWrapper": "wrapped_value",
    "jedi.inference.cache.inference_state_method_cache": "default",
    "jedi.inference.compiled.ExactValue": None,
    "jedi.inference.compiled.builtin_from_name": "inference_state, string",
    "jedi.inference.compiled.subprocess.functions": None,
    "jedi.inference.compiled.subprocess.functions.ImplicitNSInfo": "name, paths",
    "jedi.inference.context.get_global_filters": "context, until_position, origin_scope",
    "jedi.inference.gradual.annotation._get_forward_reference_node": "context, string",
    "jedi.inference.gradual.annotation.infer_annotation": "context, annotation",
    "jedi.inference.gradual.base.GenericClass": None,
    "jedi.inference.gradual.base._GenericInstanceWrapper": None,
    "jedi.inference.gradual.conversion.convert_values": ("values, only_stubs, prefer_stubs, ignore_compiled"),
    "jedi.inference.gradual.stub_value.StubModuleValue": None,
    "jedi.inference.gradual.type_var.TypeVar": None,
    "jedi.inference.imports.Importer": "inference_state, import_path, module_context, level",
    "jedi.inference.imports.ModuleCache": "",
    "jedi.inference.names.TreeNameDefinition": "parent_context, tree_name",
    "jedi.inference.star_args": None,
    "jedi.inference.syntax_tree.infer_trailer": "context, atom_values, trailer",
    "jedi.inference.value.ClassValue": None,
    "jedi.inference.value.FunctionValue": None,
    "jedi.inference.value.ModuleValue": None,
    "jedi.inference.value.TreeInstance": None,
    "jedi.inference.value.function.FunctionValue": None,
    "jedi.inference.value.function.MethodValue": None,
    "jedi.inference.value.function.OverloadedFunctionValue": None,
    "jedi.inference.value.instance.BoundMethod": "instance, class_context, function",
    "jedi.inference.value.instance.InstanceClassFilter": None,
    "jedi.inference.value.instance.SelfAttributeFilter": (
        "instance, instance_class, node_context, origin_scope"
    ),
    "jedi.inference.value.iterable.Sequence": None,
    "jedi.inference.value.klass.ClassFilter": None,
    "jedi.inference.value.klass.DataclassSignature": "value, param_names",
    "jedi.inference.value.klass.DataclassWrapper": None,
    "jedi.inference.value.klass.get_dataclass_param_names": "cls",
    "jedi.inference.value.module.ModuleMixin": None,
    "jedi.parser_utils.function_is_property": "function_node",
    "jedi.parser_utils.get_parent_scope": "node, include_flows",
    "parso.cache._set_cache_item": "hashed_grammar, path, module_cache_item",
    "parso.cache.parser_cache": None,
    "parso.cache.try_to_save_module": "hashed_grammar, file_io, module, lines, pickling, cache_path",
    "parso.file_io.KnownContentFileIO": "path, content",
    "parso.grammar.load_grammar": "version, path",
    "parso.parser.InternalParseError": "msg, type_, value, start_pos",
    "parso.python.parser.Parser": "pgen_grammar, error_recovery, start_nonterminal",
    "parso.python.token.PythonTokenTypes": None,
    "parso.python.tokenize.BOM_UTF8_STRING": None,
    "parso.python.tree.UsedNamesMapping": "dct",
    "parso.tree.BaseNode": None,
}

# What is replaced by functions of ours, with its parameters in the library's source.
REPLACED = {
    "jedi.inference.star_args.process_params": "param_names, star_count",
    "jedi.inference.compiled.access.load_module": "inference_state, dotted_name, sys_path",
    "jedi.inference.compiled.subprocess.functions.get_module_info": (
        "inference_state, sys_path, full_name, kwargs"
    ),
    "jedi.inference.compiled.subprocess.functions.iter_module_names": "args, kwargs",
    "jedi.inference.compiled.subprocess.functions._iter_module_names": "inference_state, paths",
    "jedi.inference.value.module.ModuleMixin.iter_star_filters": "self",
    "jedi.file_io.FolderIO.list": "self",
    "jedi.file_io.FolderIO.walk": "self",
    "parso.file_io.FileIO.read": "self",
    "parso.cache._load_from_file_system": "hashed_grammar, path, p_time, cache_path",
    "parso.cache._save_to_file_system": "hashed_grammar, path, item, cache_path",
    "parso.cache._remove_cache_and_update_lock": "cache_path",
}

SETTINGS = {
    "jedi.settings": (
        "auto_import_modules",
        "dynamic_array_additions",
        "dynamic_params",
        "dynamic_params_for_other_modules",
        "fast_parser",
    ),
    "parso.cache": ("_CACHED_SIZE_TRIGGER",),
}

TEXT = """\
from typing import TypedDict

class Part:
    size = 1
    def method(self): ...

class Proxy:
    def __init__(self):
        self.of = Part()
    def __getattr__(self, name):
        return getattr(self.of, name)

class Table(TypedDict):
    key: int

def give() -> list[int]: ...
def table() -> Table: ...

class_ = Part
instance = Part()
method = Part().method
generic_class = list[int]
generic_instance = give()
typed_dict = table()
proxy = Proxy()
"""


class Example:
    """A script of jedi's, and the values of the variables in it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "module.py"
        self.grammar = load_grammar(version="3.13")
        self.script = self.new_script(str(self.path), TEXT)

    def new_script(self, path: str | None, text: str) -> Any:
        environment = IsolatedEnvironment()
        folders = [str(self.path.parent), *environment.get_sys_path()]
        project = jedi.Project(folders[0], sys_path=folders, smart_sys_path=False)
        with internals.incremental_parsing():  # as for the texts of questions, whatever ran before
            return jedi.Script(text, path=path, project=project, environment=environment)

    # Not found before it is needed, so that one name that has moved does not make every test fail.

    @property
    def tree(self) -> Any:
        return internals.tree_of(self.script)

    @property
    def context(self) -> Any:
        return internals.module_context_of(self.script)

    def value(self, variable: str) -> Any:
        (value,) = self.context.py__getattribute__(variable)
        return value

    def filter_of(self, variable: str, kind: str) -> Any:
        filters = self.value(variable).get_filters(origin_scope=self.tree)
        return next(each for each in filters if type(each).__name__ == kind)


@pytest.fixture
def example(tmp_path: Path) -> Example:
    standard_library = IsolatedEnvironment().get_sys_path()
    libraries = [*standard_library, str(Path(jedi.__file__).parent)]
    find_in(Modules(SourceAccess(str(tmp_path), libraries, lambda _: False), standard_library))
    return Example(tmp_path)


def shares_inference(example: Example) -> bool:
    state = internals.inference_state_of(example.script)
    other = example.new_script(None, "other = 1")
    internals.give_inference_state(other, state)
    return internals.module_context_of(other).inference_state is state


def keeps_modules(example: Example) -> bool:
    cache = internals.AskedModules()
    cache.add(("os", "path"), "values")
    return cache.get(("os", "path")) == "values" and cache.items() == ["values"]


def narrows(example: Example) -> bool:
    names = example.filter_of("class_", "ClassFilter")
    used = UsedNamesMapping({"size": internals.used_names_of_filter(names)["size"]})
    internals.look_only_at(names, used)
    return [name.string_name for name in names.values()] == ["size"]


def keeps_trees(example: Example) -> bool:
    path = example.path.with_name("kept.py")
    internals.cache_tree(example.grammar, path, "x\n", example.tree, ["x\n", ""])
    item = internals.cached_tree(example.grammar, path)
    is_kept = item.node is example.tree and item.lines == ["x\n", ""]
    return is_kept and any(files.pop(path, None) is item for files in parso.cache.parser_cache.values())


def parses_lines(example: Example) -> bool:
    tokens = internals.tokens_of(example.grammar, ["    x = 1\n"], 7, [-1, 4])
    names = [token for token in tokens if token.string == "x"]
    return [token.start_pos for token in names] == [(7, 4)]


def parses_tokens(example: Example) -> bool:
    tokens = internals.tokens_of(example.grammar, ["x = 1\n"], 1, [0])
    return Parser(internals.parser_tables(example.grammar)).parse(tokens).get_code() == "x = 1\n"


def replaces_used_names(example: Example) -> bool:
    tree = example.grammar.parse("x = 1")
    used = UsedNamesMapping({})
    internals.set_used_names(tree, used)
    is_set = tree.get_used_names() is used
    internals.set_used_names(tree, None)
    return is_set and set(tree.get_used_names()) == {"x"}


def wraps_filters(example: Example) -> bool:
    inner = internals.inner_filters(example.filter_of("instance", "InstanceClassFilter"))
    return [type(each).__name__ for each in inner] == ["ClassFilter"]


PRIVATE: dict[str, Callable[[Example], bool]] = {
    "jedi.api.Script._module_node": lambda e: internals.tree_of(e.script).get_code() == TEXT,
    "jedi.api.Script._get_module_context": lambda e: (
        internals.module_context_of(e.script).tree_node is internals.tree_of(e.script)
    ),
    "jedi.api.Script._get_module": lambda e: internals.module_path_of(e.script) == ("module",),
    "jedi.api.Script._inference_state": shares_inference,
    "jedi.inference.imports.ModuleCache._name_cache": keeps_modules,
    "jedi.inference.base_value.ValueWrapper._wrapped_value": lambda e: (
        internals.wrapped_value(ValueWrapper(e.context)) is e.context
    ),
    "jedi.inference.value.instance.BoundMethod._wrapped_value": lambda e: (
        internals.wrapped_value(e.value("method")).tree_node.name.value == "method"
    ),
    "jedi.inference.gradual.base.GenericClass._class_value": lambda e: (
        internals.class_without_arguments(e.value("generic_class")).py__name__() == "list"
    ),
    "jedi.inference.gradual.base._GenericInstanceWrapper": lambda e: isinstance(
        e.value("generic_instance"), internals.GenericInstance
    ),
    "jedi.inference.gradual.typing.TypedDict._definition_class": lambda e: (
        internals.typed_dict_of(e.value("typed_dict")).py__name__() == "Table"
        and internals.typed_dict_of(e.value("instance")) is None
    ),
    "jedi.api.completion._complete_getattr": lambda e: (
        "size" in {name.string_name for name in internals.names_of_proxied(e.context, e.value("proxy"))}
    ),
    "jedi.inference.gradual.annotation._get_forward_reference_node": lambda e: (
        internals.forward_reference(e.context, "Part").children[0].value == "Part"
        and internals.forward_reference(e.context, "Part[") is None
    ),
    "jedi.inference.value.instance.InstanceClassFilter._class_filter": wraps_filters,
    "jedi.inference.filters.FilterWrapper._wrapped_filter": lambda e: (
        internals.inner_filters(FilterWrapper(e.context)) == [e.context]
    ),
    "jedi.inference.filters.ParserTreeFilter._parser_scope": lambda e: (
        internals.scope_of_filter(e.filter_of("class_", "ClassFilter")).name.value == "Part"
    ),
    "jedi.inference.filters.ParserTreeFilter._used_names": narrows,
    "jedi.inference.filters.ParserTreeFilter._parso_cache_node": narrows,
    "parso.python.tree.Module._used_names": replaces_used_names,
    "parso.grammar.Grammar._hashed": keeps_trees,
    "parso.grammar.Grammar._tokenize_lines": parses_lines,
    "parso.grammar.Grammar._pgen_grammar": parses_tokens,
    "parso.cache._set_cache_item": keeps_trees,
}


@pytest.mark.parametrize("name", PRIVATE)
def test_a_private_name_is_what_we_take_it_for(name: str, example: Example) -> None:
    assert PRIVATE[name](example), f"{name} is not what it was"


@pytest.mark.parametrize("name", IMPORTED)
def test_what_is_imported_is_there_and_takes_what_we_give(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    owner = import_module(module)
    found: Any = getattr(owner, attribute) if hasattr(owner, attribute) else import_module(name)
    if (parameters := IMPORTED[name]) is not None:
        assert ", ".join(inspect.signature(found).parameters) == parameters


@pytest.mark.parametrize("name", REPLACED)
def test_what_is_replaced_is_there_and_takes_what_our_function_takes(name: str) -> None:
    # From the source: in this process it may have been replaced already.
    module, owner, attribute = owner_of(name)
    body = ast.parse(source_of(module)).body
    if owner:
        body = next(each for each in body if isinstance(each, ast.ClassDef) and each.name == owner).body
    function = next(each for each in body if isinstance(each, ast.FunctionDef) and each.name == attribute)
    parameters = function.args
    names = [each.arg for each in (*parameters.posonlyargs, *parameters.args, *parameters.kwonlyargs)]
    names += [each.arg for each in (parameters.vararg, parameters.kwarg) if each is not None]
    assert ", ".join(names) == REPLACED[name]


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in SETTINGS.items() for name in names]
)
def test_what_is_set_for_the_whole_process_is_still_a_setting(module: str, name: str) -> None:
    # From the source: to set an attribute that is gone does not fail.
    assigned = [each for each in ast.parse(source_of(module)).body if isinstance(each, ast.Assign)]
    assert name in {target.id for each in assigned for target in each.targets if isinstance(target, ast.Name)}


def test_every_import_from_jedi_and_parso_is_listed() -> None:
    found = {
        f"{node.module}.{alias.name}"
        for path in (ROOT / "analysis").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("jedi", "parso")
        for alias in node.names
    }
    assert found == set(IMPORTED)


def test_every_private_name_is_tried() -> None:
    tree = ast.parse(OWN_FILE.read_text())
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    own |= {"_resolve", "_begun"}
    used = {name for name in names_in(tree) if name.startswith("_") and not name.startswith("__")}
    listed = (*PRIVATE, *REPLACED, *SETTINGS["parso.cache"])
    assert used - own <= {name.rpartition(".")[2] for name in listed}


def test_private_names_stand_in_no_other_file() -> None:
    private = {name.rpartition(".")[2] for name in (*PRIVATE, *REPLACED)} | set(SETTINGS["parso.cache"])
    private = {name for name in private if name.startswith("_")}
    for path in (ROOT / "analysis").rglob("*.py"):
        if path != OWN_FILE:
            found = private.intersection(names_in(ast.parse(path.read_text())))
            assert not found, f"{path} uses {found}"


def names_in(tree: ast.AST) -> Iterator[str]:
    """Attributes, imports, keywords and strings, any of which may name something private."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def owner_of(name: str) -> tuple[str, str, str]:
    """The module, the class or "", and the name within it."""
    module, _, attribute = name.rpartition(".")
    package, _, last = module.rpartition(".")
    return (package, last, attribute) if last[0].isupper() else (module, "", attribute)


def source_of(module: str) -> str:
    return inspect.getsource(import_module(module))
