"""What the daily watch remembers from one day to the next: plain arrays with a version, nothing else."""

from __future__ import annotations

import io
import json
import zipfile
from copy import deepcopy
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from evenhand.kernels.aberration.counts import number_in, whole_number
from evenhand.kernels.aberration.refusals import WrongOption

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

VERSION = 1
SEASON_BINS = 73
LONGEST_GUARD = 3660


@dataclass(frozen=True)
class DailyOptions:
    """How the daily watch works; the defaults were chosen on real days before 2012.

    windows            lengths of the windows ending today, rising                              [days]
    guard              latest days that the expectation does not look at; at least the longest window     [days]
    false_per_week     false alarms a week to be borne over all series together
    family             false-discovery rate among the parts of a series that is itself in alarm
    min_count          events in the window below which there is never an alarm
    quiet_days         days without exceedance after which an episode has ended                 [days]
    warm_up            days before the first judgement                                          [days]
    fast, slow         half-lives of the two levels                                             [days]
    shared             half-life of what a strand's series learn together                       [days]
    prior_events       events' worth of trust in the slow level when the fast one is found
    strange            p-value below which a series' days, quiet_days from then on, count less for its expectation;
                       it looks at the series alone, so that its expectation does not depend on its neighbours' alarms
    strange_weight     the share at which such a day counts
    silent_after       events expected since the last one after which a series counts as not reporting
    """

    windows: tuple[int, ...] = (1, 2, 3, 5, 7, 10, 14, 21, 28)
    guard: int = 35
    false_per_week: float = 0.3
    family: float = 0.015
    min_count: int = 3
    quiet_days: int = 7
    warm_up: int = 365
    fast: float = 90.0
    slow: float = 1095.0
    shared: float = 1461.0
    prior_events: float = 20.0
    strange: float = 0.0001
    strange_weight: float = 0.2
    silent_after: float = 14.0

    def __post_init__(self) -> None:
        """Refuse settings that make no sense, by name."""
        if not isinstance(self.windows, tuple) or not self.windows:
            raise WrongOption(f"windows={self.windows!r}: must be rising whole numbers, 1 or more")
        for length in self.windows:
            whole_number("windows", length, 1, LONGEST_GUARD)
        if list(self.windows) != sorted(set(self.windows)):
            raise WrongOption(f"windows={self.windows!r}: must be rising whole numbers, 1 or more")
        # The expectation must not look at days that a window judges.
        whole_number("guard", self.guard, max(35, self.windows[-1]), LONGEST_GUARD)
        number_in("false_per_week", self.false_per_week, 0.0, 7.0, high_too=True)
        number_in("family", self.family, 0.0, 1.0)
        for name in ("strange", "strange_weight"):
            number_in(name, getattr(self, name), 0.0, 1.0, low_too=True, high_too=True)
        for name in ("min_count", "quiet_days", "warm_up"):
            whole_number(name, getattr(self, name), 1)
        for name in ("fast", "slow", "shared", "prior_events", "silent_after"):
            number_in(name, getattr(self, name), 0.0)


@dataclass
class DailyState:
    """The memory of the daily watch after `day`; N series, K strands, W windows, G guarded days, E kinds of event.

    Whoever holds it can go on with the next day and gets what a run from the beginning would give, to the bit.
    """

    options: DailyOptions
    day: np.datetime64
    days_seen: int
    strand: Whole  # (N,) strand of each series
    parent: Whole  # (N,) series that contains it, -1 for none
    recent: Floats  # (G, N) counts of the guarded days, newest last
    factors: Floats  # (G, K) shared factor of those days, newest last
    kinds: Whole  # (G, 3) weekday, season bin and event of those days
    weights: Floats  # (G, N) share at which those days will count
    fast: Floats  # (2, N) decayed events and exposure
    slow: Floats  # (2, N)
    weekday: Floats  # (2, K, 7) decayed events seen and expected
    season: Floats  # (2, K, SEASON_BINS)
    event: Floats  # (2, K, E)
    squares: Floats  # (6, K, W) decayed sums behind the dispersion
    unseen: Floats  # (N,) events expected since the last one
    strange: Whole  # (N,) last day, as day number, on which the series alone looked strange
    episode: Whole  # (3, N) first day, last day of exceedance (as day numbers), -1 outside; and onset day

    def dump(self) -> bytes:
        """Return the state as bytes of a NumPy archive without code in it."""
        file = io.BytesIO()
        about = {"version": VERSION, "options": asdict(self.options), "days_seen": self.days_seen}
        arrays = {name: value for name, value in vars(self).items() if isinstance(value, np.ndarray)}
        arrays |= {"about": np.array(json.dumps(about)), "day": np.array(self.day)}
        with zipfile.ZipFile(file, "w") as archive:
            for name, value in arrays.items():
                with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w") as entry:
                    np.lib.format.write_array(entry, value, allow_pickle=False)
        return file.getvalue()


def load_state(content: bytes) -> DailyState:
    """Return the state that `dump` wrote.

    raises   WrongOption, when the bytes are of another version or no state at all
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            about = json.loads(str(archive["about"]))
            if about["version"] != VERSION:
                raise WrongOption(
                    f"the state has version {about['version']}; this program reads version {VERSION}"
                )
            options = DailyOptions(**(about["options"] | {"windows": tuple(about["options"]["windows"])}))
            arrays = {name: archive[name] for name in archive.files if name not in {"about", "day"}}
            return DailyState(options=options, day=archive["day"][()], days_seen=about["days_seen"], **arrays)
    except (KeyError, ValueError, OSError, TypeError) as error:
        if isinstance(error, WrongOption):
            raise
        raise WrongOption(f"these bytes are not a state of the daily watch: {error}") from error


def copied(state: DailyState) -> DailyState:
    """Return a state that shares no memory with this one."""
    return deepcopy(state)


def new_state(
    options: DailyOptions, strand: Whole, parent: Whole, events: int, before: np.datetime64
) -> DailyState:
    """Return the memory of a watch that has seen nothing yet; `before` is the day before its first."""
    series, strands, guard = len(strand), int(strand.max()) + 1, options.guard
    return DailyState(
        options=options, day=before, days_seen=0, strand=strand.copy(), parent=parent.copy(),
        recent=np.zeros((guard, series)), factors=np.ones((guard, strands)), kinds=np.zeros((guard, 3), dtype=np.int64),
        weights=np.zeros((guard, series)), fast=np.zeros((2, series)), slow=np.zeros((2, series)),
        weekday=np.zeros((2, strands, 7)), season=np.zeros((2, strands, SEASON_BINS)),
        event=np.zeros((2, strands, events)), squares=np.zeros((6, strands, len(options.windows))),
        unseen=np.zeros(series), strange=np.full(series, -(10**6)), episode=np.full((3, series), -1, dtype=np.int64),
    )  # fmt: skip
