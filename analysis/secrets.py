"""Which files hold secrets by their name: they are neither completed nor used in prompts.

Only the name is looked at, so that the answer is the same before and after a file is read. Source code about
secrets (``credentials.py``) is code.
"""

from fnmatch import fnmatchcase
from pathlib import PurePath

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
)

# Matched against the file's name in lower case.
PATTERNS = (
    ".env*",
    "*.env",
    *(
        f"{stem}{extension}"
        for stem in ("credentials", "credential", "secrets", "secret")
        for extension in _DATA
    ),
    ".credentials*",
    ".secrets*",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.p8",
    "*.ppk",
    "*.jks",
    "*.keystore",
    "*.kdbx",
    "*.gpg",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "*_rsa",
    "*_ed25519",
    ".netrc",
    "_netrc",
    ".pgpass",
    ".my.cnf",
    ".npmrc",
    ".yarnrc.yml",
    ".pypirc",
    ".htpasswd",
    ".git-credentials",
    ".dockercfg",
    ".dockerconfigjson",
    ".vault-token",
    ".vault_pass*",
    "kubeconfig*",
    "service-account*.json",
    "service_account*.json",
    "client_secret*.json",
    "*.tfvars",
    "*.tfvars.json",
    "*.tfstate",
    "*.tfstate.backup",
)

# Whatever lies in one of these folders.
FOLDERS = frozenset({".ssh", ".gnupg", ".aws", ".azure", ".gcloud", ".kube", ".docker"})


def is_secret(path: str) -> bool:
    """Whether the file at ``path``, or a bare file name, may hold passwords, tokens or private keys."""
    *folders, name = PurePath(path.lower()).parts or ("",)
    return not FOLDERS.isdisjoint(folders) or any(fnmatchcase(name, pattern) for pattern in PATTERNS)
