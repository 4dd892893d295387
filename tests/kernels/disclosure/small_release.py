"""Small linked tables over four dimensions, and releases made of them, for the tests of this room."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from evenhand.kernels.disclosure.earlier import with_vintages
from evenhand.kernels.disclosure.join import Source, join_tables
from evenhand.kernels.disclosure.release import MANIFEST, EarlierFiles, manifest, release_files
from evenhand.kernels.disclosure.rounding import RoundedBefore, round_release
from evenhand.kernels.disclosure.rules import Policy, price
from evenhand.kernels.disclosure.sample import printed
from evenhand.kernels.disclosure.sample import rounded as as_rounded
from evenhand.kernels.disclosure.tables import Dimension, Extract, Table
from evenhand.kernels.disclosure.withhold import withhold

PLACE = Dimension("place", (("total", ("north", "south")), ("north", ("n1", "n2", "n3"))))
KIND = Dimension("kind", (("total", ("known", "unknown")), ("known", ("k1", "k2"))))
AGE = Dimension("age", (("total", ("young", "mid", "old")),))
TIME = Dimension("time", (("total", ("t1", "t2")),))
DIMENSIONS = (PLACE, KIND, AGE, TIME)
LINKED = (
    Table("A", "Place by kind", ("place", "kind"), share=("kind", "known")),
    Table("B", "Kind by age", ("kind", "age")),
    Table("C", "Place by age", ("place", "age")),
)
THREE_WAY = (Table("D", "Place by kind by age", ("place", "kind", "age")), LINKED[1])
SHAPE = tuple(len(d.leaves) for d in DIMENSIONS)
EARLY = {"time": "t1"}


def extract_of(counts) -> Extract:
    """Return an extract with a count for every finest cell."""
    leaf = np.stack(np.unravel_index(np.arange(int(np.prod(SHAPE))), SHAPE), axis=1)
    return Extract(DIMENSIONS, leaf.astype(np.int64), np.array(counts, dtype=np.int64))


def drawn(seed: int) -> Extract:
    """Return an extract with many small counts."""
    return extract_of(np.random.default_rng(seed).choice([0] * 9 + [1, 1, 2, 3, 9, 20], int(np.prod(SHAPE))))


def first_half(extract: Extract) -> Extract:
    """Return what an earlier release was made of."""
    early = extract.leaf[:, 3] == 0
    return Extract(extract.dimensions, extract.leaf[early], extract.count[early])


def source(name: str, extract: Extract, tables=LINKED, roots=None, withheld=None) -> Source:
    """Count an extract into tables."""
    return Source(name, [(table, extract.tabulate(table)) for table in tables], roots or {}, withheld)


def published(now: Source, earlier: list[tuple[Source, dict[str, str]]], policy: Policy):
    """Protect a release with all that went before; return its system, its pattern, its files and its source."""
    dimensions, sources = with_vintages(DIMENSIONS, [now, *(before for before, _ in earlier)])
    joined = join_tables(dimensions, sources, lowest=policy.lowest, price=price)
    done = withhold(joined.system, policy)
    files = release_files(
        now.name,
        now.name,
        joined,
        printed(joined, done, policy),
        policy,
        guard=10,
        extract_hash="x",
        roots=sources[0].roots,
        earlier=[EarlierFiles(s.name, f, s.roots) for s, (_, f) in zip(sources[1:], earlier, strict=True)],
    )
    hidden = {
        name: done.withheld[cells] for (owner, name), cells in joined.cells.items() if owner == now.name
    }
    return joined, done, files, Source(now.name, now.tables, now.roots, hidden)


def rounded(now: Source, earlier=(), base: int = 5):
    """Round a release with all that went before; return its system, its rounding, its files and what was printed.

    earlier   pairs of what was printed (as the fourth of what this returns) and its files
    """
    joined, done, sources = round_release(DIMENSIONS, now, [before for before, _ in earlier], base=base)
    carried = [EarlierFiles(s.name, f, s.roots) for s, (_, f) in zip(sources[1:], earlier, strict=True)]
    files = release_files(
        now.name,
        now.name,
        joined,
        as_rounded(joined, done, base),
        Policy(),
        guard=10,
        extract_hash="x",
        roots=sources[0].roots,
        earlier=carried,
    )
    shown = {table.name: done.value[joined.cells[now.name, table.name]] for table in joined.tables}
    return joined, done, files, RoundedBefore(now, shown)


def sign(folder: Path) -> None:
    """Write the manifest of a folder anew, as whoever altered a file in it would."""
    found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    (folder / MANIFEST).write_bytes(manifest({path: file.read_bytes() for path, file in found.items()}))


def write(files, folder: Path) -> Path:
    """Write a release's files into a folder; whoever alters one writes the manifest anew."""
    plain = {path: text.encode() for path, text in files.items()}
    for path, text in {**files, MANIFEST: manifest(plain).decode()}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder
