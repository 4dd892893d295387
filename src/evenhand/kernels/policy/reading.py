"""Read a pack's folder into its roles, lists, clocks and documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from evenhand.kernels.policy.form import Form
from evenhand.kernels.policy.journey import PARTS, Journey
from evenhand.kernels.policy.pack import (
    BASES,
    SOURCES,
    Binding,
    Clock,
    ClockValue,
    Code,
    CodeList,
    Counts,
    Pack,
    Regime,
    Role,
)
from evenhand.kernels.policy.reading_forms import read_form
from evenhand.kernels.policy.reading_journeys import read_holding, read_journey
from evenhand.kernels.policy.spelling import nearest
from evenhand.kernels.policy.tables import Faults, Table, read_file
from evenhand.kernels.policy.working_time import UNITS, Calendar

T = TypeVar("T", Form, CodeList)

DOCUMENTS = ("sharing", "retention", "disclosure", "watch", "release", "incidents")
KNOWN_FILES = frozenset({"pack.toml", "clocks.toml", *(f"{name}.toml" for name in DOCUMENTS)})
KNOWN_FOLDERS = frozenset({"codes", "forms", "journeys", "steps", "translations"})


@dataclass
class Draft:
    """A pack as far as it could be read."""

    pack: Pack | None
    faults: Faults = field(default_factory=Faults)


def read_pack(folder: Path) -> Draft:
    """Read every file of a pack, keeping what is wrong; checks between files come after."""
    faults = Faults()
    main_file = folder / "pack.toml"
    if not main_file.is_file():
        faults.add("pack.toml", "file", f"is missing: {folder.name} is no policy pack without it")
        return Draft(None, faults)
    main = read_file(main_file, folder, faults)
    _strangers(folder, faults)
    lists = _by_code([_read_list(t) for t in _folder(folder, "codes", faults)], "code list", faults)
    clocks = _read_clocks(folder, faults)
    forms = _by_code([(t.file, read_form(t)) for t in _folder(folder, "forms", faults)], "form", faults)
    shared = {Path(t.file).stem: t for t in _folder(folder, "steps", faults)}
    journeys = [read_journey(_including(t, shared)) for t in _folder(folder, "journeys", faults)]
    documents = {name: _document(folder, name, faults) for name in DOCUMENTS}
    translations = {
        Path(t.file).stem: {key: t.text(key) for key in t.raw}
        for t in _folder(folder, "translations", faults)
    }
    if main is None:
        return Draft(None, faults)
    pack = _read_main(
        main,
        folder,
        lists=lists,
        clocks=clocks,
        forms=forms,
        journeys=journeys,
        translations=translations,
        documents=documents,
    )
    return Draft(pack, faults)


def _read_main(
    main: Table,
    folder: Path,
    *,
    lists: Mapping[str, CodeList],
    clocks: Mapping[str, Clock],
    forms: Mapping[str, Form],
    journeys: list[Journey],
    translations: Mapping[str, Mapping[str, str]],
    documents: Mapping[str, Mapping[str, object]],
) -> Pack:
    code = main.text("code")
    if code and code != folder.name:
        main.fault(f"is {code!r}, but the folder is called {folder.name!r}: they must be the same", "code")
    editions: dict[str, list[Journey]] = {}
    for journey in journeys:
        editions.setdefault(journey.code, []).append(journey)
    languages = main.texts("languages")
    if not languages:
        main.fault("lacks 'languages'; the first is the one the pack is written in")
    for language in translations:
        if language not in languages:
            main.fault(f"does not name {language!r}, which has a file in translations/", "languages")
    counts = main.table("counts")
    pack = Pack(
        code=code,
        title=main.text("title"),
        source=main.text("source"),
        regimes=tuple(_read_regime(t) for t in main.tables("regime")),
        languages=languages,
        calendar=_read_calendar(main.table("calendar")),
        counts=Counts(counts.whole("threshold", least=1), counts.whole("round_to", least=1)),
        roles=MappingProxyType({name: _read_role(name, t) for name, t in main.named("role")}),
        bindings=MappingProxyType({name: _read_binding(name, t) for name, t in main.named("binding")}),
        lists=lists,
        clocks=clocks,
        forms=forms,
        editions=MappingProxyType(
            {c: tuple(sorted(found, key=lambda j: j.effective_from)) for c, found in sorted(editions.items())}
        ),
        translations=MappingProxyType(dict(translations)),
        **documents,
    )
    counts.done()
    main.done()
    return pack


def _read_regime(table: Table) -> Regime:
    regime = Regime(table.text("title"), table.text("text"), table.text("source"))
    table.done()
    return regime


def _read_role(name: str, table: Table) -> Role:
    role = Role(
        name,
        table.text("label"),
        table.texts("bindings"),
        table.text("explain", ""),
        table.text("apart", ""),
        table.flag("protects_data", False),
    )
    if not role.bindings:
        table.fault("lacks 'bindings': say at whose agency the role is held")
    table.done()
    return role


def _read_binding(name: str, table: Table) -> Binding:
    binding = Binding(
        name,
        table.one_of("from", SOURCES),
        table.text("label"),
        table.optional("of"),
        table.flag("several", False),
    )
    if (binding.source == "named.force") != (binding.of is not None):
        table.fault(
            "'of' names the binding whose force is meant, and belongs to from = \"named.force\" alone"
        )
    table.done()
    return binding


def _read_calendar(table: Table) -> Calendar:
    zone = table.text("zone")
    try:
        ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        table.fault(f"{zone!r} is no time zone", "zone")
        zone = "UTC"
    country, subdivision = table.text("country"), table.text("subdivision", "")
    known = holidays.list_supported_countries()
    if country not in known or (subdivision and subdivision not in known[country]):
        table.fault(f"no bank holidays are known for {country} {subdivision}".strip(), "country")
        country, subdivision = "GB", "ENG"
    hour = table.text("cut_off")
    try:
        cut_off = time.fromisoformat(hour)
    except ValueError:
        table.fault("must be an hour written 17:00", "cut_off")
        cut_off = time(17)
    calendar = Calendar(
        zone=zone or "UTC",
        country=country,
        subdivision=subdivision,
        cut_off=cut_off,
        closed=_days(table, "closed"),
        opened=_days(table, "opened"),
    )
    table.done()
    return calendar


def _days(table: Table, key: str) -> frozenset[date]:
    table.read[key] = None
    raw = table.raw.get(key, [])
    if not isinstance(raw, list) or not all(type(day) is date for day in raw):
        table.fault("must be a list of dates", key)
        return frozenset()
    return frozenset(raw)


def _read_list(table: Table) -> tuple[str, CodeList]:
    codes: dict[str, Code] = {}
    for entry in table.tables("codes"):
        code = Code(
            entry.text("code"),
            entry.text("label"),
            entry.day("from"),
            entry.day("to"),
            entry.optional("rollup"),
            entry.flag("is_rollup", False),
            entry.text("note", ""),
        )
        entry.done()
        if code.code in codes:
            table.fault(f"the code {code.code!r} stands twice in this list")
        if code.effective_from and code.effective_to and code.effective_to < code.effective_from:
            entry.fault("ends before it begins", "to")
        codes[code.code] = code
    for code in codes.values():
        if code.rollup and (code.rollup not in codes or not codes[code.rollup].is_rollup):
            table.fault(f"{code.code!r} is counted under {code.rollup!r}, which is no rollup of this list")
    found = CodeList(
        table.text("code"),
        table.text("label"),
        table.text("source"),
        table.one_of("basis", BASES),
        MappingProxyType(codes),
    )
    if not codes:
        table.fault("holds no codes")
    table.done()
    return table.file, found


def _read_clocks(folder: Path, faults: Faults) -> Mapping[str, Clock]:
    path = folder / "clocks.toml"
    table = read_file(path, folder, faults) if path.is_file() else None
    clocks = {}
    for name, entry in table.named("clock") if table else ():
        owner = entry.optional("owner")
        values = []
        for value in entry.tables("value"):
            values.append(
                ClockValue(
                    value.whole("value", least=0),
                    value.one_of("unit", UNITS),
                    value.one_of("basis", BASES),
                    value.text("source"),
                    value.day("from") or _missing_day(value),
                    value.day("to"),
                    value.optional("when"),
                )
            )
            value.done()
        if not values:
            entry.fault("lacks a value: [[clock.NAME.value]]")
        clocks[name] = Clock(
            name,
            entry.text("label"),
            entry.one_of("part", PARTS, "file"),
            read_holding(owner, entry, "owner") if owner else None,
            tuple(values),
        )
        entry.done()
    if table:
        table.done()
    return MappingProxyType(clocks)


def _missing_day(table: Table) -> date:
    table.fault("lacks 'from', the day since when the value holds")
    return date.min


def _document(folder: Path, name: str, faults: Faults) -> Mapping[str, object]:
    path = folder / f"{name}.toml"
    table = read_file(path, folder, faults) if path.is_file() else None
    return MappingProxyType(table.raw if table else {})


def _including(journey: Table, shared: Mapping[str, Table]) -> Table:
    """Return a journey's file with the steps that it shares with other journeys."""
    steps = journey.raw.get("step")
    together = dict(steps) if isinstance(steps, dict) else {}
    for name in journey.texts("include"):
        if name not in shared:
            journey.fault(f"no file of steps/ is called {name!r}{nearest(name, shared)}", "include")
            continue
        theirs = shared[name].raw.get("step")
        for code, step in theirs.items() if isinstance(theirs, dict) else ():
            if code in together:
                journey.fault(f"has a step {code!r} of its own, which steps/{name}.toml has too", "include")
            together[code] = step
    journey.raw["step"] = together
    return journey


def _folder(folder: Path, name: str, faults: Faults) -> list[Table]:
    found = [read_file(path, folder, faults) for path in sorted((folder / name).glob("*.toml"))]
    return [table for table in found if table is not None]


def _strangers(folder: Path, faults: Faults) -> None:
    for path in sorted(folder.iterdir()):
        known = path.name in (KNOWN_FOLDERS if path.is_dir() else KNOWN_FILES)
        if not known and not path.name.startswith((".", "__")) and path.suffix != ".md":
            faults.add(path.name, "file", "is no file or folder that a pack has")


def _by_code(found: list[tuple[str, T]], what: str, faults: Faults) -> Mapping[str, T]:
    kept: dict[str, T] = {}
    for file, item in found:
        code = str(getattr(item, "code", ""))
        if code in kept:
            faults.add(file, "code", f"there is another {what} called {code!r}")
        kept[code] = item
    return MappingProxyType(kept)
