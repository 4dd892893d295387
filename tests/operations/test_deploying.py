"""An unsafe set-up is refused, one line a finding, and what is safe is said to be well."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings

from evenhand.gate import keys
from evenhand.operations.database import Cluster
from evenhand.operations.deploying import examine_deployment, examine_people_and_keys
from evenhand.outside.keystore import KeyStore
from evenhand.outside.wrapping import InTheFile, Ring
from tests.world import World, raw


def safe(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    ring = Ring(folder / "wrapping.key", InTheFile())
    ring.begin()
    KeyStore(folder, ring).make(uuid4())
    return {"EVENHAND_DATA": str(tmp_path), "EVENHAND_WITNESSES": "w", "EVENHAND_CLAMD": "/run/clamd"}


def ill(environ: dict[str, str]) -> dict[str, str]:
    found = list(examine_deployment(environ))
    assert all("\n" not in finding.said for finding in found)
    return {finding.what: finding.said for finding in found if not finding.well}


def test_a_safe_set_up_is_well(tmp_path: Path):
    assert ill(safe(tmp_path)) == {}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("EVENHAND_BIND", "0.0.0.0"),
        ("EVENHAND_WITNESSES", ""),
        ("EVENHAND_CLAMD", ""),
        ("EVENHAND_SECOND_STEP", "0"),
        ("DJANGO_SETTINGS_MODULE", "evenhand.settings.test"),
        ("EVENHAND_SINGLE_SIGN_ON", "/no/such/file.toml"),
        ("EVENHAND_WRAPPING_PASSPHRASE_FILE", "/no/such/file"),
    ],
)
def test_each_unsafe_setting_is_named(tmp_path: Path, variable: str, value: str):
    assert ill(safe(tmp_path) | {variable: value})


def test_keys_that_others_can_read_and_a_rotation_broken_off_are_named(tmp_path: Path):
    environ = safe(tmp_path)
    (tmp_path / "keys" / "keys.sqlite3").chmod(0o640)
    ring = tmp_path / "keys" / "wrapping.key"
    ring.write_bytes(ring.read_bytes() * 2)
    ring.chmod(0o644)
    assert set(ill(environ)) == {"key store", "wrapping key", "wrapping keys"}


def test_people_and_keys_are_looked_at_too(world: World, tmp_path: Path):
    world.user("administrator@force")
    admin = Cluster(Path(settings.DATA)).address().named(settings.DATABASES["admin"]["NAME"])
    keys.store()

    def found(environ: dict[str, str]) -> dict[str, bool]:
        return {finding.what: finding.well for finding in examine_people_and_keys(admin, environ)}

    here = {"EVENHAND_DATA": str(settings.DATA)}
    said = found(here)
    assert said["instance"] is False, "a demo"
    assert said["administrators"] is False, "one signs in by password alone"
    try:
        raw("update wall.instance set keystore = %s", [keys.store().identity()], alias="admin")
        assert found(here)["keys"] is True
        assert found({"EVENHAND_DATA": str(tmp_path)})["keys"] is False, "lost"
        assert found(here | {"EVENHAND_DATA": safe(tmp_path)["EVENHAND_DATA"]})["keys"] is False, "another's"
    finally:
        raw("update wall.instance set keystore = null", alias="admin")
