"""Say what a rota is asked for: windows at sites with the priority that people gave them, crews on shift, ways between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

WEEK_MINUTES = 7 * 24 * 60
MOST_NEEDS, MOST_CREWS = 2_000, 500


class BadPlan(ValueError):
    """What was asked does not make sense; says which entry and why."""


@dataclass(frozen=True)
class Need:
    """A window at a site in which somebody wants a patrol.

    opens, closes   the window                                             [minutes from a common start]
    minutes         how long a crew is to stay, without a break            [minutes]
    priority        1 is seen to first; given by people to this window, never to a person
    visits          how many visits are wanted, each of `minutes`, by one crew or several; where two crews are to be
                    there at once, the window is as long as the visit
    """

    code: str
    site: str
    opens: int
    closes: int
    minutes: int
    priority: int = 2
    visits: int = 1


@dataclass(frozen=True)
class Crew:
    """A crew on one shift: leaves its base at `begins`, is back by `ends`, and rests once in between.

    rest_minutes            0: no rest is planned                          [minutes]
    rest_opens, rest_closes the rest lies inside; none: the middle half of the shift
    """

    code: str
    begins: int
    ends: int
    base: str = ""
    rest_minutes: int = 0
    rest_opens: int | None = None
    rest_closes: int | None = None

    @property
    def rest_window(self) -> tuple[int, int]:
        """Return the window in which the rest must lie."""
        quarter = (self.ends - self.begins) // 4
        opens = self.begins + quarter if self.rest_opens is None else self.rest_opens
        closes = self.ends - quarter if self.rest_closes is None else self.rest_closes
        return opens, closes

    @property
    def kind(self) -> tuple[int, int, str, int, tuple[int, int]]:
        """Return what makes two crews interchangeable."""
        return self.begins, self.ends, self.base, self.rest_minutes, self.rest_window


@dataclass(frozen=True)
class Travel:
    """Minutes from site to site; a pair that is not named takes `otherwise`, staying takes none."""

    between: Mapping[tuple[str, str], int] = field(default_factory=dict)
    otherwise: int = 15

    def minutes(self, start: str, end: str) -> int:
        """Return the minutes from one place to another; a pair named one way holds both ways."""
        if start == end:
            return 0
        named = self.between.get((start, end), self.between.get((end, start)))
        return self.otherwise if named is None else named


@dataclass(frozen=True, order=True)
class Visit:
    """A crew is at the site of a need from `begins` for the minutes that the need asks."""

    crew: str
    begins: int
    need: str


def check(needs: Sequence[Need], crews: Sequence[Crew], travel: Travel, step: int) -> None:
    """Raise BadPlan when something asked cannot be meant."""
    if step < 1:
        raise BadPlan("the step must be at least one minute")
    if len(needs) > MOST_NEEDS or len(crews) > MOST_CREWS:
        raise BadPlan(f"at most {MOST_NEEDS} windows and {MOST_CREWS} crews can be planned at once")
    for kind, codes in (("window", [n.code for n in needs]), ("crew", [c.code for c in crews])):
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise BadPlan(f"{kind} {twice[0]} is there twice")
    for need in needs:
        if need.minutes < 1 or need.visits < 1 or need.priority < 1:
            raise BadPlan(f"window {need.code}: minutes, visits and priority are at least 1")
        if need.closes - need.opens < need.minutes:
            raise BadPlan(
                f"window {need.code}: {need.minutes} minutes do not fit between its beginning and its end"
            )
    for crew in crews:
        if crew.ends <= crew.begins:
            raise BadPlan(f"crew {crew.code}: the shift ends before it begins")
        opens, closes = crew.rest_window
        if crew.rest_minutes and closes - opens < crew.rest_minutes:
            raise BadPlan(f"crew {crew.code}: the rest does not fit into its window")
        if crew.ends - crew.begins > WEEK_MINUTES:
            raise BadPlan(f"crew {crew.code}: a shift of more than a week")
    if travel.otherwise < 0 or any(minutes < 0 for minutes in travel.between.values()):
        raise BadPlan("a way cannot take less than no time")
