"""Write a first migration in which each table comes whole, after those that it points to."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import makemigrations
from django.db.migrations import AddConstraint, AddField, AddIndex, CreateModel, Migration
from django.db.migrations.operations.base import Operation


class Command(makemigrations.Command):
    """`makemigrations`; Django works out the whole schema anew for every operation that is no table.

    It makes most tables of a first migration without their relations, indexes and constraints, and each of these is
    an operation of its own: half a minute at the first start of every instance.
    """

    def write_migration_files(self, changes: dict[str, list[Migration]], *others: Any, **more: Any) -> None:
        """Write the files, the operations of first migrations folded."""
        for migrations in changes.values():
            for migration in migrations:
                if migration.initial:
                    migration.operations = folded(list(migration.operations))  # type: ignore[misc]  # Django reads this one's own
        super().write_migration_files(changes, *others, **more)


def folded(operations: list[Operation]) -> list[Operation]:
    """Return operations that come to the same, with as much in each table's own as can be.

    What closes a ring of tables stays by itself at the end, and so does what stands over such a relation.
    """
    tables = {one.name_lower: one for one in operations if isinstance(one, CreateModel)}
    relations = [one for one in operations if isinstance(one, AddField) and one.model_name_lower in tables]
    over = [
        one
        for one in operations
        if isinstance(one, AddIndex | AddConstraint) and one.model_name_lower in tables
    ]
    others = [one for one in operations if one not in [*tables.values(), *relations, *over]]
    points_to: dict[str, set[str]] = {name: set() for name in tables}
    for name, table in tables.items():
        points_to[name] |= {to for _, field in table.fields if (to := _points_to(field)) in tables} - {name}
    for relation in relations:
        if (to := _points_to(relation.field)) in tables and to != relation.model_name_lower:
            points_to[relation.model_name_lower].add(to)
    place = {name: number for number, name in enumerate(_in_order(points_to))}
    alone = []
    for relation in relations:
        table = tables[relation.model_name_lower]
        to = _points_to(relation.field)
        if to in tables and place[to] > place[table.name_lower]:
            alone.append(relation)
        else:
            table.fields.append((relation.name, relation.field))
    waiting = {relation.model_name_lower for relation in alone}
    for one in over:
        table = tables[one.model_name_lower]
        if table.name_lower in waiting:
            others.append(one)
        elif isinstance(one, AddIndex):
            table.options.setdefault("indexes", []).append(one.index)
        else:
            table.options.setdefault("constraints", []).append(one.constraint)
    return [*sorted(tables.values(), key=lambda table: place[table.name_lower]), *alone, *others]


def _points_to(field: Any) -> str:
    """Return the name of the table that a relation points to, as a first migration knows it; "" of other fields."""
    to = getattr(getattr(field, "remote_field", None), "model", "")
    return str(to if isinstance(to, str) else to._meta.model_name).rpartition(".")[2].lower()


def _in_order(points_to: dict[str, set[str]]) -> list[str]:
    """Return the names so that each comes after those it points to; a ring is cut where it closes."""
    found: list[str] = []
    begun: set[str] = set()

    def go(name: str) -> None:
        if name not in begun:
            begun.add(name)
            for other in sorted(points_to[name]):
                go(other)
            found.append(name)

    for name in points_to:
        go(name)
    return found
