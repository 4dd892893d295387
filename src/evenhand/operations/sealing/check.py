"""Check the sealed record in the database: every line, place, tile, checkpoint and signature; name what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.db import connection

from evenhand.gate.entry import enter_house
from evenhand.kernels.ledger.note import (
    COSIGNATURE,
    ED25519,
    Broken,
    Note,
    read_checkpoint,
    read_key,
    read_note,
    read_signature,
    signed_by,
)
from evenhand.kernels.ledger.proofs import root_at
from evenhand.kernels.ledger.signing import fast_verify
from evenhand.kernels.ledger.tiles import WIDTH, complete_tile
from evenhand.operations.sealing.log_key import KeyTrouble, log_folder
from evenhand.operations.sealing.publish import RolledBack, recover
from evenhand.operations.sealing.tree import CompleteTiles, StoredTree

MOST_NAMED = 2000
_AT_ONCE = 65536

# Lines that are not what was sealed. Both hashes are set beside the complete tile, which tells which of them was changed.
_LINES = """
select f.position, f.entry_id, e.id is null as gone, f.hash = sha256('\\x00'::bytea || e.line) as same
  from ledger_leaf f left join ledger_entry e on e.id = f.entry_id
 where f.position >= %s and f.position < %s
   and (e.id is null or f.hash is distinct from sha256('\\x00'::bytea || e.line) or length(f.hash) <> 32)
 order by f.position
"""
_GAPS = """
select coalesce(before, -1) + 1, position - 1 from (
  select position, lag(position) over (order by position) as before from ledger_leaf) p
 where position <> coalesce(before, -1) + 1 order by position
"""
# A line that ought to have its place and has none: put in afterwards, or its place was taken away.
_UNPLACED = """
select e.id from ledger_entry e left join ledger_leaf f on f.entry_id = e.id
 where f.entry_id is null
   and (e.epoch, e.xid, e.id) <= (select epoch, xid, entry_id from ledger_batch order by size desc limit 1)
 order by e.id limit %s
"""


def check(*, most: int = MOST_NAMED) -> list[str]:
    """Return what is wrong with the record, a sentence each, at most so many; an empty list when it all holds."""
    return list(islice(complaints(), most))


def complaints() -> Iterator[str]:
    """Go through the whole record as the worker's role, and yield each thing that is wrong as it is found."""
    with enter_house():
        size = _number("select wall.tree_size()")
        broken: set[int] = set()
        for position, sentence in _lines(size):
            broken.add(position)
            yield sentence
        yield from _gaps()
        yield from _unplaced()
        yield from _tiles(size, broken)
        yield from _checkpoints(size)
        yield from _signed_here()


def _number(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])


def _lines(size: int) -> Iterator[tuple[int, str]]:
    tree = StoredTree(size, complete=CompleteTiles(4))
    for begin in range(0, size, _AT_ONCE):
        with connection.cursor() as cursor:
            cursor.execute(_LINES, [begin, begin + _AT_ONCE])
            rows = cursor.fetchall()
        for position, entry_id, gone, _ in rows:
            line = f"line {position + 1} (entry {entry_id})"
            if gone:
                yield position, f"{line} is missing"
            elif _leaf_hash_is_sealed(tree, position):
                yield position, f"{line} is altered{_stands_at(position, entry_id)}"
            else:
                yield position, f"the leaf of {line} is altered"


def _leaf_hash_is_sealed(tree: StoredTree, position: int) -> bool:
    """Say whether a leaf is the one in its complete tile; one at the tree's edge is believed."""
    if not tree.is_complete(0, position // WIDTH):
        return True
    with connection.cursor() as cursor:
        cursor.execute("select hash from ledger_leaf where position = %s", [position])
        leaf = bytes(cursor.fetchone()[0])
    try:
        return tree(0, position) == leaf
    except LookupError:
        return True


def _stands_at(position: int, entry_id: int) -> str:
    """Say where the line that stands here belongs, when it is only out of its place."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select f.position from ledger_entry e join ledger_leaf f on f.hash = sha256('\\x00'::bytea || e.line)"
            " where e.id = %s and f.position between %s and %s limit 1",
            [entry_id, position - _AT_ONCE, position + _AT_ONCE],
        )
        row = cursor.fetchone()
    return f": what stands there is line {row[0] + 1}, so they are out of order" if row else ""


def _gaps() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(_GAPS)
        rows = cursor.fetchall()
    for first, last in rows:
        where = f"line {first + 1}" if first == last else f"lines {first + 1} to {last + 1}"
        yield f"the place of {where} is missing from the tree"


def _unplaced() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(_UNPLACED, [MOST_NAMED])
        rows = cursor.fetchall()
    for (entry_id,) in rows:
        yield f"entry {entry_id} was inserted behind what is sealed, or its place was taken away"


def _tiles(size: int, broken: set[int]) -> Iterator[str]:
    """Work every complete tile out anew from what lies below it."""
    level, count = 0, size // WIDTH
    while count:
        for first in range(0, count, WIDTH):
            yield from _tile_range(level, first, min(WIDTH, count - first), broken)
        level, count = level + 1, count // WIDTH


def _tile_range(level: int, first: int, many: int, broken: set[int]) -> Iterator[str]:
    below = (
        "select position, hash from ledger_leaf where position >= %s and position < %s"
        if level == 0
        else f"select number, root from ledger_tile where level = {level - 1} and number >= %s and number < %s"  # noqa: S608
    )
    with connection.cursor() as cursor:
        cursor.execute(below, [first * WIDTH, (first + many) * WIDTH])
        hashes = {number: bytes(value) for number, value in cursor.fetchall()}
        cursor.execute(
            "select number, root, nodes from ledger_tile where level = %s and number >= %s and number < %s",
            [level, first, first + many],
        )
        held = {number: (bytes(root), bytes(nodes)) for number, root, nodes in cursor.fetchall()}
    for number in range(first, first + many):
        begin = number * WIDTH
        due = [hashes.get(at, b"") for at in range(begin, begin + WIDTH)]
        if number not in held:
            yield f"tile {level}/{number} is missing"
        elif all(len(value) == 32 for value in due) and (made := complete_tile(due)) != held[number]:
            root, nodes = held[number]
            moved = [at for at in range(WIDTH) if nodes[32 * at : 32 * at + 32] != due[at]]
            # With the root as it was the leaves are too, and the tile's own nodes were altered.
            if level == 0 and moved and root != made[0]:
                for at in moved:
                    if begin + at not in broken:
                        yield f"the leaf of line {begin + at + 1} is not the one that was sealed"
            else:
                yield f"tile {level}/{number} is altered"


def _checkpoints(size: int) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("select number, key from ledger_log order by number")
        keys = dict(cursor.fetchall())
        cursor.execute("select number, log, size, note from ledger_checkpoint order by number")
        rows = cursor.fetchall()
        cursor.execute("select checkpoint, witness, line from ledger_cosignature order by id")
        cosigned = cursor.fetchall()
    tree = StoredTree(size, complete=CompleteTiles(64))
    texts, due, before = {}, 1, 0
    for number, log, of_size, note_bytes in rows:
        if number != due:
            yield (
                f"checkpoint {due} is missing"
                if number == due + 1
                else f"checkpoints {due} to {number - 1} are missing"
            )
        due = number + 1
        try:
            note = read_note(bytes(note_bytes))
            texts[number] = note.text
            key = read_key(keys.get(log, ""), ED25519)
            checkpoint = read_checkpoint(note.text)
            if signed_by(note, key, fast_verify) is None or len(note.signatures) != 1:
                raise Broken("is not signed by the log")
            if (checkpoint.origin, checkpoint.size) != (key.name, of_size):
                raise Broken("is not the one that its row names")
            if of_size < before:
                raise Broken("goes back")
            if of_size > size:
                raise Broken(f"is of {of_size} lines, and {size} are there")
            before = of_size
            if root_at(tree, of_size) != checkpoint.root:
                raise Broken(f"does not fit: something among lines 1 to {of_size} is not what was signed")
        except Broken as broken:
            yield f"checkpoint {number} {broken}"
        except LookupError as missing:
            yield f"checkpoint {number} cannot be worked out: {missing}"
    for number, witness, line in cosigned:
        try:
            key = read_key(witness, COSIGNATURE)
            signature = read_signature(line.removesuffix("\n"))
            if number not in texts or signed_by(Note(texts[number], (signature,)), key, fast_verify) is None:
                raise Broken("is of no checkpoint that is there")
        except Broken as broken:
            yield f"the cosignature of {witness.partition('+')[0]} on checkpoint {number} {broken}"


def _signed_here() -> Iterator[str]:
    folder = log_folder()
    try:
        key = folder.key()
        if key is not None:
            recover(folder, key)
    except (KeyTrouble, RolledBack) as trouble:
        yield str(trouble)
    except LookupError as missing:
        yield f"what was signed last cannot be worked out: {missing}"
