"""The generated pages of docs/reference are those of the present code."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "write_reference.py"


def reference() -> ModuleType:
    """The script as a module; scripts are no package."""
    spec = importlib.util.spec_from_file_location(SCRIPT.stem, SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["cli.md", "settings.md"])
def test_a_generated_page_is_the_one_of_the_present_code(name: str) -> None:
    pages = {path.name: (path, text) for path, text in reference().pages().items()}
    path, text = pages[name]
    assert path.read_text() == text, f"write it anew: .venv/bin/python -P {SCRIPT.relative_to(ROOT)}"


def test_options_that_all_suites_have_are_listed_once() -> None:
    page = next(text for path, text in reference().pages().items() if path.name == "cli.md")
    assert page.count("| `--grid KEY=V,…` |") == 1
    assert "\n## holesmith eval own\n" in page
