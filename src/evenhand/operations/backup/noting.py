"""Remember when the last backup and the last drill were, so that somebody is told when they are old."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from evenhand.operations.data_folder import data_folder
from evenhand.operations.database.finding import Finding

log = logging.getLogger("evenhand.backup")
BACKUP, DRILL = "backup", "drill"
SETTINGS = {BACKUP: ("EVENHAND_BACKUP_HOURS", 26.0), DRILL: ("EVENHAND_DRILL_HOURS", 24.0 * 100)}
SAID = {
    BACKUP: "`evenhand backup --out FOLDER` takes one",
    DRILL: "`evenhand restore --drill FOLDER` tries whether a backup can be brought back",
}


@dataclass(frozen=True)
class Age:
    """When one of the two was last done, and how old it may be; `at` is None when never."""

    what: str
    at: datetime | None
    allowed: timedelta

    def old(self, now: datetime) -> bool:
        """Is it time for another?"""
        return self.at is None or now - self.at > self.allowed


def note(environ: Mapping[str, str], what: str, *, now: datetime) -> None:
    """Write down that it was done now."""
    path = _path(data_folder(environ))
    kept = _read(path) | {what: now.astimezone(UTC).isoformat(timespec="seconds")}
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(kept) + "\n", encoding="ascii")
    draft.replace(path)


def ages(data: Path, environ: Mapping[str, str]) -> list[Age]:
    """Return when a backup and a drill were last done."""
    kept = _read(_path(data))
    found = []
    for what, (setting, hours) in SETTINGS.items():
        try:
            allowed = float(environ.get(setting, "") or hours)
            at = datetime.fromisoformat(kept[what]) if what in kept else None
        except ValueError:
            allowed, at = hours, None
        found.append(Age(what, at, timedelta(hours=allowed)))
    return found


def examine_backups(environ: Mapping[str, str], *, now: datetime) -> Iterator[Finding]:
    """Yield a finding for the last backup and one for the last drill."""
    for age in ages(data_folder(environ), environ):
        days = f"{(now - age.at).total_seconds() / 3600:.0f} hours old" if age.at else "never done"
        old = age.old(now)
        yield Finding(f"last {age.what}", not old, f"{days}: {SAID[age.what]}" if old else days)


def say_when_old(environ: Mapping[str, str], *, now: datetime) -> None:
    """Write a line into the log for each that is old; a demo has no backups and is left alone."""
    if environ.get("EVENHAND_MODE", "production") == "demo":
        return
    for finding in examine_backups(environ, now=now):
        if not finding.well:
            log.warning("%s: %s", finding.what, finding.said)


def _path(data: Path) -> Path:
    return data / "backups.json"


def _read(path: Path) -> dict[str, str]:
    try:
        kept = json.loads(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in kept.items()} if isinstance(kept, dict) else {}
