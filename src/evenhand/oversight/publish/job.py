"""Do the building that was asked for: freeze once, build, keep; what was killed begins again from what was frozen."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from evenhand.gate.entry import enter_house, now
from evenhand.gate.policy import pack as pack_of
from evenhand.oversight.publish import extract, keep
from evenhand.oversight.publish.build import Built, build
from evenhand.oversight.publish.compose import Edition
from evenhand.oversight.publish.frozen import Frozen
from evenhand.oversight.publish.plan import Plan, plan_release
from evenhand.oversight.publish.progress import Progress
from evenhand.oversight.publish.protect import Earlier
from evenhand.oversight.publish.trouble import NoRelease
from evenhand.records.release import StatisticalRelease

LOCK = 7_100_232
MOST_ATTEMPTS = 3
BETWEEN_SECONDS = 1.0


def waiting() -> bool:
    """Say whether a release is asked for and not built; inside an entry of the house."""
    return StatisticalRelease.objects.filter(state__in=["asked", "building"]).exists()


def build_next(heard: Callable[[Progress], None] = lambda _: None) -> str | None:
    """Build the release that was asked for first; returns its code, or None when there is none or another process builds.

    Freezing, building and keeping are three transactions: whatever kills the process between them, the next
    attempt takes the same frozen cells, or the release is still only asked for.
    """
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return None
    try:
        return _build_next(heard)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [LOCK])


def _build_next(heard: Callable[[Progress], None]) -> str | None:
    with enter_house():
        row = StatisticalRelease.objects.filter(state__in=["asked", "building"]).order_by("asked_at").first()
        if row is None:
            return None
        attempts = int(row.progress.get("attempts", 0)) + 1
        if attempts > MOST_ATTEMPTS:
            _fail(row.id, "the build ended again and again without saying why; see the log of the worker")
            return row.code
        _set(row.id, state="building", progress={"attempts": attempts})
        last = last_took(row.plan)
    progress = Progress(time.monotonic, last=last, heard=_teller(row.id, attempts, heard))
    try:
        _do(row, progress)
    except NoRelease as error:
        with enter_house():
            _fail(row.id, str(error))
    return row.code


def last_took(plan: str) -> dict[str, float]:
    """Return how long each step of the last build of the same kind took; inside an entry of the house."""
    rows = StatisticalRelease.objects.filter(plan__startswith=f"{plan.split('-', maxsplit=1)[0]}-").exclude(
        built_at=None
    )
    found: dict[str, float] | None = rows.order_by("-built_at").values_list("took", flat=True).first()
    return found or {}


def _do(row: StatisticalRelease, progress: Progress) -> None:
    progress.step("freeze")
    with enter_house():
        plan = replace(planned(row.plan, row.pack), name=row.code)
        frozen = keep.frozen_of(row)
        if frozen is None:
            moment = now()
            with transaction.atomic():
                frozen = extract.freeze(plan)
                row.extract_hash = keep.keep_frozen(row.id, frozen, plan, moment.date())
                _set(
                    row.id,
                    extract_hash=row.extract_hash,
                    policy_hash=_policy_hash(row.pack),
                    title=plan.title,
                )
        earlier = keep.earlier_than(row, plan)
        edition = Edition(row.code, row.extract_hash, row.edition, _revisions(row))
    built = build(plan, frozen, earlier, edition, progress=progress)
    progress.step("keep")
    with enter_house():
        _keep(row.id, plan, frozen, built, now())
    progress.done()
    with enter_house():
        _set(row.id, took=progress.took, progress={})


def _keep(number: UUID, plan: Plan, frozen: Frozen, built: Built, moment: datetime) -> None:
    with transaction.atomic():
        keep.keep_files(number, built.files)
        keep.keep_counts(number, {p.table.name: frozen.counts(plan, p) for p in plan.tables})
        _set(
            number,
            state="waiting",
            title=plan.title,
            built_at=moment,
            files_hash=keep.files_hash(built.files),
            account={
                "cells": built.cells,
                "withheld": built.withheld,
                "forced": built.forced,
                "proved": built.proved,
            },
        )


def build_apart(
    name: str, pack_code: str | None, *, heard: Callable[[Progress], None]
) -> tuple[Plan, Built, list[Earlier], Progress]:
    """Build a release from the records without keeping anything: for an operator's own folder.

    returns   the progress too, in its last step: writing the folder is the caller's
    """
    with enter_house():
        progress = Progress(time.monotonic, last=last_took(name), heard=heard)
    progress.step("freeze")
    with enter_house():
        plan = planned(name, pack_code)
        frozen = extract.freeze(plan)
        earlier = keep.earlier_than(None, plan)
        today = now().date()
    revisions = (("1", today.isoformat(), "Built for a folder; not put forward to be signed"),)
    edition = Edition(name, keep.salted(frozen, keep.fresh_salt()), 1, revisions)
    built = build(plan, frozen, earlier, edition, progress=progress)
    progress.step("keep")
    return plan, built, earlier, progress


def planned(name: str, pack_code: str | None) -> Plan:
    """Return the plan of a release over the areas and years there are; inside an entry of the house."""
    pack = pack_of(pack_code)
    areas, regions = extract.areas(), extract.regions()
    once = plan_release(name, pack, areas)
    first = extract.first_year(pack, once.period.ends_month)
    return plan_release(name, pack, areas, regions=regions, first_year=first)


def _revisions(row: StatisticalRelease) -> tuple[tuple[str, str, str], ...]:
    rows = StatisticalRelease.objects.filter(plan=row.plan, state="signed").order_by("edition")
    return tuple((str(r.edition), r.asked_at.date().isoformat(), r.reason) for r in [*rows, row])


def _policy_hash(code: str) -> str:
    plain = json.dumps(pack_of(code).release, sort_keys=True, default=str)
    return hashlib.sha256(plain.encode()).hexdigest()


def _teller(number: UUID, attempts: int, heard: Callable[[Progress], None]) -> Callable[[Progress], None]:
    last = -BETWEEN_SECONDS

    def tell(progress: Progress) -> None:
        nonlocal last
        heard(progress)
        if not connection.in_atomic_block and time.monotonic() - last >= BETWEEN_SECONDS:
            last = time.monotonic()
            with enter_house():
                _set(number, progress={**progress.to_json(), "attempts": attempts})

    return tell


def _fail(number: UUID, why: str) -> None:
    _set(number, state="failed", failure=" ".join(why.split())[:500], progress={})


def _set(number: UUID, **columns: object) -> None:
    StatisticalRelease.objects.filter(id=number).update(**columns)
