"""Make and check statistical releases that carry their own proof."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self, TextIO

from evenhand.cli._process import become, one_line
from evenhand.cli.main import CommandError
from evenhand.operations.database.server import server

if TYPE_CHECKING:
    from evenhand.oversight.publish.progress import Progress

TICK_SECONDS = 1.0
MOST_REFERRALS, MOST_PLACES = 10_000_000, 1_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    sample = words.add_parser("sample", help="make a whole release from a made-up extract")
    sample.add_argument("--referrals", type=int, required=True, help="how many made-up referrals")
    sample.add_argument("--seed", type=int, default=1, help="the same seed gives the same release")
    sample.add_argument("--out", type=Path, required=True, help="folder to make; must not hold anything")
    sample.add_argument(
        "--detail", type=int, choices=(1, 2, 3), default=2, help="1 two-way, 2 by area, 3 three-way"
    )
    sample.add_argument("--places", type=int, default=3, help="places under each of ten regions")
    sample.add_argument("--threshold", type=int, default=5, help="counts under it are withheld")
    sample.add_argument(
        "--no-earlier", action="store_true", help="leave out the earlier release of three quarters"
    )
    sample.add_argument(
        "--round", type=int, metavar="BASE", help="round every count to BASE instead of withholding"
    )
    build = words.add_parser("build", help="build a release from the records, such as annual-2026")
    build.add_argument("release", help="annual-2026, quarterly-2026-q1")
    build.add_argument("--out", type=Path, required=True, help="folder to make; must not hold anything")
    words.add_parser("build-waiting", help="build what was asked for on the pages; the worker runs this")
    verify = words.add_parser("verify", help="check a release folder: adds up and compares, needs no solver")
    verify.add_argument("folder", type=Path)


def run(arguments: argparse.Namespace) -> int:
    """Do what the second word says."""
    if arguments.what == "verify":
        return verify(arguments.folder)
    if arguments.what == "build":
        return build(arguments.release, arguments.out)
    if arguments.what == "build-waiting":
        return build_waiting()
    return sample(arguments)


def verify(folder: Path) -> int:
    """Print one line; 0 when the release is proved, 1 when not."""
    from evenhand.kernels.disclosure import verify as checker

    if not folder.is_dir():
        raise CommandError(f"{folder} is not a folder")
    return checker.main([str(folder)])


def room_for(out: Path) -> None:
    """Refuse a folder that holds something or cannot be made, before any work is done for it."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CommandError(f"{out} is there already and not empty")
    above = next(parent for parent in out.absolute().parents if parent.exists())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise CommandError(f"{out} cannot be made: nothing can be written in {above}")


def build(release: str, out: Path) -> int:
    """Build a release from the records into a folder: protected, proved, and put forward to nobody."""
    room_for(out)
    with one_line(), server(os.environ):
        become("operator")
        from evenhand.gate.demo import as_worker
        from evenhand.gate.entry import DatabaseAway
        from evenhand.oversight.publish.folder import write_whole
        from evenhand.oversight.publish.job import build_apart
        from evenhand.oversight.publish.trouble import NoRelease

        try:
            with as_worker(), _Shown(sys.stderr) as shown:
                _, built, earlier, progress = build_apart(release, None, heard=shown.heard)
                write_whole(built.files, out)
                progress.done()
        except NoRelease as error:
            raise CommandError(f"no release: {error}") from error
        except DatabaseAway as away:
            raise CommandError("the database does not answer; nothing was built") from away
    against = f", held against {len(earlier)} earlier" if earlier else ""
    print(f"{out}: {built.cells} counts, {built.withheld} withheld{against}; {built.proved}")
    return 0


class _Shown:
    """Shows a build's progress: one line that is drawn over every second in a terminal, line by line in a file."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._begun, self._wide = out, time.monotonic(), 0
        self._last: Progress | None = None
        self._over = threading.Event()
        self._clock = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Self:
        if self._out.isatty():
            self._clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._clock.is_alive():
            self._over.set()
            self._clock.join()
            print(file=self._out, flush=True)

    def heard(self, progress: Progress) -> None:
        self._last = progress
        if not self._out.isatty():
            print(self._line(progress), file=self._out, flush=True)

    def _line(self, progress: Progress) -> str:
        return f"{time.monotonic() - self._begun:7.1f} s  {progress.line()}"

    def _tick(self) -> None:
        while True:
            over = self._over.wait(TICK_SECONDS)
            if self._last is not None:
                room = shutil.get_terminal_size().columns - 1
                line = f"[{self._last.bar()}] {self._line(self._last)}"[:room]
                print("\r" + line.ljust(self._wide), end="", file=self._out, flush=True)
                self._wide = len(line)
            if over:
                return


def build_waiting() -> int:
    """Build the release that was asked for first, as the worker; nothing to build is no fault."""
    from evenhand.operations.supervise import end_with_parent

    end_with_parent()
    with one_line(), server(os.environ):
        become("worker")
        from evenhand.oversight.publish.job import build_next

        code = build_next()
    print(f"{code} is built" if code else "nothing waits to be built")
    return 0


def sample(arguments: argparse.Namespace) -> int:
    """Write the folder of a made-up release, protected and proved."""
    from evenhand.kernels.disclosure.programme import SolverStopped
    from evenhand.kernels.disclosure.rules import Policy
    from evenhand.kernels.disclosure.sample import make_rounded_sample, make_sample
    from evenhand.kernels.disclosure.widen import CannotProtect
    from evenhand.oversight.publish.folder import write_whole
    from evenhand.oversight.publish.trouble import NoRelease

    if not 1 <= arguments.referrals <= MOST_REFERRALS:
        raise CommandError(f"--referrals must be at least 1 and at most {MOST_REFERRALS:,}")
    if not 1 <= arguments.places <= MOST_PLACES:
        raise CommandError(f"--places must be at least 1 and at most {MOST_PLACES}")
    if arguments.seed < 0:
        raise CommandError("--seed must not be negative")
    if arguments.threshold < 2:
        raise CommandError("--threshold must be at least 2")
    if arguments.round is not None and arguments.round < 3:
        raise CommandError("--round must be at least 3")
    out: Path = arguments.out
    room_for(out)
    begun = time.monotonic()

    def tell(message: str) -> None:
        print(f"{time.monotonic() - begun:7.1f} s  {message}", file=sys.stderr, flush=True)

    options = {"seed": arguments.seed, "detail": arguments.detail, "places_a_region": arguments.places}
    policy = Policy(threshold=arguments.threshold, width=arguments.threshold)
    try:
        if arguments.round is None:
            made = make_sample(
                arguments.referrals, **options, earlier=not arguments.no_earlier, policy=policy, tell=tell
            )
        else:
            made = make_rounded_sample(
                arguments.referrals,
                **options,
                earlier=not arguments.no_earlier,
                base=arguments.round,
                policy=policy,
                tell=tell,
            )
        write_whole({path: text.encode() for path, text in made.files.items()}, out)
    except (CannotProtect, SolverStopped, NoRelease) as error:
        raise CommandError(f"no release: {error}") from error
    if arguments.round is None:
        tell(f"complements cost at most {100 * made.excess:.1f} % above the least possible")
        print(f"{out}: {made.cells} counts, {made.withheld} withheld, proved by its witnesses")
    else:
        print(f"{out}: {made.cells} counts rounded to {arguments.round}, proved by its witnesses")
    return 0
