"""Settings are checked at once, and every fault says where to mend it."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from abh.kernel.errors import ConfigurationError
from abh.settings import (
    DEFAULTS,
    ROOT,
    load_settings,
    load_yaml_dir,
    load_yaml_file,
    make_clock,
)

PRODUCTION = {
    "ABH_MODE": "production",
    "ABH_DATABASE_URL": "postgresql+psycopg://abh@db.example.invalid/abh",
    "ABH_SECRET_KEY": "s" * 32,
    "ABH_BASE_URL": "https://abh.example.invalid",
}


def _demo(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"ABH_VAR_DIR": str(tmp_path), **more}


def _faults(env: dict[str, str], defaults: Path = DEFAULTS) -> dict[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(env, defaults)
    return {reason.key: reason.text for reason in caught.value.reasons}


def test_defaults_are_a_working_demo_with_a_local_database(tmp_path: Path) -> None:
    settings = load_settings(_demo(tmp_path))
    assert settings.mode == "demo"
    assert settings.local_database
    assert settings.database_url.startswith("postgresql+psycopg://postgres@/abh?host=")
    assert settings.law_dir == ROOT / "config" / "rechtsstand"
    assert settings.mail_folder == tmp_path / "mail"
    assert settings.upload_mb == 20


def test_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = load_settings(_demo(tmp_path))
    again = load_settings(_demo(tmp_path))
    assert first.secret_key == again.secret_key
    assert len(first.secret_key) >= 32
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]


def test_secret_and_addresses_with_passwords_do_not_appear_in_repr(tmp_path: Path) -> None:
    env = _demo(
        tmp_path,
        ABH_DATABASE_URL="postgresql+psycopg://abh:geheim@db/abh",
        ABH_MAIL_URL="smtp://abh:geheim@mail",
    )
    settings = load_settings(env)
    assert "geheim" not in repr(settings)
    assert settings.secret_key not in repr(settings)


def test_production_without_database_secret_and_https_names_all_three() -> None:
    faults = _faults({"ABH_MODE": "production"})
    assert set(faults) == {"settings.database_url", "settings.secret_key", "settings.base_url"}
    assert "ABH_SECRET_KEY" in faults["settings.secret_key"]


def test_production_refuses_a_settable_clock() -> None:
    faults = _faults({**PRODUCTION, "ABH_CLOCK_FILE": "/var/lib/clock"})
    assert set(faults) == {"settings.clock_file"}


def test_production_starts_with_the_machines_clock_and_writes_nothing(tmp_path: Path) -> None:
    settings = load_settings({**PRODUCTION, "ABH_VAR_DIR": str(tmp_path / "absent")})
    assert settings.clock_file is None
    assert not settings.local_database
    assert not (tmp_path / "absent").exists()


def test_all_faults_are_listed_at_once_with_the_variable_to_mend(tmp_path: Path) -> None:
    faults = _faults(
        _demo(
            tmp_path,
            ABH_UPLOAD_MB="viel",
            ABH_BIND="8000",
            ABH_SESSION_MINUTES="1",
            ABH_DATABASE_URL="mysql://x",
            ABH_PRINTER="ipp",
        )
    )
    assert (
        faults["settings.upload_mb"]
        == "upload_mb muss eine ganze Zahl sein (zu ändern in: ABH_UPLOAD_MB)"
    )
    assert "HOST:PORT" in faults["settings.bind"]
    assert "zwischen 5 und 1440" in faults["settings.session_minutes"]
    assert "postgresql+psycopg://" in faults["settings.database_url"]
    assert "keine bekannte Einstellung" in faults["settings.printer"]
    assert len(faults) == 5


def test_port_beyond_65535_is_refused(tmp_path: Path) -> None:
    assert "65535" in _faults(_demo(tmp_path, ABH_BIND="127.0.0.1:70000"))["settings.bind"]


def test_a_setting_missing_from_the_file_and_a_secret_in_it_are_named(tmp_path: Path) -> None:
    text = DEFAULTS.read_text("utf-8").replace('printers = "file"', 'secret_key = "x"')
    broken = tmp_path / "broken.toml"
    broken.write_text(text, "utf-8")
    faults = _faults(_demo(tmp_path), broken)
    assert "fehlt" in faults["settings.printers"]
    assert "nur in die Umgebung" in faults["settings.secret_key"]


def test_a_broken_file_is_named_with_its_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("mode = demo\n", "utf-8")
    assert f"{broken}: Invalid value (at line 1" in _faults({}, broken)["settings.file"]


def test_unwritable_var_dir_is_a_configuration_error() -> None:
    assert "nicht beschreibbar" in _faults({"ABH_VAR_DIR": "/dev/null/x"})["settings.var_dir"]


def test_demo_clock_is_moved_through_its_file_for_every_process(tmp_path: Path) -> None:
    settings = load_settings(_demo(tmp_path))
    clock, other = make_clock(settings), make_clock(settings)
    before = other.now()
    clock.advance(timedelta(days=15))  # type: ignore[attr-defined]
    assert timedelta(days=15) <= other.now() - before < timedelta(days=15, minutes=1)


def test_yaml_folder_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("x: 1\n", "utf-8")
    (tmp_path / "a.yaml").write_text("- ä\n", "utf-8")
    (tmp_path / "note.txt").write_text(":", "utf-8")
    assert load_yaml_dir(tmp_path) == {"a.yaml": ["ä"], "b.yaml": {"x": 1}}


def test_duplicate_keys_and_syntax_errors_of_all_files_are_named_with_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("gebuehr:\n  wert: 100\n  norm: x\n  wert: 110\n", "utf-8")
    (tmp_path / "b.yaml").write_text("a: [1\nb: 2\n", "utf-8")
    (tmp_path / "c.yaml").write_text("ok: 1\n", "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_yaml_dir(tmp_path)
    first, second = caught.value.reasons
    assert "a.yaml: Zeile 4, Spalte 3: Schlüssel „wert“ steht doppelt" in first.text
    assert "b.yaml: Zeile 2" in second.text


def test_yaml_that_would_build_objects_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("!!python/object/apply:os.getcwd []\n", "utf-8")
    with pytest.raises(ConfigurationError):
        load_yaml_file(file)


def test_impossible_dates_and_missing_files_are_configuration_errors(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("ab: 2026-02-30\n", "utf-8")
    with pytest.raises(ConfigurationError):
        load_yaml_file(file)
    with pytest.raises(ConfigurationError):
        load_yaml_file(tmp_path / "absent.yaml")
    with pytest.raises(ConfigurationError):
        load_yaml_dir(tmp_path / "absent")
