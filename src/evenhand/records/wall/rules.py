"""Tell the wall what it must know of the policy: who may be shown what at which place, and where the firewall stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from psycopg import Connection

from evenhand.kernels.policy import Journey, Pack

Row = tuple[object, ...]


def fill(connection: Connection[Row], packs: Iterable[Pack]) -> None:
    """Put the rules of these packs in place of the last ones; editions that are gone stay, because cases may stand under them."""
    known = list(packs)
    with connection.transaction(), connection.cursor() as cursor:
        for pack in known:
            for journey in _editions(pack):
                key = (pack.code, journey.code, journey.edition)
                cursor.execute(
                    "delete from wall.shown where pack = %s and journey = %s and edition = %s", key
                )
                cursor.executemany(
                    "insert into wall.shown values (%s, %s, %s, %s, %s, %s)", shown(pack, journey)
                )
                handler = journey.handler[0] if journey.handler else ""
                cursor.execute(
                    "insert into wall.journey values (%s, %s, %s, %s, %s, %s) on conflict (pack, journey, edition)"
                    " do update set apart = excluded.apart, handler_role = excluded.handler_role, earlier_at = excluded.earlier_at",
                    [*key, journey.apart, handler, earlier_at(pack, journey)],
                )
        cursor.execute("delete from wall.side")
        cursor.executemany(
            "insert into wall.side values (%s, %s) on conflict do nothing",
            [(role.code, role.apart) for pack in known for role in pack.roles.values() if role.apart],
        )
        cursor.execute("delete from wall.protector")
        cursor.executemany(
            "insert into wall.protector values (%s) on conflict do nothing",
            [(role.code,) for pack in known for role in pack.roles.values() if role.protects_data],
        )


def shown(pack: Pack, journey: Journey) -> list[Row]:
    """Return (pack, journey, edition, place, part, role) for everything that a journey shows."""
    return sorted(
        {
            (pack.code, journey.code, journey.edition, place.code, part, role)
            for place in journey.places.values()
            for part, holdings in place.see.items()
            for role, _ in holdings
        }
    )


def earlier_at(pack: Pack, journey: Journey) -> list[str]:
    """Return the places at which a decision speaks to earlier closed cases, so that whoever is on the file may know of them."""
    asking = [s for s in journey.steps.values() if "cumulative_addressed" in pack.forms[s.form].supplies()]
    return sorted({place for step in asking for place in journey.departures(step) if place in journey.places})


def _editions(pack: Pack) -> Iterator[Journey]:
    for editions in pack.editions.values():
        yield from editions
