"""Write a protected release as the files of its folder: tables, account, witnesses and the checker."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evenhand.kernels.disclosure import verify
from evenhand.kernels.disclosure.join import Release
from evenhand.kernels.disclosure.percent import LOW, NOT_APPLICABLE, TOO_FEW, WITHHELD, percentages
from evenhand.kernels.disclosure.programme import Flags, Ints
from evenhand.kernels.disclosure.rules import Policy
from evenhand.kernels.disclosure.system import PublicView
from evenhand.kernels.disclosure.tables import Extract, Table
from evenhand.kernels.disclosure.widen import CannotProtect

Texts = NDArray[np.str_]
MANIFEST = "manifest.json"
MARKS = {WITHHELD: "[c]", TOO_FEW: "[x]", NOT_APPLICABLE: "[z]", LOW: "[low]"}
MEANINGS = {
    "[c]": "confidential: withheld so that nobody can be found in it; the mark is the same whatever the reason",
    "[x]": "not available: too few in the denominator for a percentage",
    "[z]": "not applicable",
    "[low]": "less than half a per cent, but not nought",
}


@dataclass(frozen=True)
class EarlierFiles:
    """An earlier release as it was published, to be carried along: its files and what its tables stand for."""

    name: str
    files: Mapping[str, str]
    roots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Words:
    """What a release says of itself besides its figures.

    labels    the label of each code, by dimension
    units     what each table counts, by table
    about     further entries of release.json, such as who made it
    beside    further columns of a table, by table and then by heading: texts in the shape of its counts,
              worked out from what is printed alone
    """

    standing: str = "local management statistics; not official statistics"
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, object] = field(default_factory=dict)
    beside: Mapping[str, Mapping[str, Texts]] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=lambda: MEANINGS)


NO_WORDS = Words()


@dataclass(frozen=True)
class Printed:
    """What a release prints: the true or rounded counts, and which of them are withheld."""

    value: Ints
    withheld: Flags
    view: PublicView
    tables: Ints
    method: str = "withhold"
    base: int = 1
    width: int = 5
    lowest: int = 1


def release_files(
    name: str,
    title: str,
    release: Release,
    printed: Printed,
    policy: Policy,
    *,
    guard: int,
    extract_hash: str,
    roots: Mapping[str, str] | None = None,
    earlier: Sequence[EarlierFiles] = (),
    words: Words = NO_WORDS,
) -> dict[str, str]:
    """Return the files of a release folder by their path.

    Nothing in them but the tables' shown counts is computed from a hidden count: witnesses come from the
    public view, the account holds totals of marks, the hash is of the extract under its keeper's key.

    guard         smallest denominator of a percentage                                        [counts]
    extract_hash  what the frozen extract is known by, to show later that it was not changed
    earlier       releases whose figures count as known, copied in so that the checker can read them
    words         what the release says of itself besides
    raises        CannotProtect, when an earlier release was rounded otherwise
    """
    refuse_other_rounding(printed.method, printed.base, earlier)
    own_roots = dict(roots or {})
    described = {
        "name": name,
        "title": title,
        "standing": words.standing,
        "extract": extract_hash,
        "policy": {
            "method": printed.method,
            "threshold": policy.threshold,
            "width": printed.width,
            "lowest": printed.lowest,
            "base": printed.base,
            "percent_guard": guard,
        },
        **words.about,
        "marks": dict(words.marks),
        "dimensions": [
            {
                "name": d.name,
                "sums": [[p, list(parts)] for p, parts in d.sums],
                "labels": dict(words.labels.get(d.name, {})),
            }
            for d in release.dimensions
        ],
        "tables": [describe_table(table, words) for table in release.tables],
        "sources": [{"name": name, "folder": "", "roots": own_roots}]
        + [{"name": e.name, "folder": f"earlier/{e.name}", "roots": dict(e.roots)} for e in earlier],
    }
    files = {"release.json": json.dumps(described, indent=1, ensure_ascii=False) + "\n"}
    marks: dict[str, int] = {}
    for table in release.tables:
        cells = release.cells[name, table.name]
        beside = words.beside.get(table.name, {})
        text, marked = table_csv(table, release, printed.value[cells], printed.withheld[cells], guard, beside)
        files[f"tables/{table.name}.csv"] = text
        files[f"tables/{table.name}.csv-metadata.json"] = csv_metadata(table, guard, words)
        marks[table.name] = marked
    files["witnesses.csv"] = witnesses_csv(release, printed)
    files["account.json"] = account(release, printed, marks)
    files["verify.py"] = Path(verify.__file__).read_text("utf-8")
    for before in earlier:
        for path in sorted(before.files):
            if path == "release.json" or path.startswith("tables/"):
                files[f"earlier/{before.name}/{path}"] = before.files[path]
    files[MANIFEST] = manifest({path: text.encode() for path, text in files.items()}).decode()
    return files


def refuse_other_rounding(method: str, base: int, earlier: Sequence[EarlierFiles]) -> None:
    """Refuse to set a release beside one that was rounded otherwise: nothing proves the two together.

    raises   CannotProtect, with the name of the earlier release
    """
    for before in earlier:
        rule = json.loads(before.files["release.json"])["policy"]
        if (rule["method"], rule["base"]) != (method, base):
            words = {
                "round": f"rounded to {rule['base']}",
                "withhold": "printed exactly, with counts withheld",
            }
            mine = f"rounded to {base}" if method == "round" else "printed exactly, with counts withheld"
            raise CannotProtect(
                f"the earlier release {before.name} was {words[rule['method']]} and this one is to be {mine}:"
                " the two together could give counts away, so keep to the one way"
            )


def manifest(files: Mapping[str, bytes]) -> bytes:
    """Return the hash of every file, so that what is read can be held against what was verified."""
    hashes = {path: hashlib.sha256(files[path]).hexdigest() for path in sorted(files) if path != MANIFEST}
    return (json.dumps(hashes, indent=1) + "\n").encode()


def describe_table(table: Table, words: Words) -> dict[str, object]:
    """Return what release.json says of a table."""
    return {
        "name": table.name,
        "title": table.title,
        "unit": words.units.get(table.name, "referral"),
        "dimensions": list(table.dimensions),
        "keep": {dimension: list(codes) for dimension, codes in table.keep.items()},
        "share": list(table.share) if table.share else None,
    }


def table_csv(
    table: Table,
    release: Release,
    counts: Ints,
    withheld: Flags,
    guard: int,
    beside: Mapping[str, Texts],
) -> tuple[str, int]:
    """Return a table as CSV, one row a cell, and how many cells are withheld in it."""
    named = {d.name: d for d in release.dimensions}
    codes = [table.codes(named[name]) for name in table.dimensions]
    shares = (
        percentages(table, release.dimensions, counts, withheld, guard=guard)
        if table.share is not None
        else None
    )
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*table.dimensions, "count", *(["percent"] if shares is not None else []), *beside])
    for at in np.ndindex(counts.shape):
        row = [codes[axis][place] for axis, place in enumerate(at)]
        row.append("[c]" if withheld[at] else str(counts[at]))
        if shares is not None:
            row.append(MARKS.get(int(shares[at]), str(shares[at])))
        writer.writerow([*row, *(str(texts[at]) for texts in beside.values())])
    return out.getvalue(), int(withheld.sum())


def csv_metadata(table: Table, guard: int, words: Words) -> str:
    """Return the CSV-W description of a table: columns, key and what the marks mean."""
    columns: list[dict[str, object]] = [
        {"name": name, "titles": name, "datatype": "string", "required": True} for name in table.dimensions
    ]
    columns.append(
        {
            "name": "count",
            "titles": "count",
            "datatype": {"base": "integer", "minimum": 0},
            "null": ["[c]"],
            "dc:description": f"Number of {words.units.get(table.name, 'referral')}s. [c] {MEANINGS['[c]']}.",
        }
    )
    if table.share is not None:
        columns.append(
            {
                "name": "percent",
                "titles": "percent",
                "datatype": {"base": "integer", "minimum": 0, "maximum": 100},
                "null": ["[c]", "[x]", "[z]", "[low]"],
                "dc:description": (
                    f"Whole percentage, halves rounded up, of the count where {table.share[0]} is"
                    f" {table.share[1]}; denominators under {guard} give none. [x] {MEANINGS['[x]']}."
                ),
            }
        )
    columns += [
        {"name": name, "titles": name, "datatype": "string"} for name in words.beside.get(table.name, {})
    ]
    described = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": f"{table.name}.csv",
        "dc:title": table.title,
        "dialect": {"delimiter": ",", "header": True, "encoding": "utf-8"},
        "tableSchema": {"columns": columns, "primaryKey": list(table.dimensions)},
    }
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


def witnesses_csv(release: Release, printed: Printed) -> str:
    """Return the witnesses: a row for each withheld printed cell, a column for each whole table."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    count = printed.tables.shape[0]
    writer.writerow([*(d.name for d in release.dimensions), *(f"witness_{n}" for n in range(1, count + 1))])
    codes = [d.codes for d in release.dimensions]
    for place, cell in enumerate(printed.view.cells):
        if cell < release.keys.shape[0]:
            key = [codes[axis][code] for axis, code in enumerate(release.keys[cell])]
            writer.writerow([*key, *printed.tables[:, place].tolist()])
    return out.getvalue()


def account(release: Release, printed: Printed, marks: Mapping[str, int]) -> str:
    """Return how much was withheld, as totals.

    How many of the withheld counts are small is left out: where that number is the number withheld, it
    would say of each of them that it is small.
    """
    size = int(release.keys.shape[0])
    hidden = int(printed.withheld[:size].sum())
    said = {
        "method": "counts withheld" if printed.method == "withhold" else f"rounded to {printed.base}",
        "different_counts": size,
        "withheld": hidden,
        "withheld_percent": round(100 * hidden / size, 1) if size else 0,
        "withheld_by_table": dict(marks),
        "witnesses": int(printed.tables.shape[0]),
        "why": "small counts, and as many others as keep anybody from working the small ones out",
    }
    return json.dumps(said, indent=1, ensure_ascii=False) + "\n"


def extract_hash(extract: Extract, salt: bytes) -> str:
    """Return a salted hash of the finest cells: shows later that they are unchanged, tells nothing of them."""
    digest = hashlib.blake2b(key=salt, digest_size=32)
    for dimension in extract.dimensions:
        digest.update(json.dumps([dimension.name, dimension.leaves]).encode())
    order = np.lexsort(extract.leaf.T[::-1])
    digest.update(np.ascontiguousarray(extract.leaf[order], dtype="<i8").tobytes())
    digest.update(np.ascontiguousarray(extract.count[order], dtype="<i8").tobytes())
    return digest.hexdigest()
