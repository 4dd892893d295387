"""Write what an inspector may have: the record, the rules of each day, roles with dates, and counts too coarse for a person."""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import connection

from evenhand.gate.entry import enter_house
from evenhand.gate.policy import pack as current_pack
from evenhand.kernels.policy import BUILT_IN, Pack, find_packs
from evenhand.operations.sealing.export import NothingToExport, export
from evenhand.records.wall import again

Row = Sequence[object]
SUMS = "SHA256SUMS"
README = """# What this folder is

An extract for somebody who inspects an Evenhand instance. It names nobody and no case.

| file | what is in it | how to check it |
|---|---|---|
| `record/` | every line of the record as a commitment, with signed checkpoints | `python3 record/verify.py` beside its README, with the log's key from somewhere else |
| `policy/` | the rules as files, every edition | `evenhand policy check FOLDER` |
| `editions.csv` | which edition of which journey held from when to when, with the hash that decisions carry | from `policy/` |
| `lists.csv` | every code with the days on which it may be used | from `policy/` |
| `roles.csv` | roles held, with dates; holders are numbers that mean nothing outside this file | |
| `decisions.csv` | decisions by year, step, outcome and clause | |
| `sharing.csv` | disclosures by year, purpose, basis and kind of receiver | |
| `break_glass.csv` | emergency openings by year, and what the review said | |
| `instance.csv` | wall, tables, checkpoints | `evenhand doctor` on the machine |

Counts are rounded to the nearest {round_to}; one below {threshold} is shown as `*`. There are no totals, so that none can be taken from another.

`sha256sum -c SHA256SUMS` says whether a file was changed since.
"""


class AuditTrouble(Exception):
    """Says in one line why there is no extract."""


@dataclass(frozen=True)
class Audit:
    """How much was written."""

    lines: int
    files: int


def write_audit(out: Path, *, pack_code: str | None = None) -> Audit:
    """Write the extract into a new folder, whole or not at all; comes in as the house.

    raises   AuditTrouble
    """
    if out.exists():
        raise AuditTrouble(f"{out} is there already: name a folder that is not")
    draft = out.with_name(f"{out.name}.part")
    pack = current_pack(pack_code)
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        with enter_house():
            for name, (head, rows) in _tables(pack).items():
                _write(draft / name, head, rows)
        _copy_policy(draft / "policy", pack)
        (draft / "README.md").write_text(
            README.format(round_to=pack.counts.round_to, threshold=pack.counts.threshold), encoding="utf-8"
        )
        lines = export(draft / "record").lines
        files = _write_sums(draft)
        draft.rename(out)
    except NothingToExport as nothing:
        raise AuditTrouble(f"the record: {nothing}") from nothing
    except shutil.Error as error:  # of a whole folder: a list, in which the first says it
        raise AuditTrouble(f"{out}: {error.args[0][0][-1]}") from error
    except OSError as error:
        raise AuditTrouble(f"{error.filename or out}: {(error.strerror or str(error)).lower()}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Audit(lines, files)


def _tables(pack: Pack) -> Mapping[str, tuple[Row, Iterable[Row]]]:
    return {
        "editions.csv": (("journey", "edition", "from", "to", "shape"), _editions(pack)),
        "lists.csv": (("list", "code", "label", "from", "to"), _codes(pack)),
        "roles.csv": (("holder", "role", "agency", "kind", "from", "to", "cover"), _roles()),
        "decisions.csv": (("year", "step", "outcome", "clause", "count"), _counted(pack, DECISIONS)),
        "sharing.csv": (("year", "purpose", "basis", "receiver", "count"), _counted(pack, SHARING)),
        "break_glass.csv": (("year", "review", "count"), _counted(pack, BREAK_GLASS)),
        "instance.csv": (("what", "value"), _instance()),
    }


DECISIONS = "select extract(year from recorded_at)::int, step, outcome, clause, count(*) from decision group by 1, 2, 3, 4"
SHARING = (
    "select extract(year from d.recorded_at)::int, d.purpose, d.basis, a.kind, count(*)"
    " from disclosure d join agency a on a.id = d.agency_id group by 1, 2, 3, 4"
)
BREAK_GLASS = (
    "select extract(year from recorded_at)::int,"
    " case when reviewed_at is null then 'not reviewed' when reviewed_at > review_due_at then 'late: ' || result"
    " else result end, count(*) from break_glass group by 1, 2"
)


def _counted(pack: Pack, query: str) -> Iterator[Row]:
    """Yield counts that tell of nobody: small ones withheld, the others rounded, in the order of their names."""
    rule = pack.counts
    with connection.cursor() as cursor:
        cursor.execute(query)
        for *names, count in sorted(cursor.fetchall(), key=str):
            yield (*names, "*" if count < rule.threshold else rule.round_to * round(count / rule.round_to))


def _roles() -> Iterator[Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select h.practitioner_id, h.role, a.name, a.kind, h.from_date, h.to_date, h.covering_id is not null"
            " from role_holding h join agency a on a.id = h.agency_id"
        )
        found = cursor.fetchall()
    # In the order of random ids: neither alphabet nor time of joining says who a number is.
    numbers = {holder: number for number, holder in enumerate(sorted({row[0] for row in found}, key=str), 1)}
    for holder, role, agency, kind, since, until, cover in sorted(
        found, key=lambda row: (numbers[row[0]], row[1], str(row[4]))
    ):
        yield numbers[holder], role, agency, kind, since, until or "", "yes" if cover else ""


def _editions(pack: Pack) -> Iterator[Row]:
    for code, editions in sorted(pack.editions.items()):
        for one in editions:
            yield code, one.edition, one.effective_from or "", one.effective_to or "", pack.shape_hash(one)


def _codes(pack: Pack) -> Iterator[Row]:
    for name, found in sorted(pack.lists.items()):
        for code in sorted(found.codes.values(), key=lambda one: (one.effective_from or date.min, one.code)):
            yield name, code.code, code.label, code.effective_from or "", code.effective_to or ""


def _instance() -> Iterator[Row]:
    yield "wall of this version", again.expected()
    with connection.cursor() as cursor:
        cursor.execute("select wall.fingerprint()")
        yield "wall in the database", cursor.fetchone()[0]
        cursor.execute("select key, began_at from wall.log_keys()")
        for key, began_at in cursor.fetchall():
            yield f"log since {began_at:%Y-%m-%d}", key


def _copy_policy(to: Path, pack: Pack) -> None:
    from django.conf import settings

    folders = [BUILT_IN, *(Path(folder) for folder in settings.SITE_PACKS.split(":") if folder)]
    shutil.copytree(
        find_packs(folders)[pack.code], to, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
    )


def _write(path: Path, head: Row, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows([_plain(cell) for cell in row] for row in rows)


def _plain(cell: object) -> object:
    """A cell that a spreadsheet would take for a formula gets an apostrophe."""
    text = str(cell)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def _write_sums(folder: Path) -> int:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files
    ]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")
    return len(files) + 1
