"""Read what the policy says about the watch: what is counted, how often it may cry wolf, and what never alarms."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from evenhand.kernels.policy import Pack

SERIES = "hate_incidents"
BASES = ("recorded", "reported", "occurred")


class NotWatched(Exception):
    """The pack says nothing about watching hate incidents."""


@dataclass(frozen=True)
class WatchPolicy:
    """The settings of the watch, all from `watch.toml`.

    basis            the day that is counted: recorded, reported or occurred
    strands          codes of the series in each area: "all", the strands, "religion." and the religions
    false_per_week   false alarms a week that are borne
    """

    basis: str
    strands: tuple[str, ...]
    false_per_week: float
    least_count: int
    windows: tuple[int, ...]
    quiet_days: int
    warm_up_days: int
    history_days: int
    late_days: int
    provisional_days: int
    most_leniency: float
    weekly_alpha: float
    years_back: int
    drift_limit: float
    drift_days: int
    cluster_alpha: float
    cluster_worlds: int
    cluster_days: int
    cluster_areas: int
    late_alpha: float
    sources: Mapping[str, str]

    def as_data(self) -> dict[str, object]:
        """Return the settings as they are kept beside each alarm."""
        return asdict(self) | {"windows": list(self.windows), "strands": list(self.strands)}

    @property
    def mark(self) -> str:
        """Return a hash of the settings: alarms of one mark were judged alike."""
        return hashlib.sha256(json.dumps(self.as_data(), sort_keys=True).encode()).hexdigest()


def watch_policy(pack: Pack) -> WatchPolicy:
    """Return the settings in force; raises NotWatched."""
    series = _entry(pack, "series", SERIES)
    spike, weekly, drift, cluster, late = (
        _entry(pack, "alarm", code) for code in ("spike", "weekly", "drift", "cluster", "late")
    )
    strands = ["all"]
    by = series.get("by", [])
    if isinstance(by, list) and "strand" in by and "strands" in pack.lists:
        strands += [c for c in pack.lists["strands"].codes if not pack.lists["strands"].codes[c].is_rollup]
    if isinstance(by, list) and "religion" in by and "religions" in pack.lists:
        strands += [f"religion.{c}" for c in pack.lists["religions"].codes]
    basis = str(series.get("event", "recorded"))
    windows = spike.get("windows", [1, 7])
    cluster_windows = cluster.get("windows", [7])
    return WatchPolicy(
        basis=basis if basis in BASES else "recorded",
        strands=tuple(strands),
        false_per_week=_number(spike, "false_per_week", 0.3),
        least_count=int(_number(spike, "least_count", 5)),
        windows=tuple(int(w) for w in windows) if isinstance(windows, list) else (1, 7),
        quiet_days=int(_number(spike, "quiet_days", 7)),
        warm_up_days=int(_number(spike, "warm_up_days", 120)),
        history_days=int(_number(spike, "history_days", 1826)),
        late_days=int(_number(spike, "late_days", 28)),
        provisional_days=int(_number(spike, "provisional_days", 3)),
        most_leniency=max(1.0, _number(spike, "most_leniency", 1.0)),
        weekly_alpha=1.0 / max(2.0, _number(weekly, "one_in", 200)),
        years_back=int(_number(weekly, "years_back", 3)),
        drift_limit=_number(drift, "limit", 7.0),
        drift_days=int(_number(drift, "look_back_days", 90)),
        cluster_alpha=1.0 / max(2.0, _number(cluster, "one_in", 500)),
        cluster_worlds=int(_number(cluster, "worlds", 499)),
        cluster_days=max(int(w) for w in cluster_windows) if isinstance(cluster_windows, list) else 7,
        cluster_areas=int(_number(cluster, "most_areas", 6)),
        late_alpha=1.0 / max(2.0, _number(late, "one_in", 1000)),
        sources={
            code: str(entry.get("source", ""))
            for code, entry in (("daily", spike), ("weekly", weekly), ("drift", drift), ("cluster", cluster), ("late", late))
        },
    )  # fmt: skip


def _entry(pack: Pack, section: str, code: str) -> Mapping[str, object]:
    found = pack.watch.get(section, [])
    for entry in found if isinstance(found, list) else []:
        if isinstance(entry, dict) and entry.get("code") == code:
            return entry
    if section == "series":
        raise NotWatched(f"the pack {pack.code} does not watch {code!r}")
    return {}


def _number(entry: Mapping[str, object], key: str, otherwise: float) -> float:
    value = entry.get(key, otherwise)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
