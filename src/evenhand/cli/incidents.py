"""Bring in lists of hate incidents and the boundaries of areas: `evenhand incidents import FILE --map MAP.toml`."""

from __future__ import annotations

import argparse
import gzip
import os
import zlib
from datetime import date
from pathlib import Path

from evenhand.cli._bar import Bar
from evenhand.cli._process import become, one_line
from evenhand.cli.main import CommandError
from evenhand.operations.database.server import server

MOST_BYTES = 500 * 1024 * 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="action", required=True)
    bring = words.add_parser(
        "import", help="bring in a CSV file of incidents; run again, it takes no row twice"
    )
    bring.add_argument("file", type=Path, help="CSV, plain or .gz")
    bring.add_argument(
        "--map", dest="column_map", type=Path, required=True, help="which column means what, in TOML"
    )
    bring.add_argument(
        "--as", dest="email", default="", help="who brings it in; their agency has recorded it"
    )
    bring.add_argument(
        "--show", action="store_true", help="show the first rows as understood and take nothing in"
    )
    bring.add_argument(
        "--expect", type=int, default=0, metavar="N", help="a file larger than usual, with N rows"
    )
    areas = words.add_parser(
        "areas", help="put areas under watch: those of the partnership, and a GeoJSON file’s"
    )
    areas.add_argument("file", type=Path, nargs="?", help="GeoJSON with code, label and parent for each area")
    change = areas.add_mutually_exclusive_group()
    change.add_argument(
        "--merge", metavar="CODE", help="an area that is part of another from now on: see --into"
    )
    change.add_argument("--split", metavar="CODE", help="an area that is divided from now on: see --into")
    areas.add_argument(
        "--into", nargs="+", default=[], metavar="CODE", help="the area, or the parts, that it became"
    )
    areas.add_argument("--on", type=date.fromisoformat, metavar="DAY", help="since when (YYYY-MM-DD; today)")
    areas.add_argument(
        "--as", dest="email", default="", help="who says that it was merged or split; it stands in the ledger"
    )
    areas.add_argument("--reason", default="", help="why it was merged or split; it stands in the ledger")


def run(arguments: argparse.Namespace) -> int:
    """Do one of the two; 0 when there was no fault."""
    return _areas(arguments) if arguments.action == "areas" else _import(arguments)


def _areas(arguments: argparse.Namespace) -> int:
    text = arguments.file and _read(arguments.file).decode("utf-8-sig", errors="replace")
    with one_line(), server(os.environ):
        become("operator")
        from evenhand.operations.watch_areas import WrongBoundaries, load_boundaries, mirror

        made = mirror()
        print(f"{made} areas of the partnership are new under watch.")
        if text:
            try:
                loaded = load_boundaries(text)
            except WrongBoundaries as wrong:
                raise CommandError(f"{arguments.file.name}: {wrong}") from wrong
            print(f"{loaded.made} areas were made, {loaded.changed} have a boundary now.")
        if arguments.merge or arguments.split:
            marked = _change(arguments)
            print(f"{marked} alarms that go on are marked as revised; the next look judges every day anew.")
    return 0


def _change(arguments: argparse.Namespace) -> int:
    from evenhand.gate.entry import DatabaseAway, EntryRefused, enter, now, today
    from evenhand.operations.accounts import InvitationRefused, token_for
    from evenhand.operations.area_changes import CannotChange, merge, split

    if not arguments.email or not arguments.reason.strip():
        raise CommandError(
            "say who merges or splits (--as EMAIL) and why (--reason): it stands in the ledger"
        )
    if arguments.merge and len(arguments.into) != 1:
        raise CommandError("say into which one area it is merged: --into CODE")
    try:
        with enter(token_for(arguments.email, 1)) as who:
            into, on, why, at = arguments.into, arguments.on or today(), arguments.reason, now()
            if arguments.merge:
                return merge(who, arguments.merge, into[0], on=on, reason=why, now=at)
            return split(who, arguments.split, into, on=on, reason=why, now=at)
    except InvitationRefused as refused:
        raise CommandError(refused.sentence) from refused
    except EntryRefused as refused:
        raise CommandError(f"{arguments.email} has no account that is open") from refused
    except DatabaseAway as away:
        raise CommandError("the database does not answer; nothing was changed") from away
    except CannotChange as cannot:
        raise CommandError(str(cannot)) from cannot


def _import(arguments: argparse.Namespace) -> int:
    contents, written = _read(arguments.file), _read(arguments.column_map)
    if not arguments.email:
        raise CommandError("say who brings the list in: --as EMAIL")
    with one_line(), server(os.environ):
        become("operator")
        from evenhand.casework.import_incidents import (
            CannotRead,
            TooMany,
            import_incidents,
            preview,
            read_map,
        )
        from evenhand.gate.entry import DatabaseAway, EntryRefused, enter
        from evenhand.operations.accounts import InvitationRefused, token_for

        bar = Bar()
        try:
            column_map = read_map(written.decode("utf-8-sig"))
            token = token_for(arguments.email, 1)
            with enter(token):
                seen = preview(contents, column_map, expect=arguments.expect)
            _show(seen)
            if arguments.show:
                return 1 if seen.faults else 0
            found = import_incidents(contents, column_map, token, expect=arguments.expect, progress=bar.show)
        except UnicodeDecodeError as error:
            raise CommandError(f"{arguments.column_map} is not UTF-8") from error
        except InvitationRefused as refused:
            raise CommandError(refused.sentence) from refused
        except EntryRefused as refused:
            raise CommandError(f"{arguments.email} has no account that is open") from refused
        except DatabaseAway as away:
            raise CommandError(
                "the database does not answer; run the same command again, no row is taken twice"
            ) from away
        except TooMany as surprise:
            raise CommandError(f"{surprise}; say --expect {surprise.rows} if that is right") from surprise
        except CannotRead as unreadable:
            raise CommandError(str(unreadable)) from unreadable
    print(
        f"{found.taken:,} incidents taken in, {found.before:,} were there before, "
        f"{len({f.row for f in found.faults}):,} rows with {len(found.faults):,} faults; {found.new_areas:,} areas are new."
    )
    return 1 if found.faults else 0


def _show(seen: object) -> None:
    from evenhand.casework.import_incidents import Preview

    if not isinstance(seen, Preview):
        return
    print(
        f"{seen.system}: {seen.rows:,} rows, {seen.good:,} can be taken in, from {seen.since} to {seen.until}."
    )
    for row in seen.first[:5]:
        print(f"  row {row.row}: {row.occurred_on} · {row.area} · {', '.join((*row.strands, *row.religions))} · "
              f"{'crime' if row.crime else 'no crime'} · {row.offence_group} · {row.place_kind}")  # fmt: skip
    for caution in seen.cautions:
        print(f"Caution: {caution}")
    for fault in seen.faults[:50]:
        print(fault)
    if len(seen.faults) > 50:
        print(f"… and {len(seen.faults) - 50:,} more faults")


def _read(path: Path) -> bytes:
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as file:
                contents = file.read(MOST_BYTES + 1)
        else:
            with path.open("rb") as file:
                contents = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise CommandError(
            f"{path} cannot be read: {(getattr(error, 'strerror', None) or str(error)).lower()}"
        ) from error
    if len(contents) > MOST_BYTES:
        raise CommandError(f"{path} is larger than {MOST_BYTES // 2**20} MB; split it")
    return contents
