"""Files with secrets are known by name, and neither code about secrets nor a template is taken for one."""

from pathlib import Path

import pytest
from holesmith.analysis.files.secrets import is_secret, is_secret_file

SECRETS = """
.env .env.production .ENV.Local .envrc prod.env env.production env.local env.bak .flaskenv .env.sh
/srv/app/.env /srv/app/.env.production .env~ .env.bak

server.pem Server.KEY id_rsa id_ed25519.bak deploy_rsa deploy_key ssh_host_rsa_key ssh_host_ed25519_key
cert.der release.asc vault.kdb vault.kdbx age.agekey office.ovpn wallet.dat server.pem.bak id_rsa.example

credentials credentials.json credential.yml secrets.yaml secrets.prod.yaml db-secrets.yaml app.secrets.json
credentials.yml.enc passwords.txt token.json tokens.json SECRETS.TOML

.netrc .pypirc .npmrc .npmrc.bak .yarnrc .yarnrc.yml pip.conf .git-credentials .htpasswd .pgpass .boto .s3cfg
rclone.conf .terraformrc credentials.tfrc.json prod.tfvars terraform.tfstate terraform.tfstate.backup

service-account-prod.json serviceAccountKey.json gcp-key.json shop-firebase-adminsdk-x1.json
application_default_credentials.json client_secret_1.json kubeconfig kubeconfig.yaml prod.kubeconfig

wp-config.php appsettings.json appsettings.Production.json web.config database.yml key.properties
.bash_history .python_history .psql_history

/home/me/.ssh/config /home/me/.aws/credentials /home/me/.aws/anything/at/all.txt .docker/config.json
/home/me/.config/gh/hosts.yml /home/me/.m2/settings.xml /home/me/.kube/config /home/me/.KUBE/config

ſecrets.json paſſwords.txt wallet.DAT .Kube/config /home/me/.ſſh/config .ENV
"""

NO_SECRETS = """
main.py environment.py env.py README.md Untitled-1 keyboard.rs monkey.py /home/me/ssh/config.py package.json

credentials.py secrets.py secrets.ts secret_santa.ts settings_secret.py local_settings.py env.js env.ts
env.d.ts kubeconfig.py kubeconfig.go id_rsa_parser.py id_rsa.c .env.py .envrc.rs client_secret.java
service_account.cs .docker/build.py .aws/handler.py .kube/operator.go .ssh/agent.rs .docker/Dockerfile token.h

.env.example .env.sample .env.template .env.dist .env.local.example env.example example.env sample.env
secrets.yaml.example credentials.json.dist config/.env.EXAMPLE .docker/.env.example .aws/credentials.template

design-tokens.json secretary.json keys.json monkey donkey settings.xml .config/hosts.yml hosts.yml
"""


@pytest.mark.parametrize("path", SECRETS.split())
def test_a_secret_is_known_by_its_name(path: str) -> None:
    assert is_secret(path)


@pytest.mark.parametrize("path", ["", "/", *NO_SECRETS.split()])
def test_code_and_templates_are_no_secrets(path: str) -> None:
    assert not is_secret(path)


def test_a_link_is_a_secret_where_the_file_that_it_leads_to_is(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("KEY=1")
    (tmp_path / "plain.py").write_text("")
    (tmp_path / ".aws").mkdir()
    (tmp_path / "folder").symlink_to(".aws")
    for link, target in (("config.py", ".env"), ("again.py", "config.py"), ("other.py", "plain.py")):
        (tmp_path / link).symlink_to(target)
    secret = {
        each
        for each in ("config.py", "again.py", "other.py", "plain.py", "folder/config", "gone.py")
        if is_secret_file(str(tmp_path / each))
    }
    assert secret == {"config.py", "again.py", "folder/config"}


def test_a_path_that_no_system_has_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "loop.py").symlink_to("loop.py")
    assert not any(map(is_secret_file, ("a\0b.py", "\ud800.py", "x" * 10_000, str(tmp_path / "loop.py"))))
