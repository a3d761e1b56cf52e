"""``holesmith model``: list, pull and describe models."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

from holesmith.cli.command import Subparsers, add_verbs
from holesmith.cli.model_argument import model_argument
from holesmith.cli.visible_output import bare
from holesmith.completion.visible_text import visible
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.store.catalogue import MODELS, HubRepository, Model, default_model, resolve
from holesmith.engine.store.download import pull
from holesmith.engine.store.staging import Progress, gigabytes
from holesmith.engine.store.store import (
    StoredModel,
    find,
    find_hash_damage,
    find_size_damage,
    store_directory,
    stored_model,
    stored_models,
)
from tqdm import tqdm

Fields = dict[str, object]
# Memory of the program without the model's weights. Measured: the peak was 1.6 GB with the default model,
# whose half a billion parameters take 1 GB.
PROGRAM_BYTES = 600_000_000
# Licences that allow research only. For other licences "commercial_use" is left unknown.
NON_COMMERCIAL = ("Qwen-Research",)
NAME_HELP = "a name from `model list`, or OWNER/NAME[@REVISION][:FILE.gguf]"


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("model", help="list, pull and inspect models")
    verbs = add_verbs(parser, title="what to do", metavar="VERB")
    listing = verbs.add_parser("list", help="list the models by name, and which are on this machine")
    listing.set_defaults(run=run_list)
    pulling = verbs.add_parser("pull", help="download a model, verify it, and print its path")
    pulling.set_defaults(run=run_pull)
    info = verbs.add_parser("info", help="describe a model or a model file")
    info.add_argument("--verify", action="store_true", help="read all files and compare their hashes")
    info.set_defaults(run=run_info)
    path = verbs.add_parser("path", help="print the path of a model on this machine")
    path.set_defaults(run=run_path)
    pulling.add_argument(
        "name", metavar="NAME", nargs="?", help=f"{NAME_HELP}; by default the model for this machine"
    )
    for verb in (info, path):
        verb.add_argument("name", type=model_argument, metavar="NAME", help=f"{NAME_HELP}, or a path")
    for verb in (listing, pulling, info, path):
        verb.add_argument("--json", action="store_true", help="print one JSON value")


def run_list(arguments: argparse.Namespace) -> int:
    models = list(listed_models())
    if arguments.json:
        print_json(models)
    else:
        print_table(models)
        print(f"\nThe default is {default_model('cpu')}, with a GPU {default_model('cuda')}.")
        print(f"Kept in {store_directory()}")
        print("Any model hub repository can be pulled as OWNER/NAME[@REVISION][:FILE.gguf].")
    return 0


def run_pull(arguments: argparse.Namespace) -> int:
    name = arguments.name or default_for_this_machine()
    model = resolve(name)
    if model is not None and model.licence is not None:
        print(f"{model.name}: licence {model.licence}", file=sys.stderr)
    with tqdm(desc=visible(name), unit="B", unit_scale=True, disable=None, file=bare(sys.stderr)) as bar:
        source = pull(name, shown_on(bar))
    compile_for_this_machine()
    print_path(source, as_json=arguments.json)
    return 0


def default_for_this_machine() -> str:
    # Imported here, because importing torch takes a second, which the other verbs do not need.
    from holesmith.engine.loading.load import choose_device

    return default_model(choose_device("auto").type)


def compile_for_this_machine() -> None:
    """Compile what the engine needs on a processor, so that no first suggestion waits for it; say so."""
    from holesmith.engine.loading.kernels import compile_kernels, in_words
    from holesmith.engine.loading.load import choose_device

    if choose_device("auto").type != "cpu":
        return
    with tqdm(total=100, disable=None, bar_format="{desc}: {percentage:.0f} %|{bar}|", leave=True) as bar:
        failure = compile_kernels(compilation_shown_on(bar))
    if failure is not None:
        print(f"holesmith: {in_words(failure)}", file=sys.stderr)


def compilation_shown_on(bar: "tqdm[NoReturn]") -> Callable[[str, float], None]:
    """A progress callback that says once what is done, also where no bar is shown, and moves the bar."""
    told: set[str] = set()

    def show(message: str, share: float) -> None:
        if message not in told:
            told.add(message)
            bar.write(message, file=sys.stderr)
        bar.update(round(100 * share) - bar.n)

    return show


def run_info(arguments: argparse.Namespace) -> int:
    fields = described(arguments.name, verify=arguments.verify)
    if arguments.json:
        print_json(fields)
    else:
        width = max(map(len, fields))
        for key, value in fields.items():
            print(f"{key.replace('_', ' '):{width}}  {in_words(key, value)}")
    return 1 if fields["damage"] else 0


def run_path(arguments: argparse.Namespace) -> int:
    print_path(find(arguments.name), as_json=arguments.json)
    return 0


def listed_models() -> Iterator[Fields]:
    """The models of the catalogue in its order, then the other models in the store."""
    stored_by_name = {stored.record.name: stored for stored in stored_models()}
    for model in MODELS:
        yield summary(model, stored_by_name.pop(model.name, None))
    for name, stored in stored_by_name.items():
        model = Model(name, HubRepository(name))
        yield summary(resolve(name) or model, stored)


def summary(model: Model, stored: StoredModel | None) -> Fields:
    """The row of `model list` for one model. An unpulled repository of a hub has None as its size."""
    pinned_bytes = model.pinned.bytes if model.pinned is not None else None
    return {
        "name": model.name,
        "parameters": model.parameters,
        "bytes": stored.record.bytes if stored is not None else pinned_bytes,
        "licence": model.licence or (stored.record.licence if stored is not None else None),
        "fills_in_the_middle": model.fills_in_the_middle,
        "installed": stored is not None,
        "default_for": next(
            (device for device in ("cpu", "cuda") if default_model(device) == model.name), None
        ),
        "memory_bytes": memory_bytes(model.parameters),
        "commercial_use": False if model.licence in NON_COMMERCIAL else None,
    }


def memory_bytes(parameters: str | None) -> int | None:
    """Estimate the memory of a running model in bytes; None for an unknown number of parameters.

    ``parameters`` is a text such as "0.5B". A parameter takes two bytes, on a GPU and while packing on a CPU.
    """
    if parameters is None:
        return None
    return int(float(parameters.removesuffix("B")) * 2_000_000_000) + PROGRAM_BYTES


def described(name: str, *, verify: bool) -> Fields:
    """The fields of `model info`, for a model, installed or not, or for a path to model files.

    ``verify``: compare the hash of every file. Raises EngineError if the name is unknown.
    """
    model = resolve(name)
    stored = stored_model(model) if model is not None else None
    if model is None:
        source = find(name)
        return {"name": source.name, **facts(source), "path": str(source.path), "damage": None}
    fields: Fields = summary(model, stored) | {
        "repository": f"{model.hub.id}@{model.hub.revision}",
        "verified_against": "the pinned hash" if model.pinned is not None else "the hub's own hashes",
        "sha256": sha256(model, stored),
    }
    if stored is None:
        return fields | {"path": None, "damage": None}
    damage = find_hash_damage(stored) if verify else find_size_damage(stored)
    where: Fields = {
        "source": stored.record.source,
        "revision": stored.record.revision,
        "path": str(stored.directory),
    }
    if damage is not None:
        return fields | where | {"damage": f"{damage}: run `holesmith model pull {model.name}` to restore it"}
    source = find(name)
    return fields | facts(source) | where | {"path": str(source.path), "damage": None}


def facts(source: WeightSource) -> Fields:
    """The fields that are read from the model files."""
    # Imported here, because they import torch and tokenizers, which is too slow for `list` and `path`.
    from holesmith.context.prompt.templates import template_for
    from holesmith.engine.loading.weight_facts import read_facts

    weights = read_facts(source)
    template = template_for(weights.vocabulary)
    return {
        "architecture": weights.architecture,
        "context_tokens": weights.context_tokens_max,
        "vocabulary_tokens": weights.vocabulary.size,
        "fills_in_the_middle": template.fills_middle,
        "prompt_template": template.family,
    }


def sha256(model: Model, stored: StoredModel | None) -> object:
    """The hash of a single weight file, or hashes by file name; None if only the hub knows them."""
    if model.pinned is not None:
        return model.pinned.sha256
    if stored is None:
        return None
    return {file.path: file.sha256 for file in stored.record.files}


def shown_on(bar: "tqdm[NoReturn]") -> Progress:
    """A progress callback that moves the bar."""

    def show(bytes_done: int, bytes_total: int) -> None:
        if bar.total is None:
            bar.total, bar.initial, bar.n = bytes_total, bytes_done, bytes_done
        bar.update(bytes_done - bar.n)

    return show


def print_path(source: WeightSource, *, as_json: bool) -> None:
    if as_json:
        print_json({"name": source.name, "path": str(source.path), "layout": source.layout})
    else:
        print(source.path)


def print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False))


def print_table(models: Sequence[Fields]) -> None:
    keys = ("name", "parameters", "bytes", "licence", "installed")
    titles = ("NAME", "PARAMETERS", "SIZE", "LICENCE", "INSTALLED")
    rows = [titles, *(tuple(in_words(key, model[key]) for key in keys) for model in models)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(keys))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def in_words(key: str, value: object) -> str:
    """A value as text for people; a dash for None."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case int() if key == "bytes":
            return gigabytes(value)
        case int():
            return f"{value:,}"
        case dict():
            return "".join(f"\n    {entry}" for entry in (f"{name} {item}" for name, item in value.items()))
        case _:
            return str(value)
