"""Check a policy pack, draw it, explain one of its steps, or list the packs there are."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from evenhand.cli.main import CommandError
from evenhand.kernels.policy import (
    BUILT_IN,
    BrokenPack,
    Pack,
    check_pack,
    draw_svg,
    explain_step,
    find_packs,
    journey_page,
    load_pack,
)

OWN_FOLDERS = "EVENHAND_PACKS"
"""Names the site's own folders of packs, with a colon between them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="check|draw|explain|list")
    check = actions.add_parser("check", help="say everything that is wrong with a pack; 1 when anything is")
    draw = actions.add_parser("draw", help="write the picture and the page of every journey of a pack")
    explain = actions.add_parser("explain", help="say who may take a step, when, and what follows")
    actions.add_parser("list", help="list the packs, journeys and editions")
    for action in (check, draw, explain):
        action.add_argument("pack", help="the code of a pack, or a folder")
    draw.add_argument("--out", type=Path, help="folder to write to; docs/reference/journeys when left out")
    explain.add_argument("step", help="a step, or journey.step where several journeys have it")


def run(arguments: argparse.Namespace) -> int:
    """Do what the action says."""
    if arguments.action == "list":
        return _list()
    folder = _folder(arguments.pack)
    if arguments.action == "check":
        problems = check_pack(folder)
        for problem in problems:
            print(problem)
        print(f"{folder.name}: {len(problems) or 'nothing'} wrong")
        return 1 if problems else 0
    pack = _load(folder)
    if arguments.action == "draw":
        return _draw(pack, arguments.out)
    return _explain(pack, arguments.step)


def _folders() -> list[Path]:
    return [BUILT_IN, *(Path(own) for own in os.environ.get(OWN_FOLDERS, "").split(":") if own)]


def _folder(name: str) -> Path:
    path = Path(name)
    if (path / "pack.toml").is_file() or path.is_absolute() or "/" in name:
        if not path.is_dir():
            raise CommandError(f"there is no folder {name}")
        return path.resolve()
    packs = _packs()
    if name not in packs:
        raise CommandError(f"there is no pack {name!r}; there are: {', '.join(packs)}")
    return packs[name]


def _packs() -> dict[str, Path]:
    try:
        return dict(find_packs(_folders()))
    except BrokenPack as broken:
        raise CommandError(str(broken.problems[0])) from broken


def _load(folder: Path) -> Pack:
    try:
        return load_pack(folder)
    except BrokenPack as broken:
        raise CommandError(
            f"{folder.name} is broken ({len(broken.problems)}): {broken.problems[0]}; `evenhand policy check` lists all"
        ) from broken


def _draw(pack: Pack, out: Path | None) -> int:
    folder = out or Path(__file__).resolve().parents[3] / "docs" / "reference" / "journeys"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for code, journey in pack.journeys.items():
            name = f"{pack.code}.{code}"
            (folder / f"{name}.svg").write_text(draw_svg(journey), encoding="utf-8")
            page = journey_page(pack, journey, picture=f"{name}.svg")
            (folder / f"{name}.md").write_text(page, encoding="utf-8")
            print(folder / f"{name}.md")
    except OSError as error:
        raise CommandError(f"cannot write to {folder}: {error.strerror}") from error
    return 0


def _explain(pack: Pack, wanted: str) -> int:
    journey_code, dot, step = wanted.rpartition(".")
    found = [j for c, j in pack.journeys.items() if step in j.steps and (not dot or c == journey_code)]
    if not found:
        steps = sorted({s for j in pack.journeys.values() for s in j.steps})
        raise CommandError(f"{pack.code} has no step {wanted!r}; there are: {', '.join(steps)}")
    print("\n".join(explain_step(pack, journey, step) for journey in found), end="")
    return 0


def _list() -> int:
    for code, folder in _packs().items():
        try:
            pack = load_pack(folder)
        except BrokenPack as broken:
            print(
                f"{code:<22} broken: {len(broken.problems)} problems; `evenhand policy check {code}` lists them"
            )
            continue
        print(f"{code:<22} {pack.title}")
        for journey, editions in pack.editions.items():
            for edition in editions:
                print(f"  {journey:<20} {edition.edition}, since {edition.effective_from}")
    return 0
