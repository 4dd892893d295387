"""Check a release by adding up and comparing: no solver, no other program, this file alone.

python verify.py [FOLDER] prints one line and ends with 0 when the release is proved, else with 1.

For every count that is withheld, the release carries whole tables (witnesses) that fit all that is
printed, in it and in earlier releases, and that lie far enough apart in that count. So nobody can work
the count out from print, however clever: several answers fit equally well. Needs Python 3.10 or newer.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

MARK = "[c]"
Key = tuple[str, ...]


class Fault(Exception):
    """What is wrong with the release, in one line."""


class Release:
    """Everything that is printed, by cell; None where a count is withheld."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        about: dict[str, Any] = json.loads((folder / "release.json").read_text("utf-8"))
        self.dims: list[dict[str, Any]] = about["dimensions"]
        self.policy: dict[str, Any] = about["policy"]
        self.rounded = self.policy["method"] == "round"
        self.cells: dict[Key, int | None] = {}
        self.shares: list[tuple[Key, Key, int]] = []
        for number, source in enumerate(about["sources"]):
            where = folder / source["folder"]
            for table in json.loads((where / "release.json").read_text("utf-8"))["tables"]:
                self.read_table(where, table, source["roots"], now=number == 0)
            if number == 0:
                self.check_printed()
        self.printed = dict(self.cells)
        if self.rounded:
            self.cells = dict.fromkeys(self.cells)
        self.found = self.read_witnesses()
        self.count = len(next(iter(self.found.values()), []))

    def name(self, key: Key) -> str:
        """Return what to call a cell."""
        parts = [f"{d['name']}={c}" for d, c in zip(self.dims, key, strict=True) if c != "total"]
        return ", ".join(parts) or "everything"

    def read_table(self, where: Path, table: dict[str, Any], roots: dict[str, str], *, now: bool) -> None:
        """Read one printed table: cells that stand in several tables are one cell."""
        with open(where / "tables" / f"{table['name']}.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        own, names = set(), [d["name"] for d in self.dims]
        known = [{c for p, parts in d["sums"] for c in (p, *parts)} for d in self.dims]
        for row in rows:
            key = tuple(row[n] if n in table["dimensions"] else roots.get(n, "total") for n in names)
            text, seen = row["count"], self.cells.get(key)
            if key in own or not all(c in k for c, k in zip(key, known, strict=True)):
                raise Fault(f"{self.name(key)} is twice in table {table['name']}, or in no roll-up")
            if text != MARK and not text.isdecimal():
                raise Fault(f"table {table['name']} has {text!r} for {self.name(key)}")
            count = None if text == MARK else int(text)
            if None not in (count, seen) and seen != count:
                raise Fault(f"{self.name(key)} is printed as {seen} and as {count}")
            if now and key in self.cells and (seen is None) != (count is None):
                raise Fault(f"{self.name(key)} is withheld in one table and printed in another")
            if count is None and any(row.get(beside, "[")[:1] != "[" for beside in ("percent", "rate")):
                raise Fault(f"a percentage or rate is worked out of {self.name(key)}, which is withheld")
            own.add(key)
            self.cells[key] = seen if count is None else count
            if (row.get("percent") or "").isdecimal():
                dim, code = table["share"]
                base = tuple(code if n == dim else c for n, c in zip(names, key, strict=True))
                self.shares.append((key, base, int(row["percent"])))

    def check_printed(self) -> None:
        """Check the release at hand: nothing small in print, or everything rounded."""
        for key, count in self.cells.items():
            if self.rounded and (count is None or count % self.policy["base"]):
                raise Fault(f"{self.name(key)} is not rounded to {self.policy['base']}")
            if not self.rounded and 0 < (count or 0) < self.policy["threshold"]:
                raise Fault(f"{self.name(key)} is printed and small")

    def read_witnesses(self) -> dict[Key, list[int]]:
        """Return for each withheld cell its values, one for each witness, and check them one by one."""
        size, found = len(self.dims), {}
        with open(self.folder / "witnesses.csv", encoding="utf-8", newline="") as file:
            for line in list(csv.reader(file))[1:]:
                found[tuple(line[:size])] = [int(value) for value in line[size:]]
        for key in found.keys() ^ {key for key, count in self.cells.items() if count is None}:
            raise Fault(f"the withheld cells and those of the witnesses differ: {self.name(key)}")
        if len({len(values) for values in found.values()}) > 1:
            raise Fault("the witnesses are not complete tables")
        for key, values in found.items():
            if not values or max(values) - min(values) < self.policy["width"]:
                raise Fault(f"{self.name(key)} can be bounded: the witnesses lie too close")
            if min(values) < self.policy["lowest"]:
                raise Fault(f"a witness has {self.name(key)} below {self.policy['lowest']}")
            if self.rounded and max(abs(v - (self.printed[key] or 0)) for v in values) >= self.policy["base"]:
                raise Fault(f"a witness does not round to what is printed of {self.name(key)}")
        return found

    def values(self, key: Key) -> list[int]:
        """Return what each witness says of a cell: the printed count, if there is one."""
        return self.found.get(key) or [self.cells[key] or 0] * max(self.count, 1)

    def check_sums(self) -> None:
        """Add up every roll-up of printed cells, in print and in every witness."""
        vintages = [c for d in self.dims if d["name"] == "vintage" for p, q in d["sums"] for c in (p, q[0])]
        for at, dim in enumerate(self.dims):
            known = {c for p, parts in dim["sums"] for c in (p, *parts)}
            above = {c: {p for p, parts in dim["sums"] if c in parts} for c in known}
            below = {c: [parts for p, parts in dim["sums"] if p == c] for c in known}
            for key in self.cells:
                for codes in below[key[at]]:
                    line = [(*key[:at], code, *key[at + 1 :]) for code in codes]
                    parts = [k for k in line if k in self.cells]
                    if parts:
                        self.check_sum(key, parts, len(parts) == len(codes), dim["name"] == "vintage")
                    for when in vintages if dim["name"] != "vintage" else ():
                        mixed = [k if k in self.cells else (*k[:-1], when) for k in line]
                        if len(mixed := [k for k in mixed if k in self.cells]) > len(parts):
                            self.check_sum(key, mixed, False, True)
                self.check_gap(key, at, above)

    def check_gap(self, key: Key, at: int, above: dict[str, set[str]]) -> None:
        """Refuse a cell that stands under a printed roll-up without the level between: sums would be missed."""
        near = far = above[key[at]]
        if not near or any((*key[:at], c, *key[at + 1 :]) in self.cells for c in near):
            return
        for _ in above:
            far = far | {c for code in far for c in above[code]}
        if any((*key[:at], c, *key[at + 1 :]) in self.cells for c in far):
            raise Fault(f"{self.name(key)} is printed without the roll-up just above it")

    def check_sum(self, key: Key, parts: list[Key], whole: bool, signed: bool) -> None:
        """Check one sum; where parts of it are not printed, what they come to must not be small, or not be known."""
        if self.rounded and whole and sum(self.printed[k] or 0 for k in parts) != self.printed[key]:
            raise Fault(f"{self.name(key)} is not the sum of its parts")
        hidden = any(self.cells[k] is None for k in parts)
        below = [sum(column) for column in zip(*map(self.values, parts), strict=True)]
        rests = [total - part for total, part in zip(self.values(key), below, strict=True)]
        if whole and any(rests):
            raise Fault(f"{self.name(key)} is not the sum of its parts")
        if not whole and not signed and min(rests) < 0:
            raise Fault(f"{self.name(key)} is less than those parts of it that are printed")
        if not whole and self.cells[key] is not None and not hidden:
            if 0 < abs(rests[0]) < self.policy["threshold"]:
                raise Fault(f"what is not printed of {self.name(key)} can be worked out, and is small")
        elif not whole and max(rests) - min(rests) < self.policy["width"]:
            raise Fault(
                f"what is not printed of {self.name(key)} can be bounded: the witnesses lie too close"
            )

    def check_shares(self) -> None:
        """Work every printed percentage out again: in print, or from every witness where a count is withheld."""
        for key, base, percent in self.shares:
            pairs = zip(self.values(key), self.values(base), strict=True)
            for part, whole in [(self.printed[key] or 0, self.printed[base] or 0)] if self.rounded else pairs:
                if whole <= 0 or (200 * part + whole) // (2 * whole) != percent:
                    raise Fault(f"the percentage of {self.name(key)} gives a count away, or is wrong")


def check_files(folder: Path) -> None:
    """Hold every file against the manifest, where there is one: what is read here is what was verified."""
    said = folder / "manifest.json"
    for path, digest in json.loads(said.read_text("utf-8")).items() if said.exists() else ():
        if hashlib.sha256((folder / path).read_bytes()).hexdigest() != digest:
            raise Fault(f"{path} is not the file that was verified")


def main(arguments: list[str]) -> int:
    """Say in one line whether the release is proved: that of a folder, or the one this file lies in."""
    if len(arguments) > 1:
        raise SystemExit("usage: python verify.py [FOLDER]")
    try:
        folder = Path(arguments[0]) if arguments else Path(__file__).resolve().parent
        check_files(folder)
        release = Release(folder)
        release.check_sums()
        release.check_shares()
    except (Fault, OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        unread = f"the release cannot be read ({type(error).__name__}: {error})"
        sys.stdout.write(f"NOT PROVED: {error if isinstance(error, Fault) else unread}\n")
        return 1
    hidden = f"{len(release.found)} {'rounded' if release.rounded else 'withheld'}"
    sys.stdout.write(f"proved: {len(release.cells)} counts, {hidden}, {release.count} witnesses\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
