"""Every setting of the web app, read from the environment once, typed.

A key is written ``VARDBALANS_`` and the field's name in capitals. A key with our prefix that is not listed here
stops the start: a misspelt setting must not be silently ignored. A secret may instead be given as a file whose
path stands in the key with ``_FILE`` added.
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["PREFIX", "SECRETS", "Configuration", "read"]

PREFIX = "VARDBALANS_"
SECRETS = ("secret_key", "database_url", "mail_password", "oidc_client_secret")
_KEY_FILE = "secret_key"


class Configuration(BaseSettings):
    """The settings of one running web app."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    data_dir: Path = Field(default=Path("var"), description="The store: lake, originals, results, embedded database.")
    database_url: SecretStr | None = Field(
        default=None, description="postgresql://user:password@host:port/name; without it SQLite in the store."
    )
    secret_key: SecretStr | None = Field(
        default=None, description="Signs sessions. Without it one is made and kept in the store, readable by us alone."
    )
    key_file: Path | None = Field(
        default=None, description="The store's master key (docs/explanation/identity.md); never in the store itself."
    )
    log_heads: Path | None = Field(
        default=None, description="File of the audit trail's heads; audit/heads.jsonl in the store when not given."
    )
    hosts: str = Field(
        default="localhost,127.0.0.1,[::1]", description="Host names the app answers to, with commas between."
    )
    https: bool = Field(default=False, description="Served over TLS: __Host- cookies and HSTS.")
    trusted_proxy: str = Field(default="", description="Address of the proxy whose X-Forwarded headers are believed.")
    second_factor_roles: str = Field(
        default="",
        pattern=r"^(\s*(reader|planner|analyst|manager|administrator)\s*(,|$))*$",
        description="Roles that must have a second factor, with commas between: administrator is recommended.",
    )
    oidc_issuer: str = Field(default="", description="The OpenID Connect provider's issuer, an https address.")
    oidc_client_id: str = Field(default="", description="Our client id at the OpenID Connect provider.")
    oidc_client_secret: SecretStr | None = Field(default=None, description="Our secret there; or a file with it.")
    oidc_name: str = Field(default="OpenID Connect", description="What the log-in page calls the provider.")
    oidc_scopes: str = Field(default="openid profile", description="The scopes that are asked for.")
    saml_metadata: Path | None = Field(default=None, description="File with the SAML identity provider's metadata.")
    saml_entity_id: str = Field(default="", description="Our SAML entity id; the address of our metadata by default.")
    saml_name: str = Field(default="SAML", description="What the log-in page calls the SAML provider.")
    sso_claims: str = Field(
        default="uppdrag", description="Claims or attributes that may be mapped to roles, with commas between."
    )
    sso_display_name: str = Field(default="name", description="The claim or attribute with the person's name.")
    threads: int = Field(default=8, ge=1, le=64, description="Requests served at the same time.")
    job_memory_mb: int = Field(
        default=4096, ge=1024, description="Memory a background job may take, about 1 100 of it reserved by libraries."
    )
    job_minutes: int = Field(default=60, ge=1, description="Minutes a background job may take.")
    job_lease_seconds: int = Field(
        default=60, ge=1, description="How long a job waits for a worker that has gone silent before another takes it."
    )
    job_results_days: int = Field(
        default=90,
        ge=7,
        description="How long the result of a job that is over is kept, beside the newest of its kind.",
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000", description="Where people reach the app, for the links in letters."
    )
    mail_host: str = Field(default="", description="The SMTP server that letters go through; without it none are sent.")
    mail_port: int = Field(default=25, ge=1, le=65535, description="The port of the SMTP server.")
    mail_security: str = Field(
        default="none", pattern="^(none|starttls|tls)$", description="How the way to the SMTP server is protected."
    )
    mail_user: str = Field(default="", description="Whom to log in as at the SMTP server; without it no log-in.")
    mail_password: SecretStr | None = Field(default=None, description="The passphrase at the SMTP server.")
    mail_from: str = Field(default="vardbalans@localhost", description="The sender of letters.")
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    test_postgres: str = Field(default="", description="For the tests alone: an empty PostgreSQL database to use.")
    update_pictures: bool = Field(default=False, description="For the tests alone: renew the pictures in docs/images.")

    @property
    def store(self) -> Path:
        """Return the store folder as an absolute path."""
        return self.data_dir.resolve()

    @property
    def host_names(self) -> list[str]:
        """Return the host names the app answers to."""
        return [host.strip() for host in self.hosts.split(",") if host.strip()]

    @property
    def second_factor_role_names(self) -> list[str]:
        """Return the roles that must have a second factor."""
        return [role.strip() for role in self.second_factor_roles.split(",") if role.strip()]

    @property
    def sso_claim_names(self) -> list[str]:
        """Return the claims that may be mapped to roles."""
        return [name.strip() for name in self.sso_claims.split(",") if name.strip()]

    @property
    def signing_key_file(self) -> Path:
        """Return the file in the store that keeps the generated secret key."""
        return self.store / _KEY_FILE

    def heads_file(self, store: Path) -> Path:
        """Return the file that the heads of *store*'s audit trail are kept in."""
        return self.log_heads or store / "audit" / "heads.jsonl"

    def signing_key(self) -> str:
        """Return the given key, else the kept one, else one for this process alone; nothing is written."""
        if self.secret_key:
            return self.secret_key.get_secret_value()
        if self.signing_key_file.is_file():
            return self.signing_key_file.read_text("ascii").strip()
        return secrets.token_urlsafe(48)

    def keep_signing_key(self) -> None:
        """Make a secret key in the store, mode 0600, unless one is given or kept already."""
        if self.secret_key or self.signing_key_file.is_file():
            return
        self.store.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.signing_key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))


def read(environ: Mapping[str, str] | None = None) -> Configuration:
    """Return the configuration in *environ* (the process's own by default). Raises BadInput on an unknown key."""
    environ = os.environ if environ is None else environ
    values = dict(_given(environ))
    unknown = sorted(set(values) - set(Configuration.model_fields))
    if unknown:
        raise BadInput(
            Message(
                "Okända inställningar: {keys}. De som finns är {known}.",
                keys=", ".join(PREFIX + name.upper() for name in unknown),
                known=", ".join(PREFIX + name.upper() for name in Configuration.model_fields),
            )
        )
    try:
        return Configuration(**values)  # type: ignore[arg-type]  # texts: pydantic turns them into the field's type
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(
            Message(
                "Inställningen {key} går inte att använda: {why}.",
                key=PREFIX + str(first["loc"][0]).upper(),
                why=first["msg"],
            )
        ) from error


def _given(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the (field, text) pairs of our keys, with the content of each ``_FILE`` in place of its path."""
    found = []
    for key, text in environ.items():
        if not key.startswith(PREFIX):
            continue
        name = key.removeprefix(PREFIX).lower()
        if name.removesuffix("_file") in SECRETS and name.endswith("_file"):
            found.append((name.removesuffix("_file"), _secret_from(key, Path(text))))
        else:
            found.append((name, text))
    return found


def _secret_from(key: str, path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise BadInput(Message("Filen {path} som {key} pekar på går inte att läsa.", path=path, key=key)) from error
