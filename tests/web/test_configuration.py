"""Settings from the environment, the signing key, and which SQLite is sound."""

import stat
import sys
from logging.config import DictConfigurator

import pytest
from django.conf import settings

from vardbalans.data.identity.masking import Masking
from vardbalans.engine.errors import BadInput
from vardbalans.web import configuration, database


def test_an_unknown_key_stops_the_start_and_is_named() -> None:
    with pytest.raises(BadInput, match="VARDBALANS_HOTS") as refused:
        configuration.read({"VARDBALANS_HOTS": "x", "PATH": "/bin"})
    assert "VARDBALANS_HOSTS" in str(refused.value)


def test_a_value_of_the_wrong_kind_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="VARDBALANS_THREADS"):
        configuration.read({"VARDBALANS_THREADS": "many"})


def test_values_are_typed() -> None:
    read = configuration.read({"VARDBALANS_HTTPS": "true", "VARDBALANS_HOSTS": "a.example, b.example"})
    assert read.https is True
    assert read.host_names == ["a.example", "b.example"]
    assert configuration.read({}).https is False


def test_a_secret_may_lie_in_a_file(tmp_path) -> None:
    (tmp_path / "key").write_text("s" * 50 + "\n")
    assert configuration.read({"VARDBALANS_SECRET_KEY_FILE": str(tmp_path / "key")}).signing_key() == "s" * 50
    with pytest.raises(BadInput, match="VARDBALANS_SECRET_KEY_FILE"):
        configuration.read({"VARDBALANS_SECRET_KEY_FILE": str(tmp_path / "none")})


def test_the_signing_key_is_made_once_for_us_alone(tmp_path) -> None:
    environ = {"VARDBALANS_DATA_DIR": str(tmp_path / "store")}
    configuration.read(environ).keep_signing_key()
    kept = configuration.read(environ)
    first = kept.signing_key()
    kept.keep_signing_key()
    assert kept.signing_key() == first
    assert len(first) >= 50
    assert stat.S_IMODE(kept.signing_key_file.stat().st_mode) == 0o600


def test_secrets_are_not_printed() -> None:
    read = configuration.read(
        {"VARDBALANS_SECRET_KEY": "hush-hush", "VARDBALANS_DATABASE_URL": "postgresql://u:hemlig@h/d"}
    )
    assert "hush" not in repr(read)
    assert "hemlig" not in repr(read)


@pytest.mark.parametrize(
    ("version", "sound"), [((3, 40, 1), False), ((3, 51, 2), False), ((3, 51, 3), True), ((4, 0), True)]
)
def test_wal_is_refused_on_an_unsound_library(version, sound, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlite3", sys.modules["sqlite3"])
    if sound:
        database.use_sound_sqlite(version)
        assert sys.modules["sqlite3"].__name__ == "pysqlite3"
    else:
        with pytest.raises(BadInput, match="WAL"):
            database.use_sound_sqlite(version)


def test_postgresql_by_url(tmp_path) -> None:
    found = database.databases(tmp_path, "postgresql://anna:a%40b@db.example:5433/vard")["default"]
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        "anna",
        "a@b",
        "db.example",
        "5433",
        "vard",
    )
    with pytest.raises(BadInput, match="mysql"):
        database.databases(tmp_path, "mysql://u:p@h/d")


def test_the_stores_key_file_is_a_known_setting_beside_the_signing_key(tmp_path) -> None:
    read = configuration.read({"VARDBALANS_KEY_FILE": str(tmp_path / "key"), "VARDBALANS_DATA_DIR": str(tmp_path)})
    assert read.key_file == tmp_path / "key"
    assert read.signing_key_file == tmp_path / "secret_key"


def test_what_the_web_app_logs_is_masked() -> None:
    named = settings.LOGGING["filters"]
    made = [
        DictConfigurator({}).configure_filter(named[name]) for name in settings.LOGGING["handlers"]["stderr"]["filters"]
    ]
    assert [type(item) for item in made] == [Masking]
    assert settings.LOGGING["root"]["handlers"] == ["stderr"]
