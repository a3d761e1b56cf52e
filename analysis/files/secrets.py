"""The files that may hold secrets, by their names: they are neither completed nor used in prompts.

Only names are looked at, so that the answer is the same before and after a file is read: the path's own name,
and for a link the name of its target too. Case does not count, and ``ſ`` is an ``s``, as on disks that ignore
case. Source code (``credentials.py``) and templates (``.env.example``) are meant to be shared, so they count
as no secrets, whatever their names; keys written inside them are not found.
"""

import os
import re
from fnmatch import translate
from pathlib import PurePath

from holesmith.analysis.languages import LANGUAGE_OF_SUFFIX

_DATA = (
    "",
    ".json",
    ".yaml",
    ".yml",
    ".toml",
    ".ini",
    ".cfg",
    ".conf",
    ".properties",
    ".xml",
    ".txt",
    ".csv",
    ".env",
    ".enc",
    ".yml.enc",
    ".yaml.enc",
)
_STEMS = ("credentials", "credential", "secrets", "secret", "passwords", "password")

# Names of private keys and key stores, which have no templates.
_KEYS = (
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.p8",
    "*.ppk",
    "*.der",
    "*.asc",
    "*.jks",
    "*.keystore",
    "*.kdb",
    "*.kdbx",
    "*.gpg",
    "*.agekey",
    "*.ovpn",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "*_rsa",
    "*_dsa",
    "*_ecdsa",
    "*_ed25519",
    "*_key",
    "wallet.dat",
)

_DATA_FILES = (
    ".env*",
    "*.env",
    ".flaskenv",
    *(
        f"env.{stage}"
        for stage in ("local", "production", "prod", "staging", "development", "dev", "test", "bak")
    ),
    *(f"{stem}{extension}" for stem in _STEMS for extension in _DATA),
    *(f"*[-_.]{stem}{extension}" for stem in _STEMS for extension in _DATA if extension),
    *(f"{stem}[-_.]*{extension}" for stem in _STEMS for extension in _DATA if extension),
    "token.json",
    "tokens.json",
    ".credentials*",
    ".secrets*",
    "credentials.tfrc.json",
    ".terraformrc",
    "terraform.rc",
    ".netrc",
    "_netrc",
    ".pgpass",
    ".my.cnf",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pypirc",
    "pip.conf",
    ".htpasswd",
    ".git-credentials",
    ".dockercfg",
    ".dockerconfigjson",
    ".vault-token",
    ".vault_pass*",
    ".boto",
    ".s3cfg",
    "rclone.conf",
    "kubeconfig*",
    "*.kubeconfig",
    "service-account*.json",
    "service_account*.json",
    "serviceaccount*.json",
    "client_secret*.json",
    "*firebase-adminsdk*.json",
    "application_default_credentials.json",
    "gcp-key*.json",
    "*.tfvars",
    "*.tfvars.json",
    "*.tfstate",
    "*.tfstate.backup",
    "appsettings*.json",
    "web.config",
    "database.yml",
    "key.properties",
    ".*_history",
)

# Programs that hold nothing but settings and passwords.
_SECRET_PROGRAMS = frozenset({"wp-config.php"})

# Folders whose files are all secret; the pattern below names single files in folders of settings.
FOLDERS = frozenset({".ssh", ".gnupg", ".aws", ".azure", ".gcloud", ".kube", ".docker"})
_FILES_IN_FOLDERS = re.compile(
    r"(?:^|/)\.config/(?:gh/hosts\.ya?ml|gcloud/.*|rclone/.*)$"
    r"|(?:^|/)\.m2/settings(?:-security)?\.xml$|(?:^|/)\.composer/auth\.json$"
)

# Programs and markup in languages without a grammar here.
_CODE = frozenset(LANGUAGE_OF_SUFFIX).union(
    (".rb", ".php", ".kt", ".kts", ".swift", ".scala", ".lua", ".pl", ".pm", ".r", ".jl", ".dart", ".ex"),
    (".exs", ".erl", ".hs", ".ml", ".mli", ".clj", ".fs", ".vb", ".m", ".mm", ".zig", ".nim", ".vue"),
    (".svelte", ".css", ".scss", ".html", ".sql", ".proto", ".cmake", ".hxx", ".inl"),
)
_CODE_NAMES = frozenset({"dockerfile", "makefile"})
_TEMPLATE = re.compile(
    r".*[._-](?:example|sample|template|dist|tmpl|tpl)|(?:example|sample|template)[._-]?\.?env"
)
# Endings that editors and people append to the name of a copy.
_COPY = re.compile(r"(?:\.(?:bak|backup|old|orig|save|copy)|~)+$")


# File systems allow no longer names; the bound keeps the patterns fast on text that is no file name.
_NAME_CHARACTERS_MAX = 255


def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)))


_IS_KEY = _any_of(_KEYS)
_IS_DATA = _any_of(_DATA_FILES)


def is_secret(path: str) -> bool:
    """True if the file at ``path``, or a bare file name, may hold passwords, tokens or private keys."""
    whole = PurePath(path.casefold())
    *folders, name = whole.parts or ("",)
    name = name[-_NAME_CHARACTERS_MAX:]
    if name in _SECRET_PROGRAMS:
        return True
    if PurePath(name).suffix in _CODE or name in _CODE_NAMES:
        return False
    original = _COPY.sub("", name)
    if _IS_KEY.match(name) or _IS_KEY.match(original):
        return True
    if _TEMPLATE.fullmatch(name):
        return False
    return (
        not FOLDERS.isdisjoint(folders)
        or _FILES_IN_FOLDERS.search(whole.as_posix()) is not None
        or _IS_DATA.match(name) is not None
        or _IS_DATA.match(original) is not None
    )


def is_secret_file(path: str) -> bool:
    """True if ``is_secret`` holds for the path, or for the target of a path with a link in it."""
    if is_secret(path):
        return True
    try:
        real = os.path.realpath(path)
    except (OSError, ValueError):  # not a path on this system
        return False
    return real != path and is_secret(real)
