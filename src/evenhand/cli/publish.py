"""Make and check statistical releases that carry their own proof."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from evenhand.cli.main import CommandError


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
    verify = words.add_parser("verify", help="check a release folder: adds up and compares, needs no solver")
    verify.add_argument("folder", type=Path)


def run(arguments: argparse.Namespace) -> int:
    """Do what the second word says."""
    if arguments.what == "verify":
        return verify(arguments.folder)
    return sample(arguments)


def verify(folder: Path) -> int:
    """Print one line; 0 when the release is proved, 1 when not."""
    from evenhand.kernels.disclosure import verify as checker

    if not folder.is_dir():
        raise CommandError(f"{folder} is not a folder")
    return checker.main([str(folder)])


def sample(arguments: argparse.Namespace) -> int:
    """Write the folder of a made-up release, protected and proved."""
    from evenhand.kernels.disclosure.programme import SolverStopped
    from evenhand.kernels.disclosure.rules import Policy
    from evenhand.kernels.disclosure.sample import make_rounded_sample, make_sample
    from evenhand.kernels.disclosure.widen import CannotProtect

    if arguments.referrals < 1:
        raise CommandError("--referrals must be at least 1")
    if arguments.places < 1:
        raise CommandError("--places must be at least 1")
    if arguments.threshold < 2:
        raise CommandError("--threshold must be at least 2")
    if arguments.round is not None and arguments.round < 3:
        raise CommandError("--round must be at least 3")
    out: Path = arguments.out
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CommandError(f"{out} is there already and not empty")
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
                arguments.referrals, **options, base=arguments.round, policy=policy, tell=tell
            )
    except (CannotProtect, SolverStopped) as error:
        raise CommandError(f"no release: {error}") from error
    for path, text in made.files.items():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")
    if arguments.round is None:
        tell(f"complements cost at most {100 * made.excess:.1f} % above the least possible")
        print(f"{out}: {made.cells} counts, {made.withheld} withheld, proved by its witnesses")
    else:
        print(f"{out}: {made.cells} counts rounded to {arguments.round}, proved by its witnesses")
    return 0
