"""Alter a sealed record's tables as somebody with the server can, and see whether each alteration is named."""

from __future__ import annotations

import os
import random
import re
import sys
from collections.abc import Callable
from pathlib import Path

from _fresh import fresh, say

LINES = 20_000
TABLES = ("ledger_entry", "ledger_leaf", "ledger_tile", "ledger_checkpoint")
NUMBER = re.compile(r"\blines? (\d+)(?: to (\d+))?")


def main(folder: Path, many: int) -> int:
    with fresh(folder, durable=False) as (_, superuser):
        import psycopg

        from evenhand.gate.demo import as_worker

        with as_worker(), psycopg.connect(superuser, autocommit=True) as session:
            session.execute("set session_replication_role = replica")
            fill()
            return edit(session, many)


def fill() -> None:
    """Seal and sign a record of made-up lines, a few hundred at a time."""
    from django.db import connection

    from evenhand.gate.entry import enter_house
    from evenhand.kernels.ledger.entry import padding
    from evenhand.operations.sealing import seal_all
    from evenhand.operations.sealing.log_key import log_folder
    from evenhand.operations.sealing.publish import publish

    key = log_folder().make_key("edits.example/ledger")
    with enter_house(), connection.cursor() as cursor:
        cursor.execute("select wall.keep_log(%s, 'made up')", [str(key.key)])
    for _ in range(LINES // 2000):
        lines = [padding(os.urandom) for _ in range(2000)]
        with enter_house(), connection.cursor() as cursor:
            cursor.execute("select wall.append(null, %s::bytea[], %s::bytea[])", [lines, [b"s"] * len(lines)])
        seal_all(seconds=600)
        publish(log_folder(), key, every_seconds=1, lines=64, force=True)


def edit(session, many: int) -> int:
    from evenhand.operations.sealing import check

    for table in TABLES:
        session.execute(f"create table kept_{table} as select * from {table}")
    size = session.execute("select count(*) from ledger_leaf").fetchone()[0]
    entry = dict(session.execute("select position, entry_id from ledger_leaf").fetchall())
    full = size - size % 256
    ill = len(check())
    say("complaints before anything was altered", ill, "", f"{size:,} lines")

    def places(count: int, choose: random.Random, below: int = size) -> list[int]:
        return choose.sample(range(below), count)

    def byte(choose: random.Random) -> set[int]:
        chosen = places(many, choose)
        for position in chosen:
            at, bit = choose.randrange(379), 1 << choose.randrange(8)
            session.execute(
                "update ledger_entry set line = set_byte(line, %s, get_byte(line, %s) # %s) where id = %s",
                [at, at, bit, entry[position]],
            )
        return set(chosen)

    def deletion(choose: random.Random) -> set[int]:
        chosen = places(many, choose)
        session.execute(
            "delete from ledger_entry where id = any(%s)", [[entry[position] for position in chosen]]
        )
        return set(chosen)

    def swap(choose: random.Random) -> set[int]:
        chosen = places(2 * many, choose)
        for one, two in zip(chosen[::2], chosen[1::2], strict=True):
            session.execute("update ledger_entry e set line = o.line from ledger_entry o where (e.id = %s and o.id = %s) or (e.id = %s and o.id = %s)",
                            [entry[one], entry[two], entry[two], entry[one]])  # fmt: skip
        return set(chosen)

    def leaf(choose: random.Random) -> set[int]:
        chosen = places(many, choose)
        for position in chosen:
            at, bit = choose.randrange(32), 1 << choose.randrange(8)
            session.execute(
                "update ledger_leaf set hash = set_byte(hash, %s, get_byte(hash, %s) # %s) where position = %s",
                [at, at, bit, position],
            )
        return set(chosen)

    def both(choose: random.Random) -> set[int]:
        chosen = places(many, choose, full)
        for position in chosen:
            session.execute(
                "update ledger_entry set line = set_byte(line, 50, get_byte(line, 50) # 1) where id = %s",
                [entry[position]],
            )
            session.execute(
                "update ledger_leaf set hash = sha256('\\x00'::bytea || e.line) from ledger_entry e where position = %s and e.id = entry_id",
                [position],
            )
        return set(chosen)

    def place(choose: random.Random) -> set[int]:
        chosen = places(many, choose, size - 1)
        session.execute("delete from ledger_leaf where position = any(%s)", [chosen])
        return set(chosen)

    def exchange(choose: random.Random) -> set[int]:
        chosen = places(2 * many, choose, full)
        for one, two in zip(chosen[::2], chosen[1::2], strict=True):
            session.execute("delete from ledger_leaf where position = any(%s)", [[one, two]])
            session.execute("insert into ledger_leaf select case position when %s then %s else %s end, entry_id, hash from kept_ledger_leaf where position = any(%s)",
                            [one, two, one, [one, two]])  # fmt: skip
        return set(chosen)

    kinds: dict[str, Callable[[random.Random], set[int]]] = {
        "single bytes of lines": byte,
        "lines deleted": deletion,
        "pairs of lines swapped": swap,
        "single bytes of leaves": leaf,
        "lines and their leaves altered together": both,
        "places deleted": place,
        "pairs of places exchanged": exchange,
    }
    for name, alter in kinds.items():
        altered = alter(random.Random(name))
        named, said = set(), check(most=100_000)
        for complaint in said:
            if complaint.startswith(("line ", "the leaf of line ", "the place of line")):
                match = NUMBER.search(complaint)
                first, last = int(match[1]), int(match[2] or match[1])
                named |= set(range(first - 1, last))
        unnamed, untouched = altered - named, named - altered
        ill += len(unnamed) + len(untouched)
        say(
            name,
            len(altered) - len(unnamed),
            f"of {len(altered)} named",
            f"{len(untouched)} named that were not touched; first: {said[0] if said else 'nothing'}",
        )
        for table in TABLES[:2]:
            session.execute(f"delete from {table}")
            session.execute(f"insert into {table} select * from kept_{table}")
        ill += len(check())
    ill += every_byte_of_a_tile_and_a_checkpoint(session, many)
    return 1 if ill else 0


def every_byte_of_a_tile_and_a_checkpoint(session, many: int) -> int:
    """Alter tiles and checkpoints one at a time: each is named by its number."""
    from evenhand.operations.sealing import check

    missed, choose, tries = 0, random.Random(5), min(many, 40)
    for table, column, numbers, called in (
        ("ledger_tile", "nodes", [row[0] for row in session.execute("select number from ledger_tile where level = 0")], "tile 0/{}"),
        ("ledger_tile", "root", [row[0] for row in session.execute("select number from ledger_tile where level = 0")], "tile 0/{}"),
        ("ledger_checkpoint", "note", [row[0] for row in session.execute("select number from ledger_checkpoint")], "checkpoint {} "),
    ):  # fmt: skip
        found = 0
        for _ in range(tries):
            number = choose.choice(numbers)
            level = "and level = 0" if table == "ledger_tile" else ""
            length = session.execute(
                f"select length({column}) from {table} where number = %s {level}", [number]
            ).fetchone()[0]
            at = choose.randrange(length)
            flip = f"update {table} set {column} = set_byte({column}, %s, get_byte({column}, %s) # 1) where number = %s {level}"
            session.execute(flip, [at, at, number])
            found += any(called.format(number) in f"{complaint} " for complaint in check())
            session.execute(flip, [at, at, number])
        missed += tries - found
        say(f"single bytes of {table}.{column}", found, f"of {tries} named", "one at a time")
    return missed + len(check())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
