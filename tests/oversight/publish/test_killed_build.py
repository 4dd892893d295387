"""A build that is killed, as a real process: what it froze stands, nothing half-made does, and the next one ends it."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from test_life_of_a_release import ANALYST, PLAN, asked, line, one_table, plain_paper

from evenhand.gate.demo import as_worker
from evenhand.gate.entry import enter_house
from evenhand.oversight.publish import folder, keep
from tests.faults.attacks import admin, as_superuser

__all__ = ["one_table", "plain_paper"]  # fixtures
ROOT = Path(__file__).resolve().parents[3]
# The worker's own process, with one table and no spreadsheets, which stops dead at one point and waits to be killed.
STUCK = """
import dataclasses, os, time
os.environ["EVENHAND_PROCESS"] = "worker"
os.environ["DJANGO_SETTINGS_MODULE"] = "evenhand.settings.instance"
import django
django.setup()
from evenhand.oversight.publish import build as building, job, keep
building.write_ods = building.write_xlsx = lambda _: b"x"
building.drawable = lambda _: False
whole = job.planned
job.planned = lambda *a: (lambda plan: dataclasses.replace(plan, tables=plan.tables[:1]))(whole(*a))
def stop(*_a, **_k):
    print("there", flush=True)
    time.sleep(120)
%s
job.build_next()
"""
WHERE = {
    "while it protects": "building.protect = stop",
    # All files are written and the transaction is open: nothing of it may be left.
    "while it keeps the files": "keep.keep_counts = stop",
}


@pytest.mark.parametrize("where", sorted(WHERE))
def test_a_killed_build_leaves_nothing_half_made_and_the_next_goes_on(office, where):
    office.count(220, year=2026, seed=1)
    number = asked(office)
    stuck = subprocess.Popen(
        [sys.executable, "-c", STUCK % WHERE[where]], stdout=subprocess.PIPE, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "EVENHAND_DATA": str(settings.DATA), "EVENHAND_MODE": "demo"},
    )  # fmt: skip
    try:
        assert stuck.stdout is not None
        assert stuck.stdout.readline() == b"there\n"
        stuck.send_signal(signal.SIGKILL)
    finally:
        stuck.kill()
        stuck.communicate()
    as_superuser(
        "select pg_terminate_backend(pid, 2000) from pg_stat_activity"
        " where usename = 'evenhand_worker' and pid <> pg_backend_pid() and query like '%release%'"
    )
    connections.close_all()
    left = line(office, number)
    assert (left.state, left.files_hash) == ("building", "")
    assert left.extract_hash, "what was frozen stands"
    assert admin("select count(*) from release_file where release_id = %s", [number]) == [(0,)]
    office.count(50, year=2026, seed=2)  # the records went on; the frozen cells did not
    assert office.build() == PLAN
    done = line(office, number, ANALYST)
    assert (done.state, done.extract_hash) == ("waiting", left.extract_hash), done.failure
    with as_worker(), enter_house():
        assert sum(keep.frozen_of(keep.StatisticalRelease.objects.get(id=number)).period.counts) <= 220


def test_a_build_into_a_folder_that_is_killed_leaves_no_folder(tmp_path):
    """Half of the files are written when the process ends: the folder that was asked for is not there."""
    out = tmp_path / "release"
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom evenhand.oversight.publish import folder\n"
        "class Files(dict):\n"
        "    def items(self):\n"
        "        yield 'release.json', b'half'\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "folder.write_whole(Files(), Path(sys.argv[1]))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(out)],
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )
    assert ended.returncode == -signal.SIGKILL
    assert not out.exists()


def test_a_build_into_a_folder_for_which_there_is_no_room_leaves_nothing_at_all(tmp_path):
    class Files(dict[str, bytes]):
        def items(self):
            yield "release.json", b"half"
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        folder.write_whole(Files(), tmp_path / "release")
    assert not list(tmp_path.iterdir())
