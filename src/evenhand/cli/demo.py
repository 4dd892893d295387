"""Run a whole instance with a synthetic partnership on this machine, until Ctrl-C."""

from __future__ import annotations

import argparse
import http.client
import os
import shutil
import sys
import time
from pathlib import Path

from evenhand.cli._process import become, host, one_line, port, refuse_busy_port
from evenhand.cli.main import CommandError
from evenhand.operations.data_folder import data_folder
from evenhand.operations.database import Cluster, addresses, is_local
from evenhand.operations.database.migrating import migrate
from evenhand.operations.database.provisioning import drop
from evenhand.operations.database.server import server
from evenhand.operations.supervise import Stop, end_with_parent, evenhand, keep_running, run_to_end

CASES = 2000
SEED = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cases", type=int, default=CASES, help=f"how many in a new demo ({CASES})")
    parser.add_argument("--prepare", action="store_true", help="set up and fill, do not serve")


def run(arguments: argparse.Namespace) -> int:
    """Start database, web and worker; fill them the first time; leave nothing running and all data kept."""
    os.environ["EVENHAND_MODE"] = "demo"
    if arguments.cases < 0:
        raise CommandError("--cases cannot be negative")
    if arguments.prepare:
        return _prepare(arguments.cases)
    refuse_busy_port(host(), port())
    began = time.monotonic()
    with Stop() as stop, one_line(), server(os.environ) as cluster:
        code = run_to_end(evenhand("demo", "--prepare", "--cases", str(arguments.cases)), stop)
        if stop.event.is_set():
            return 0
        if code != 0:
            raise CommandError(
                f"the demo could not be set up (exit code {code}); what went wrong is said above"
            )
        announced = False

        def look_after() -> None:
            nonlocal announced
            if cluster is not None and not cluster.running():
                print("evenhand: PostgreSQL ended; starting it again", file=sys.stderr, flush=True)
                cluster.ensure()
            if not announced and _answers():
                announced = True
                _announce(time.monotonic() - began)

        gave_up = keep_running([evenhand("serve"), evenhand("work")], stop, tick=look_after)
    if gave_up:
        raise CommandError(gave_up)
    print(f"\nEnded. The data stays in {data_folder(os.environ)}.")
    return 0


def _prepare(cases: int) -> int:
    end_with_parent()
    half_filled = data_folder(os.environ) / "filling"
    with one_line(), server(os.environ):
        if half_filled.exists():
            _begin_anew(half_filled)
        become("operator")
        migrate(os.environ, verbosity=0)
        from evenhand.operations import seed

        if seed.is_empty():
            print(f"Filling a synthetic partnership with {cases} cases; this happens once.", flush=True)
            half_filled.touch()
            try:
                seed.fill(cases=cases, seed=SEED, progress=_progress)
            except (seed.NotADemo, seed.PartFailed) as refused:
                raise CommandError(str(refused)) from refused
            _count()
            _publish()
            half_filled.unlink()
        for sign_in in seed.SIGN_INS:
            print(f"  {sign_in.email:<34} {sign_in.password:<28} {sign_in.who}")
    return 0


def _begin_anew(half_filled: Path) -> None:
    """Throw away a demo whose filling was interrupted: nobody has worked in it, and half a story is none."""
    if not is_local(os.environ):
        raise CommandError(
            f"the filling of this demo was interrupted: empty its database, then remove {half_filled}"
        )
    print("The filling was interrupted; beginning anew.", flush=True)
    data = data_folder(os.environ)
    drop(Cluster(data).address(), addresses(os.environ).app.dbname)
    for folder in ("keys", "files", "mail", "sealing"):
        shutil.rmtree(data / folder, ignore_errors=True)
    half_filled.unlink()


def _count() -> None:
    from django.utils import timezone

    from evenhand.gate.demo import as_worker
    from evenhand.oversight.counts import refresh

    with as_worker():
        refresh(timezone.now())


def _publish() -> None:
    from django.utils import timezone

    from evenhand.operations.seed.partnership import plan_partnership
    from evenhand.operations.seed.releases import publish_past

    print("Publishing a release of the past.", flush=True)
    today = timezone.now().date()
    print(f"  {publish_past(plan_partnership(SEED, today), today)}", flush=True)


def _progress(done: int, of: int) -> None:
    """Show every twentieth part; a terminal sees it on one line."""
    if of and (done == of or done % max(1, of // 20) == 0):
        on_a_terminal = sys.stdout.isatty()
        print(f"  {done} of {of}", end="\r" if on_a_terminal and done < of else "\n", flush=True)


def _answers() -> bool:
    """Does the web process answer? What it says is not our business here."""
    connection = http.client.HTTPConnection(_shown_host(), port(), timeout=1)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _shown_host() -> str:
    return "localhost" if host() in {"127.0.0.1", "::1", "0.0.0.0"} else host()  # noqa: S104 - compared, not bound


def _announce(seconds: float) -> None:
    address = f"http://{_shown_host()}:{port()}"
    print(f"\nEvenhand (demo) is at {address}   ready in {seconds:.1f} s; Ctrl-C ends it.", flush=True)
