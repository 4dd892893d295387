"""Say how far a build is, and how long it may still take, judged by the last build of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

STEPS = ("freeze", "protect", "write", "verify", "keep")
WIDTH = 16


@dataclass
class Progress:
    """Where a build stands.

    clock    seconds that only go forward
    last     how long each step took in the last build of the same release; empty when there was none
    heard    called after every change
    """

    clock: Callable[[], float]
    last: Mapping[str, float] = field(default_factory=dict)
    heard: Callable[[Progress], None] = lambda _: None
    at: str = ""
    said: str = ""
    took: dict[str, float] = field(default_factory=dict)
    _began: float = 0.0

    def __post_init__(self) -> None:
        self.last = self.last if all(step in self.last for step in STEPS) else {}

    def step(self, name: str) -> None:
        """One step is over, and the next begins."""
        self._close()
        self.at, self.said, self._began = name, "", self.clock()
        self.heard(self)

    def tell(self, message: str) -> None:
        """Something happened within the step."""
        self.said = message
        self.heard(self)

    def done(self) -> None:
        """The last step is over."""
        self._close()
        self.at = ""
        self.heard(self)

    @property
    def number(self) -> int:
        """Return which step it is, the first being 1; after the last, one more than there are."""
        return STEPS.index(self.at) + 1 if self.at else len(STEPS) + 1

    def seconds_left(self) -> float | None:
        """Return how long it may still take; None, when no earlier build says anything about it.

        What is left of this step is what it took last time less what it has taken, and never less than
        nothing; a build that is slower so far is taken to stay as much slower.
        """
        if not self.at or not self.last:
            return None
        spent = self.clock() - self._began
        before = sum(self.last[step] for step in self.took)
        slower = max(1.0, sum(self.took.values()) / before) if before > 0 else 1.0
        rest = sum(self.last[step] for step in STEPS[self.number :])
        return slower * (rest + max(0.0, self.last[self.at] - spent))

    def left(self) -> str:
        """Return in words how long it may still take: never a number that nothing stands behind."""
        seconds = self.seconds_left()
        if not self.at:
            return ""
        if seconds is None:
            return "how long is not known: no such release was built here before"
        if self.clock() - self._began > self.last[self.at]:
            return f"this step takes longer than last time; at least {seconds:.0f} s left"
        return f"about {seconds:.0f} s left, as last time"

    def share(self) -> float:
        """Return how much is done, from 0 to 1: by time where an earlier build says how long, else by whole steps."""
        left = self.seconds_left()
        if left is None:
            return (self.number - 1) / len(STEPS)
        done = sum(self.took.values()) + self.clock() - self._began
        return done / (done + left) if done + left > 0 else 0.0

    def bar(self) -> str:
        """Return a bar of WIDTH signs that a terminal shows in one line."""
        full = round(WIDTH * self.share())
        return "#" * full + "." * (WIDTH - full)

    def line(self) -> str:
        """Return one line: the step, what goes on in it, and the time left."""
        said = f" ({self.said})" if self.said else ""
        more = f"; {self.left()}" if self.at else ""
        return f"step {min(self.number, len(STEPS))} of {len(STEPS)}: {self.at or 'done'}{more}{said}"

    def to_json(self) -> dict[str, object]:
        """Return it as the page shows it."""
        left = self.seconds_left()
        return {
            "step": min(self.number, len(STEPS)),
            "of": len(STEPS),
            "name": self.at,
            "said": self.said[:120],
            "left": None if left is None else round(left),
        }

    def _close(self) -> None:
        if self.at:
            self.took[self.at] = round(self.clock() - self._began, 2)
