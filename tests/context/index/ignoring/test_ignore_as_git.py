"""What is left out is what git leaves out: compared with git itself, for ordinary and for odd rules."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from holesmith.context.index.files import Limits, walk
from holesmith.context.index.ignoring.ignore_rules import IgnoreRules
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

IDENTITY = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")


def git(root: Path, *arguments: str) -> bytes:
    command = ["git", *IDENTITY, "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


def listed(root: Path) -> set[str]:
    """The Python files that git sees. It gives a repository inside as a folder."""
    names = git(root, "ls-files", "-z", "-co", "--exclude-standard").split(b"\0")
    return {os.fsdecode(name) for name in names if name.endswith(b".py")}


def found(root: Path) -> set[str]:
    return {file.path for file in walk(root.resolve(), IgnoreRules(root), Limits())}


def write(root: Path, path: str, data: bytes = b"x = 1\n") -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(data)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without settings, and nothing of the system's."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return home


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    root.mkdir()
    git(root, "init", "-q")
    return root


NAMES = """a b ab B a/a a/b a/ab a/B/a a/b/c/a b/a b/b ba/a/b c/a/b/a #a !a a[b] a*b é aé [a] ^a -a a-b a]b
\\a a\\b a.b .a .a/b a/.a A/b _a/b 0 9z a/#b !/a aab abab/abab x/y/z/w"""
TREE = [name + ".py" for name in NAMES.split()]
LINES = """
a | b/ | /a | a/ | a/b | /a/b/ | *a | a* | *b* | ?b | ?? | [ab] | [!a] | [^a] | [a-b]* | [a-] | []-] | []a]
[!]a]b | [[:alpha:]] | [[:upper:]]* | [[:digit:]][[:lower:]] | [[:punct:]]a | [[:space:]]a | [[:blank:]]a
[[:nonsense:]] | [[:alpha]] | [[:alpha:] | [a | [ | [!] | [] | [a-b-c] | [b-a] | [\\]] | [a\\-b] | [\\a-b]
** | **/ | /** | /**/ | **/a | a/** | a/**/a | a/**/ | a**/b | a/b** | **a | a** | /a** | a/***/a | **/**/a
*/a | */*/a | /*/ | */ | ** /a | a/**b | a*/** | **\\/a | a**\\/b | \\/a | a\\/b
\\a | \\\\a | \\*a | a\\*b | a\\ | \\#a | \\!a | #a | !a | !!a | \\[a] | é | ? | a? | *\xa9 | [é] | a[!a]
/ | // | ! | !/ | a// | //a | a//b | ./a | a/. | a/./b | ../a | .* | .*/ | !.a | *.py | !*/ | !a/b | !/a/b/
""".replace("\n", " | ").split(" | ")


@pytest.mark.parametrize("rules", ["{}", "{}.py", "*.py\n!{}.py", "{}/*\n!b.py"])
def test_every_kind_of_line_means_what_it_means_to_git(root: Path, rules: str) -> None:
    lines = [line for line in LINES if line]
    for number, line in enumerate(lines):
        for name in TREE:
            write(root, f"{number}/{name}")
        write(root, f"{number}/.gitignore", rules.format(line).encode("utf-8", "surrogateescape"))
    mine, gits = found(root), listed(root)
    differing = {lines[int(path.partition("/")[0])] for path in mine ^ gits}
    assert not differing
    assert len(gits) < len(lines) * len(TREE)


PIECES = st.sampled_from(
    [
        "a",
        "b",
        "c",
        "*",
        "**",
        "?",
        "/",
        "/",
        "!",
        "\\",
        "[ab]",
        "[!a]",
        "[a-c]",
        "[",
        "]",
        "-",
        " ",
        ".py",
        "#",
        "é",
    ]
)
PATTERNS = st.lists(PIECES, min_size=1, max_size=7).map("".join)
ENDS = st.sampled_from(["\n", "\n", "\r\n", " \n", "  \r\n", "\t\n", "\n\n", "\n#\n"])
IGNORE_FILES = st.lists(st.tuples(PATTERNS, ENDS), max_size=5).map(
    lambda lines: "".join(line + end for line, end in lines)
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    top=IGNORE_FILES,
    inner=IGNORE_FILES,
    exclude=IGNORE_FILES,
    bom=st.booleans(),
    ignore_case=st.booleans(),
    is_ended=st.booleans(),
)
def test_random_rules_mean_what_they_mean_to_git(
    tmp_path: Path, top: str, inner: str, exclude: str, bom: bool, ignore_case: bool, is_ended: bool
) -> None:
    root = tmp_path / "random"
    if not root.exists():
        root.mkdir()
        git(root, "init", "-q")
        for name in TREE:
            write(root, name)
    git(root, "config", "core.ignoreCase", str(ignore_case).lower())
    start = b"\xef\xbb\xbf" if bom else b""
    write(root, ".gitignore", start + (top if is_ended else top.rstrip("\r\n")).encode())
    write(root, "a/.gitignore", inner.encode())
    write(root, ".git/info/exclude", start + exclude.encode())
    assert found(root) == listed(root)


def test_a_linked_work_tree_has_the_rules_of_its_repository(root: Path, tmp_path: Path) -> None:
    write(root, "app.py")
    git(root, "add", "app.py")
    git(root, "commit", "-qm", "one")
    write(root, ".git/info/exclude", b"private/\n")
    git(root, "worktree", "add", "-q", str(tmp_path / "linked"))
    git(root, "worktree", "add", "-q", ".worktrees/fix")
    for folder in (root, tmp_path / "linked"):
        write(folder, "private/keys.py")
        assert found(folder) == listed(folder) == {"app.py"}


@pytest.mark.parametrize(
    ("place", "settings_file", "text"),
    [
        (".config/git/ignore", "", ""),
        ("xdg/git/ignore", "", ""),
        ("mine", ".gitconfig", "[core]\n\texcludesFile = ~/mine\n"),
        ("mine", ".config/git/config", '[core]\n\tEXCLUDESFILE = "~/mine" ; why\n'),
        ("mine", ".gitconfig", "[include]\n\tpath = more\n"),
        (".config/git/ignore", ".gitconfig", "[core]\n\texcludesFile =\n"),
    ],
)
def test_the_users_own_list_counts_as_it_does_for_git(
    root: Path, home: Path, monkeypatch: pytest.MonkeyPatch, place: str, settings_file: str, text: str
) -> None:
    if place.startswith("xdg"):
        monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "xdg"))
    write(home, "more", b"[core]\n\texcludesFile = ~/mine\n")
    if settings_file:
        write(home, settings_file, text.encode())
    write(home, place, b"*.local.py\n/only.py\nback.py\n")
    write(root, ".gitignore", b"!back.py\n")
    for name in ("a.py", "b.local.py", "c/d.local.py", "only.py", "c/only.py", "back.py"):
        write(root, name)
    assert found(root) == listed(root)


def test_the_repositorys_own_setting_names_a_list_too(root: Path, tmp_path: Path) -> None:
    write(tmp_path, "list", b"a.py\n")
    git(root, "config", "core.excludesFile", "../list")
    write(root, "a.py")
    write(root, "b.py")
    assert found(root) == listed(root) == {"b.py"}


def test_another_repository_inside_is_not_gone_into(root: Path, tmp_path: Path) -> None:
    for name in ("nested", "deep/nested", "library"):
        git(root, "init", "-q", name)
        write(root, f"{name}/a.py")
        git(root / name, "add", "a.py")
        git(root / name, "commit", "-qm", "one")
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", "./library", "module")
    write(root, "no_repository/.git/HEAD")
    write(root, "no_repository/b.py")
    write(root, "broken/.git", b"gitdir: nowhere\n")
    write(root, "broken/c.py")
    (root / "empty/.git").mkdir(parents=True)
    write(root, "empty/d.py")
    assert found(root) == listed(root) == {"no_repository/b.py", "broken/c.py", "empty/d.py"}


def test_a_link_is_no_ignore_file(root: Path) -> None:
    write(root, "rules", b"*.py\n")
    (root / ".gitignore").symlink_to("rules")
    write(root, "a.py")
    assert found(root) == listed(root) == {"a.py"}


def test_rules_hold_in_a_workspace_that_is_a_folder_of_the_repository(root: Path) -> None:
    write(root, ".gitignore", b"/sub/x.py\ny.py\n")
    for name in ("sub/x.py", "sub/y.py", "sub/z.py", "sub/x/x.py"):
        write(root, name)
    assert {f"sub/{name}" for name in found(root / "sub")} == listed(root) == {"sub/z.py", "sub/x/x.py"}
