"""Check a release by adding up and comparing: no solver, no other program, this file alone.

python verify.py [FOLDER] prints one line and ends with 0 when the release is proved, else with 1.

For every count that is withheld, the release carries whole tables (witnesses) that fit all that is
printed, in it and in earlier releases, and that lie far enough apart in that count. So nobody can work
it out from print, however clever: several answers fit. Counts and percentages in tables/ are worked out
again; all else (spreadsheets, charts, rates, more/, this file) is only held against manifest.json, and is
as whoever wrote that left it. Needs Python 3.10 or newer.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

MARK, MARKS = "[c]", {"[c]", "[x]", "[z]", "[low]", "", "[p]", "[r]", "[p] [r]"}
COUNT, FIGURE = re.compile("0|[1-9][0-9]{0,11}"), re.compile("(0|[1-9][0-9]{0,11})([.][0-9])?")
MOST_BYTES, MOST_ROWS, LONGEST_LINE = 1 << 26, 1_000_000, 1 << 20
NUMBERS = ("threshold", "lowest", "base", "width")
Key = tuple[str, ...]


class Fault(Exception):
    """What is wrong with the release, in one line."""


def need(holds: object, words: str, key: Key = ()) -> None:
    if not holds:
        raise Fault(f"{', '.join(c for c in key if c != 'total') or 'the whole'} {words}" if key else words)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    need(len(found := dict(pairs)) == len(pairs), "a file of the release names a key twice")
    return found


class Release:
    """Everything that is printed, by cell; None where a count is withheld."""

    def __init__(self, folder: Path) -> None:
        self.top, self.said = folder.resolve(), None
        self.said = self.json("manifest.json")
        for path in self.said:
            self.read(path)
        about = self.json("release.json")
        self.dims: list[tuple[str, list[Any]]] = [(d["name"], d["sums"]) for d in about["dimensions"]]
        self.known = [{c for p, parts in sums for c in (p, *parts)} for _, sums in self.dims]
        rule, self.rounded = about["policy"], about["policy"]["method"] == "round"
        self.small, self.lowest, self.base, self.width = numbers = [rule[name] for name in NUMBERS]
        least = max(self.base - 1, 2) if self.rounded else max(self.small - self.lowest, 1)
        fair = all(type(n) is int for n in numbers) and self.lowest in (0, 1) and self.base > 0
        need(fair and self.width >= least, "the policy of the release promises too little")
        self.cells: dict[Key, int | None] = {}
        self.shares: list[tuple[Key, Key, int]] = []
        self.now: set[Key] = set()
        for number, source in enumerate(about["sources"]):
            where = f"{source['folder']}/" if source["folder"] else ""
            said = self.json(f"{where}release.json")
            alike = all(said["policy"][name] == rule[name] for name in ("method", "base"))
            need(alike, f"{source['name']} was rounded otherwise: nothing proves the two together")
            for table in said["tables"]:
                self.read_table(where, table, source["roots"], now=number == 0)
            self.now = self.now or set(self.cells)
        self.printed = dict(self.cells)
        self.cells = dict.fromkeys(self.cells) if self.rounded else self.cells
        self.found = self.read_witnesses()
        self.count = len(next(iter(self.found.values()), []))

    def read(self, path: str) -> bytes:
        """Return a file, if it lies in the folder, is of a size that can be and is that of the manifest."""
        file = (self.top / path).resolve()
        here = self.top in file.parents and file.is_file() and file.stat().st_size <= MOST_BYTES
        need(here, f"{path} is missing, lies outside the release or is too large")
        digest = hashlib.sha256(data := file.read_bytes()).hexdigest()
        need(self.said is None or self.said.get(path) == digest, f"{path} is not the file that was verified")
        return data

    def json(self, path: str) -> Any:
        return json.loads(self.read(path).decode("utf-8"), object_pairs_hook=once)

    def rows(self, path: str) -> Any:
        text, size = io.StringIO(self.read(path).decode("utf-8"), newline=""), 0
        for row in csv.reader(iter(lambda: text.readline(LONGEST_LINE), ""), strict=True):
            need(len(row) == (size := size or len(row)), f"{path} has a row of another length")
            yield row

    def read_table(self, where: str, table: dict[str, Any], roots: dict[str, str], *, now: bool) -> None:
        """Read one printed table: cells that stand in several tables are one cell."""
        dims, own, rows = table["dimensions"], set[Key](), self.rows(f"{where}tables/{table['name']}.csv")
        head: list[str] = next(rows, [])
        beside = set(head) - {*dims, "count"}
        fits = head[: len(dims) + 1] == [*dims, "count"] and len(head) == len(dims) + 1 + len(beside)
        need(fits and beside <= {"percent", "rate", "mark"}, f"table {table['name']} has other columns")
        for line in rows:
            row = dict(zip(head, line, strict=True))
            key = tuple(row[n] if n in dims else roots.get(n, "total") for n, _ in self.dims)
            text, seen, again = row["count"], self.cells.get(key), now and key in self.cells
            placed = key not in own and all(c in k for c, k in zip(key, self.known, strict=True))
            need(placed and len(own) < MOST_ROWS, f"is twice in {table['name']}, or in no roll-up", key)
            need(COUNT.fullmatch(text) or (text == MARK and not self.rounded), f"has count {text!r}", key)
            count, before = None if text == MARK else int(text), MARK if seen is None else seen
            need(seen == count or (None in (seen, count) and not again), f"printed as {before}, {text}", key)
            need(not now or self.rounded or not 0 < (count or 0) < self.small, "is printed and small", key)
            need((count or 0) % self.base == 0, f"is not rounded to {self.base}", key)
            for name in beside:
                figure = count is not None and name != "mark" and FIGURE.fullmatch(row[name])
                need(figure or row[name] in MARKS, f"has a {name} that cannot be, or is withheld", key)
            self.cells[key] = seen if count is None else count
            own.add(key)
            if COUNT.fullmatch(row.get("percent", "")):
                dim, code = table["share"]
                base = tuple(code if n == dim else c for (n, _), c in zip(self.dims, key, strict=True))
                self.shares.append((key, base, int(row["percent"])))

    def read_witnesses(self) -> dict[Key, list[int]]:
        rows, size, found = self.rows("witnesses.csv"), len(self.dims), {}
        need(next(rows, [])[:size] == [n for n, _ in self.dims], "the witnesses are not of these tables")
        for line in rows:
            key, values = tuple(line[:size]), [int(v) for v in line[size:] if COUNT.fullmatch(v)]
            need(key not in found and 0 < len(values) == len(line) - size, "has no whole witnesses", key)
            need(self.cells.get(key, 0) is None, "has witnesses and is not withheld: they differ", key)
            need(max(values) - min(values) >= self.width, "is bounded: its witnesses lie too close", key)
            need(min(values) >= self.lowest, f"is below {self.lowest} in a witness", key)
            near = all(abs(v - (self.printed[key] or 0)) < self.base for v in values)
            need(near or not self.rounded, "has a witness that does not round to what is printed", key)
            found[key] = values
        need(len(found) == sum(c is None for c in self.cells.values()), "witnesses and withheld cells differ")
        return found

    def values(self, key: Key) -> list[int]:
        return self.found.get(key) or [self.cells[key] or 0] * max(self.count, 1)

    def check_sums(self) -> None:
        """Add up every roll-up of printed cells, in print and in every witness, and work out percentages."""
        vintages = [c for name, sums in self.dims if name == "vintage" for p, q in sums for c in (p, q[0])]
        for at, (name, sums) in enumerate(self.dims):
            above = {c: {p for p, parts in sums if c in parts} for c in self.known[at]}
            below = {c: [parts for p, parts in sums if p == c] for c in self.known[at]}
            far = above
            for _ in range(20):
                far = {c: codes.union(*(above[higher] for higher in codes)) for c, codes in far.items()}
            for key in self.cells:
                for codes in below[key[at]]:
                    line = [(*key[:at], code, *key[at + 1 :]) for code in codes]
                    if parts := [k for k in line if k in self.cells]:
                        self.check_sum(key, parts, len(parts) == len(codes), name == "vintage")
                    for when in vintages if name != "vintage" else ():
                        mixed = [k if k in self.cells else (*k[:-1], when) for k in line]
                        if len(mixed := [k for k in mixed if k in self.cells]) > len(parts):
                            self.check_sum(key, mixed, False, True)
                # Under a printed roll-up without the level between a cell would escape the sums.
                near = any((*key[:at], c, *key[at + 1 :]) in self.cells for c in above[key[at]])
                gap = not near and any((*key[:at], c, *key[at + 1 :]) in self.cells for c in far[key[at]])
                need(not gap, "is printed without the roll-up just above it", key)
        for key, base, percent in self.shares:
            pairs = list(zip(self.values(key), self.values(base), strict=True))
            for part, whole in [(self.printed[key] or 0, self.printed[base] or 0)] if self.rounded else pairs:
                right = whole > 0 and (200 * part + whole) // (2 * whole) == percent
                need(right, "has a percentage that is wrong, or gives a count away", key)

    def check_sum(self, key: Key, parts: list[Key], whole: bool, signed: bool) -> None:
        """Check one sum; where parts of it are not printed, what they come to must not be small, or not be known."""
        below = [sum(column) for column in zip(*map(self.values, parts), strict=True)]
        rests = [total - part for total, part in zip(self.values(key), below, strict=True)]
        together = self.rounded and {key, *parts} <= self.now
        off = (self.printed[key] or 0) - sum(self.printed[k] or 0 for k in parts) if together else 0
        need(whole or signed or min(rests) >= 0, "is less than those parts of it that are printed", key)
        if whole:
            need(not any(rests) and not off, "is not the sum of its parts", key)
        elif all(self.cells[k] is not None for k in (key, *parts)):
            need(not 0 < abs(rests[0]) < self.small, "lacks a part that is known so, and small", key)
        else:
            need(max(rests) - min(rests) >= self.width, "lacks a part that is bounded: too close", key)


def main(arguments: list[str]) -> int:
    """Say in one line whether the release is proved: that of a folder, or the one this file lies in."""
    try:
        release = Release(Path(arguments[0]) if arguments else Path(__file__).parent)
        release.check_sums()
        hidden = f"{len(release.found)} {'rounded' if release.rounded else 'withheld'}"
        said, code = f"proved: {len(release.cells)} counts, {hidden}, {release.count} witnesses", 0
    except Exception as error:  # whatever a folder holds, it gets one line
        unread = f"the release cannot be read ({type(error).__name__}: {error})"
        said, code = f"NOT PROVED: {error if isinstance(error, Fault) else unread}", 1
    plain = "".join(c if c.isprintable() else " " for c in said[:500]).encode("ascii", "backslashreplace")
    sys.stdout.write(f"{plain.decode()}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
