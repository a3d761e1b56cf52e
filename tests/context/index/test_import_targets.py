"""Imports resolved to files of the workspace, language by language."""

from pathlib import Path

import pytest
from holesmith.analysis.languages import language_of
from holesmith.analysis.outline.symbols import symbols_of
from holesmith.context.index.import_targets import files_of_import

from tests.context.repository import make_repository

FILES = [
    "app/__init__.py",
    "app/models.py",
    "app/sub/__init__.py",
    "app/sub/views.py",
    "app/sub/models.py",
    "src/lib/tools.py",
    "web/a.ts",
    "web/b.tsx",
    "web/ui/index.ts",
    "web/c.js",
    "index.ts",
    "core/http/http.go",
    "core/http/http_test.go",
    "com/shop/Cart.java",
    "com/shop/Item.java",
    "crate/src/lib.rs",
    "crate/src/net/mod.rs",
    "crate/src/net/tcp.rs",
    "include/list.h",
    "native/list.c",
    "native/util.h",
]


@pytest.mark.parametrize(
    ("path", "statement", "expected"),
    [
        ("app/sub/views.py", "from .models import A", ["app/sub/models.py"]),
        ("app/sub/views.py", "from ..models import A", ["app/models.py"]),
        ("app/sub/views.py", "from .. import models", ["app/models.py", "app/__init__.py"]),
        ("app/sub/views.py", "from app.sub import models", ["app/sub/models.py", "app/sub/__init__.py"]),
        ("app/sub/views.py", "import app.models", ["app/models.py"]),
        ("app/models.py", "from lib.tools import x", ["src/lib/tools.py"]),
        ("app/models.py", "import json", []),
        ("app/models.py", "from .models import x", []),
        ("app/models.py", "from ....x import y", []),
        ("web/a.ts", "import { x } from './b'", ["web/b.tsx"]),
        ("web/a.ts", "import { x } from './c.js'", ["web/c.js"]),
        ("web/a.ts", "import x from './ui'", ["web/ui/index.ts"]),
        ("web/ui/index.ts", "import x from '../b'", ["web/b.tsx"]),
        ("web/a.ts", "import x from '@/ui/index'", ["web/ui/index.ts"]),
        ("web/a.ts", "import x from 'react'", []),
        ("web/ui/index.ts", "import x from '../../../../web/b'", []),
        ("main.ts", "import x from '.'", ["index.ts"]),
        ("main.ts", "import x from './web/./ui/../b'", ["web/b.tsx"]),
        ("core/main.go", 'import "example.com/app/core/http"', ["core/http/http.go"]),
        ("com/shop/Item.java", "import com.shop.Cart;", ["com/shop/Cart.java"]),
        ("com/shop/Item.java", "import com.shop.*;", ["com/shop/Cart.java"]),
        ("crate/src/lib.rs", "use crate::net::tcp::Socket;", ["crate/src/net/tcp.rs"]),
        ("crate/src/net/tcp.rs", "use super::mod_thing;", []),
        ("native/list.c", '#include "util.h"', ["native/util.h"]),
        ("native/list.c", "#include <list.h>", ["include/list.h"]),
        ("native/list.c", '#include "../include/list.h"', ["include/list.h"]),
        ("native/list.c", '#include "../../../include/list.h"', []),
        ("app/Program.cs", "using System.Text;", []),
    ],
)
def test_imports_mean_files(tmp_path: Path, path: str, statement: str, expected: list[str]) -> None:
    index = make_repository(tmp_path, dict.fromkeys(FILES, "x = 1\n")).index
    language = language_of(path)
    (found,) = symbols_of(language, statement).imports
    assert list(files_of_import(found, path, language, index)) == expected
