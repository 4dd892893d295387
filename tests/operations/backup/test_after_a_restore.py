"""Yesterday's backup with yesterday's keys and log folder: what is erased stays erased, the witness refuses, a new log goes on."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connections

from evenhand.gate.demo import as_worker
from evenhand.kernels.ledger.note import COSIGNATURE, ED25519, read_key, read_note, signed_by
from evenhand.kernels.ledger.signing import fast_verify
from evenhand.operations import key_care
from evenhand.operations.erasure import erase
from evenhand.operations.sealing.cosigning import Witness
from evenhand.operations.sealing.log_key import log_folder
from evenhand.operations.sealing.publish import publish, published
from evenhand.operations.sealing.sealer import Sealer
from tests.operations.backup.test_restore import SOURCE, TOLD, ask, back_up, folder, instance
from tests.operations.sealing.test_witness import rounds
from tests.world import World

__all__ = ["folder"]
PASSPHRASE = b"correct horse battery staple"


def command(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evenhand.cli.main", *words],
        env=environ, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@contextmanager
def running(environ: dict[str, str], *words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "evenhand.cli.main", *words],
        env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=60)


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def fetched(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        return bytes(error.read())
    except OSError:
        return b""


def comes(true: Callable[[], bool], what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.2)
    raise AssertionError(f"it did not come about: {what}")


def signed_and_cosigned(key: object, witness: Witness) -> int:
    """A checkpoint more, and the witness's line under it."""
    with as_worker():
        made = publish(log_folder(), key, every_seconds=600, lines=8, force=True)  # type: ignore[arg-type]  # the log's key
        assert made is not None
        one = Sealer(log_folder(), every_seconds=86400, lines=8, witnesses=[witness])
        rounds(one, lambda: bool(published().cosigned), most=60)  # type: ignore[union-attr]  # signed above
        found = published()
        assert found is not None
        assert found.cosigned
    return found.size


def test_a_restored_copy_is_refused_by_the_witness_and_goes_on_as_a_new_log(database: None, folder: Path):
    base = {
        name: value for name, value in os.environ.items() if not name.startswith(("EVENHAND_", "DJANGO_"))
    }
    base["PYTHONPATH"] = SOURCE
    theirs = str(folder / "witness")
    made = command(base, "witness", "init", "--folder", theirs, "--name", "council.example/witness")
    key = read_key(made.stdout.strip(), COSIGNATURE)
    world = World.make()
    erased = world.refer(names="Goes Away").case_id
    with as_worker():
        Sealer(
            log_folder(), every_seconds=86400, lines=8, witnesses=[]
        ).round()  # the first makes the log's key
        ours = log_folder().key()
    assert ours is not None
    assert command(base, "witness", "log", "--folder", theirs, str(ours.key)).returncode == 0
    with running(base, "witness", "serve", "--folder", theirs, "--port", "0") as witness:
        assert witness.stdout is not None
        url = re.search(r"http://[0-9.:]+", witness.stdout.readline())
        assert url is not None
        here = Witness(key, url[0])
        yesterday = signed_and_cosigned(ours, here)
        back_up(folder / "of-yesterday")
        shutil.copytree(settings.SEALING_FOLDER, folder / "sealing-of-yesterday")
        # Today: more is done, one case is erased, the witness sees more; and the keys are copied in the evening.
        for _ in range(3):
            world.refer()
        with as_worker():
            assert erase(erased, TOLD)
        today = signed_and_cosigned(ours, here)
        assert today > yesterday
        copied = folder / "keys-of-today"
        assert key_care.copy(copied, PASSPHRASE, now=datetime.now(UTC), days=30).erased >= 1
        connections.close_all()

        # The machine is lost. What there is: the copy of the keys, yesterday's backup, yesterday's folder of the log.
        data = instance(folder, "new-machine", with_keys=False)
        shutil.copytree(folder / "sealing-of-yesterday", data / "sealing")
        environ = base | {
            "EVENHAND_DATA": str(data), "EVENHAND_MODE": "demo", "EVENHAND_CHECKPOINT_SECONDS": "2",
            "EVENHAND_WITNESSES": f"{key} {url[0]}", "EVENHAND_PORT": str(free_port()),
        }  # fmt: skip
        phrase = ("--passphrase-file", str(folder / "passphrase"))
        back = command(environ, "keys", "restore", str(copied), *phrase)
        assert back.returncode == 0, back.stderr
        restored = command(environ, "restore", str(folder / "of-yesterday"), *phrase)
        assert restored.returncode == 0, restored.stdout + restored.stderr
        assert "erased cases had come back with the backup, and are erased again" in restored.stdout
        assert not ask(data, f"select 1 from case_file where id = '{erased}'")

        # Nothing on the machine knows that there was more. The witness does: nothing is signed, and everybody is told.
        address = f"http://127.0.0.1:{environ['EVENHAND_PORT']}"
        with running(environ, "serve", "--workers", "1"):
            with running(environ, "work"):
                comes(
                    lambda: (
                        json.loads(fetched(f"{address}/healthz") or b"{}").get("record") == "inconsistent"
                    ),
                    "an alarm that says so",
                )
            size = int(fetched(f"{address}/ledger/checkpoint").split(b"\n")[1])
            assert size <= yesterday
            told = command(environ, "doctor").stdout
            assert "council.example/witness" in told
            assert "restored from an old copy" in told
            assert f"{today}" in told
            assert "Do not begin anew before you know why" in told
            assert "docs/howto/run-a-witness.md" in told

            # There is no newer copy. What was lost is said, and the record goes on under a name and key of its own.
            why = f"machine lost; backup of yesterday restored; {today - yesterday} lines gone"
            anew = command(environ, "ledger", "begin-anew", "--reason", why)
            assert anew.returncode == 0, anew.stderr
            new = read_key(anew.stdout.strip(), ED25519)
            assert new.name != ours.key.name
            with running(environ, "work"):
                comes(
                    lambda: fetched(f"{address}/ledger/checkpoint").startswith(new.name.encode() + b"\n"),
                    "a checkpoint of the new log",
                )
                # Not cosigned until the witness was told; and then from the log's next checkpoint on.
                assert key.name.encode() not in fetched(f"{address}/ledger/checkpoint")
                assert command(base, "witness", "log", "--folder", theirs, str(new)).returncode == 0
                comes(lambda: key.name.encode() in fetched(f"{address}/ledger/checkpoint"), "its cosignature")
                note = read_note(fetched(f"{address}/ledger/checkpoint"))
                assert signed_by(note, new, fast_verify) == 0
                assert signed_by(note, key, fast_verify) is not None
                comes(lambda: json.loads(fetched(f"{address}/healthz")).get("record") == "ok", "all well")
        assert command(environ, "ledger", "check").stdout == "the record holds\n"
        assert ask(data, f"select 1 from ledger_log where reason = '{why}'")
