"""Files with secrets are known by name, and code about secrets is not taken for one."""

import pytest
from holesmith.analysis.secrets import is_secret


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "/srv/app/.env",
        "/srv/app/.env.production",
        "/srv/app/.ENV.Local",
        ".envrc",
        "prod.env",
        "server.pem",
        "Server.KEY",
        "id_rsa",
        "id_ed25519.bak",
        "deploy_rsa",
        "credentials",
        "credentials.json",
        "secrets.yaml",
        ".netrc",
        ".pypirc",
        "service-account-prod.json",
        "prod.tfvars",
        "/home/me/.ssh/config",
        "/home/me/.aws/anything/at/all.txt",
    ],
)
def test_a_secret_is_known_by_its_name(path: str) -> None:
    assert is_secret(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "main.py",
        "environment.py",
        "env.py",
        "credentials.py",
        "secrets.py",
        "secret_santa.ts",
        "keyboard.rs",
        "monkey.py",
        "/home/me/ssh/config.py",
        "README.md",
        "Untitled-1",
    ],
)
def test_code_is_no_secret(path: str) -> None:
    assert not is_secret(path)
