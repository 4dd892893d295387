"""Read TOML tables key by key, keeping every fault and every key that nobody knows."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from evenhand.kernels.policy.pack import Problem
from evenhand.kernels.policy.spelling import nearest

SUMMING = re.compile(
    r"(^|_)(scores?|scoring|weights?|weighted|sums?|totals?|points?|ranks?|ranking|ratings?|risk_level|severity)(_|$)"
)


class Faults:
    """The problems found so far in one pack."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, file: str, where: str, sentence: str) -> None:
        """Keep one problem, once."""
        problem = Problem(file, where, sentence)
        if problem not in self.found:
            self.found.append(problem)


class Table:
    """One table of a file; each reading notes its key, and `done` reports the keys nobody read."""

    def __init__(self, raw: dict[str, object], file: str, where: str, faults: Faults) -> None:
        self.raw = raw
        self.file = file
        self.where = where
        self.faults = faults
        self.read: dict[str, None] = {}

    def fault(self, sentence: str, key: str | None = None) -> None:
        """Report a problem at this table or one of its keys."""
        self.faults.add(
            self.file, f"{self.where}.{key}" if key and self.where else key or self.where or "file", sentence
        )

    def has(self, key: str) -> bool:
        """Say whether a key is there."""
        return key in self.raw

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without a default it must be there and not be empty."""
        value = self._take(key)
        if value is None:
            if default is None:
                self.fault(f"lacks {key!r}")
            return default or ""
        if not isinstance(value, str) or (default is None and not value.strip()):
            self.fault("must be a text in quotes that is not empty", key)
            return default or ""
        return value.strip()

    def optional(self, key: str) -> str | None:
        """Return a text, or None when it is not there."""
        return self.text(key, "") or None

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fault("must be true or false", key)
            return default
        return value

    def whole(self, key: str, default: int | None = None, *, least: int = 0) -> int:
        """Return a whole number."""
        value = self._take(key)
        if value is None:
            if default is None:
                self.fault(f"lacks {key!r}")
            return default or 0
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            self.fault(f"must be a whole number, {least} or more", key)
            return default or 0
        return value

    def day(self, key: str) -> date | None:
        """Return a date, or None when it is not there."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            self.fault("must be a date written 2026-04-01, without quotes", key)
            return None
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; one text alone counts as a list of one."""
        value = self._take(key)
        if value is None:
            return ()
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fault("must be a list of texts", key)
            return ()
        doubled = sorted({item for item in value if value.count(item) > 1})
        if doubled:
            self.fault(f"names {', '.join(doubled)} twice", key)
        return tuple(value)

    def one_of(self, key: str, known: Sequence[str], default: str | None = None) -> str:
        """Return a text that is one of those known."""
        value = self.text(key, default)
        if value and value not in known:
            self.fault(f"{value!r} is none of {', '.join(known)}{nearest(value, known)}", key)
            return default or known[0]
        return value

    def table(self, key: str) -> Table:
        """Return a table inside; an empty one when it is not there."""
        value = self._take(key)
        if value is not None and not isinstance(value, dict):
            self.fault("must be a table", key)
            value = None
        return Table(value or {}, self.file, f"{self.where}.{key}" if self.where else key, self.faults)

    def tables(self, key: str) -> Iterator[Table]:
        """Yield the tables of a list."""
        value = self._take(key)
        if value is None:
            return
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.fault("must be a list of tables", key)
            return
        for number, item in enumerate(value, 1):
            name = item.get("code") or item.get("name")
            mark = name if isinstance(name, str) else str(number)
            yield Table(
                item,
                self.file,
                f"{self.where}.{key}[{mark}]" if self.where else f"{key}[{mark}]",
                self.faults,
            )

    def named(self, key: str) -> Iterator[tuple[str, Table]]:
        """Yield (name, table) of a table of tables."""
        inside = self.table(key)
        for name in inside.raw:
            yield name, inside.table(name)

    def done(self) -> None:
        """Report every key that was not read."""
        for key in self.raw:
            if key in self.read:
                continue
            if SUMMING.search(key):
                self.fault(
                    "would sum, score, weigh or rank answers about a person, and nothing here may", key
                )
            else:
                self.fault(f"is no key that is known here{nearest(key, self.read)}", key)

    def _take(self, key: str) -> object:
        self.read[key] = None
        return self.raw.get(key)


def read_file(path: Path, folder: Path, faults: Faults) -> Table | None:
    """Read one TOML file; a file that cannot be read is a problem and None."""
    name = path.relative_to(folder).as_posix()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        faults.add(name, "file", f"is not TOML: {fault}")
        return None
    except OSError as fault:
        faults.add(name, "file", f"cannot be read: {fault.strerror}")
        return None
    return Table(raw, name, "", faults)
