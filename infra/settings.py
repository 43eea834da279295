"""The one place where the environment and linewatch.toml are read."""

import os
from functools import cache
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from infra.errors import InfraError

CONFIG_FILE = "linewatch.toml"
_UNDERSCORED = frozenset({"log_level"})  # the librdkafka setting whose name has no dots


class SettingsError(InfraError):
    """A setting that is unknown or impossible; correct the environment or linewatch.toml as the message says."""


class Settings(BaseSettings):
    """Every setting of every process, immutable. Order: `LINEWATCH_*`, then linewatch.toml, then these defaults."""

    model_config = SettingsConfigDict(env_prefix="LINEWATCH_", toml_file=CONFIG_FILE, extra="forbid", frozen=True)

    data_dir: Path = Field(Path("var"), description="local state: broker, blobs, spools, keys, models, logs")
    cache_dir: Path = Field(
        Path(platformdirs.user_cache_dir("linewatch", appauthor=False)), description="downloads that may be deleted"
    )
    bootstrap_servers: str = Field("127.0.0.1:19092", description="Kafka brokers, host:port separated by commas")
    kafka: dict[str, str] = Field({}, description="further librdkafka settings, such as security.protocol")
    kafka_password: SecretStr | None = Field(None, description="sasl.password, kept out of logs")
    replication_factor: int = Field(1, ge=1, le=9, description="of topics that linewatch creates")
    schema_registry_url: str | None = Field(None, description="when set, records are written in Confluent framing")
    blob_url: str | None = Field(None, description="blob store, such as s3://bucket/prefix; default data_dir/blobs")
    trust_file: Path | None = Field(None, description="trusted public keys; default data_dir/keys/trusted.json")
    blob_token: SecretStr | None = Field(None, description="token of a blob store reached over HTTP")
    spool_cap_bytes: int = Field(20 * 2**30, gt=0, description="disk a gateway may use while Kafka is away")
    spool_drop: Literal["oldest", "newest"] = Field("newest", description="which frame goes when the spool is full")
    deadline_seconds: float = Field(3.0, gt=0, description="from capture to verdict at the line")
    image_cap_pixels: int = Field(200_000_000, gt=0, description="larger images are refused before decoding")
    grafana_url: str | None = Field(None, description="Grafana to keep in sync")
    grafana_token: SecretStr | None = Field(None, description="service account token of that Grafana")
    prometheus_url: str = Field("http://127.0.0.1:9090", description="Prometheus as Grafana reaches it")
    metrics_address: str = Field("127.0.0.1", description="where /metrics is served; 0.0.0.0 inside a container")
    database_url: str | None = Field(None, description="the console's database; default SQLite in data_dir")
    console_address: str = Field("127.0.0.1", description="where the console is served; 0.0.0.0 inside a container")
    console_port: int = Field(8480, ge=0, le=65535, description="port of the console; 0 takes any free one")
    console_secure_cookies: bool = Field(False, description="cookies over HTTPS only: set behind a TLS proxy")
    console_session_hours: float = Field(12.0, gt=0, description="a person signs in again after so long")
    lease_seconds: float = Field(180.0, gt=0, description="a labeling task is held so long without a heartbeat")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="what the logs hold")

    @property
    def trusted_keys(self) -> Path:
        return self.trust_file or self.data_dir / "keys" / "trusted.json"

    def kafka_settings(self, **more: str | float | bool) -> dict[str, str | float | bool]:
        """librdkafka settings for one client: address, credentials, then `more` (underscores become dots)."""
        secret = {"sasl.password": self.kafka_password.get_secret_value()} if self.kafka_password else {}
        named = {name if name in _UNDERSCORED else name.replace("_", "."): value for name, value in more.items()}
        return {"bootstrap.servers": self.bootstrap_servers, **self.kafka, **secret, **named}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


# Read elsewhere, by tests or by infra/compose.yaml; still ours, so no typing mistakes.
_OTHER_VARIABLES = frozenset(
    {"LINEWATCH_TEST_BROKER", "LINEWATCH_BIND", "LINEWATCH_HOST", "LINEWATCH_SOURCE", "LINEWATCH_TRUST_DIR"}
)


@cache
def load_settings() -> Settings:
    """The settings of this process; SettingsError names every wrong or unknown one."""
    _refuse_unknown_variables()
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise SettingsError(f"settings are wrong: {problems}") from error
    except ValueError as error:  # tomllib's and pydantic-settings' own parse errors
        raise SettingsError(f"settings can't be read: {error}") from error


def _refuse_unknown_variables() -> None:
    known = {f"LINEWATCH_{name}".upper() for name in Settings.model_fields} | _OTHER_VARIABLES
    unknown = sorted(name for name in os.environ if name.startswith("LINEWATCH_") and name.upper() not in known)
    if unknown:
        raise SettingsError(
            f"unknown settings in the environment: {', '.join(unknown)}; known are {', '.join(sorted(known))}"
        )
