"""Bring a backup back into an empty instance, or try in a scratch folder whether it could be."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from evenhand.cli._process import become, one_line
from evenhand.cli.main import CommandError
from evenhand.operations.backup import noting
from evenhand.operations.backup.passphrase import SETTING, read_passphrase
from evenhand.operations.backup.restoring import NAME, Opened, filled, open_doors, opened
from evenhand.operations.backup.trouble import BackupTrouble
from evenhand.operations.data_folder import data_folder
from evenhand.operations.database import Cluster
from evenhand.operations.database.server import server

NAMED_SERVERS = tuple(
    f"EVENHAND_{part}DATABASE_URL" for part in ("", "SIGNIN_", "WORKER_", "EQUALITY_", "ADMIN_")
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="the folder that `evenhand backup` wrote")
    parser.add_argument("--drill", action="store_true", help="in a scratch folder: prove, report, remove")
    parser.add_argument(
        "--scratch", type=Path, help="where the drill makes its folder (the system's place for such)"
    )
    parser.add_argument(
        "--begin-anew", metavar="REASON", default="", help="begin a new log: this copy is all there is"
    )
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help=f"instead of {SETTING}")


def run(arguments: argparse.Namespace) -> int:
    """Restore whole, proved and with every erasure done again, or leave everything as it was."""
    try:
        backup = opened(arguments.folder, read_passphrase(os.environ, arguments.passphrase_file))
        _say(f"whole: taken {backup.manifest.taken_on}, {backup.manifest.lines:,} ledger lines")
        if arguments.drill:
            return _drill(backup, arguments.scratch)
        _refuse_without_keys(backup)
        with one_line(), server(os.environ):
            _restore(backup, begin_anew=arguments.begin_anew)
        _say("the doors may open: start web and worker, then look at `evenhand doctor`")
    except BackupTrouble as trouble:
        raise CommandError(str(trouble)) from trouble
    return 0


def _restore(backup: Opened, *, begin_anew: str, keep: bool = True) -> None:
    with filled(os.environ, backup, say=_say) as beside:
        os.environ[NAME] = beside
        try:
            become("operator")
            from evenhand.operations.backup.proving import end_sessions, prove

            try:
                proof = prove(os.environ, begin_anew=begin_anew)
            finally:
                end_sessions()
        finally:
            del os.environ[NAME]
        _say(f"{proof.lines:,} lines of the record hold, {proof.keys_tried} keys were tried and fit")
        if proof.erased_again:
            _say(f"{proof.erased_again} erased cases had come back with the backup, and are erased again")
        if proof.new_log and keep:
            _say(f"a new log begins; give its key to every witness and say why: {proof.new_log}")
        if keep:
            open_doors(os.environ, beside)


def _drill(backup: Opened, scratch: Path | None) -> int:
    """Do everything in a folder and a server of its own, with the keys that are here, and leave nothing of it."""
    began, data = time.monotonic(), data_folder(os.environ)
    try:
        folder = Path(tempfile.mkdtemp(prefix="evenhand-drill-", dir=scratch))
    except OSError as error:
        raise BackupTrouble(f"{scratch} cannot be used: {(error.strerror or str(error)).lower()}") from error
    folder.chmod(0o711)
    real = dict(os.environ)
    try:
        # The keys stay where they are: a copy of them would be one more thing to destroy.
        (folder / "keys").symlink_to(data / "keys")
        os.environ["EVENHAND_DATA"] = str(folder)
        for name in NAMED_SERVERS:
            os.environ.pop(name, None)
        with one_line(), server(os.environ):
            _restore(backup, begin_anew="a drill, in a scratch folder", keep=False)
    finally:
        Cluster(folder).stop()
        shutil.rmtree(folder, ignore_errors=True)
        os.environ.clear()
        os.environ.update(real)
    noting.note(os.environ, noting.DRILL, now=datetime.now(UTC))
    _say(f"the drill took {time.monotonic() - began:.0f} s and has left nothing behind")
    return 0


def _refuse_without_keys(backup: Opened) -> None:
    """Which cases were erased is written beside the keys: without them erased cases would come back."""
    keys = data_folder(os.environ) / "keys"
    if backup.manifest.rows.get("public.case_file") and not (keys.is_dir() and any(keys.iterdir())):
        raise BackupTrouble(
            f"there are no keys in {keys}: put them back first (`evenhand keys restore FILE`)"
        )


def _say(sentence: str) -> None:
    print(sentence, flush=True)
