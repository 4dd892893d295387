"""A keys folder that is lost is noticed by the worker, /healthz and every start, and is not begun anew."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client, override_settings

from evenhand.gate import demo, keys
from evenhand.operations import key_care, worker
from evenhand.outside.wrapping import KeysAway
from tests.world import raw


@pytest.fixture
def known(database: None):
    """The database knows its key store, as after the worker's first minute; afterwards it forgets again."""
    with demo.as_worker():
        worker.look_after_keys()
    yield raw("select keystore from wall.instance", alias="admin")[0][0]
    raw("update wall.instance set keystore = null", alias="admin")


def test_the_worker_tells_the_database_which_keys_are_its_own(known):
    assert known == keys.store().identity()
    assert keys.condition() == "ok"
    assert Client().get("/healthz").json()["keys"] == "ok"


def test_a_lost_folder_is_seen_and_nothing_is_begun_in_its_place(known, tmp_path: Path, caplog):
    with override_settings(KEYS_FOLDER=tmp_path / "keys"):
        with pytest.raises(KeysAway, match="lost: put back a copy with `evenhand keys restore`"):
            keys.store()
        assert not list((tmp_path / "keys").glob("*"))
        answer = Client().get("/healthz")
        assert (answer.status_code, answer.json()["keys"]) == (503, "away")
        with demo.as_worker(), caplog.at_level(logging.ERROR, "evenhand"):
            worker.look_after_keys()
        assert "the keys are not there" in caplog.text


def test_another_instances_keys_are_not_taken_for_ours(known):
    raw("update wall.instance set keystore = %s", [uuid4()], alias="admin")
    assert keys.condition() == "lost"
    assert Client().get("/healthz").status_code == 503


def test_a_copy_made_by_command_is_put_back_into_an_empty_folder(known, tmp_path: Path):
    owner = uuid4()
    key = keys.store().make(owner)
    secret = tmp_path / "passphrase"
    secret.write_text("seven quiet lanterns\n")
    words = [sys.executable, "-m", "evenhand.cli.main", "keys"]
    done = subprocess.run(
        [*words, "backup", "--out", str(tmp_path / "copy"), "--passphrase-file", str(secret)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=_environ(),
    )
    assert done.returncode == 0, done.stderr
    assert "it can be put back until" in done.stdout
    with override_settings(KEYS_FOLDER=tmp_path / "keys"):
        assert key_care.restore(tmp_path / "copy", b"seven quiet lanterns", now=_now()) >= 1
        assert keys.store().get(owner) == key
        assert keys.condition() == "ok"
    again = subprocess.run(
        [*words, "backup", "--out", str(tmp_path / "copy"), "--passphrase-file", str(secret)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=_environ(),
    )
    assert (again.returncode, len(again.stderr.strip().splitlines())) == (2, 1), again.stderr


def _environ() -> dict[str, str]:
    import os

    environ = dict(os.environ)
    environ.pop("DJANGO_SETTINGS_MODULE", None)
    return environ | {"EVENHAND_DATA": str(settings.DATA), "EVENHAND_MODE": "demo"}


def _now():
    from django.utils import timezone

    return timezone.now()
