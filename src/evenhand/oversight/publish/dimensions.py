"""Turn what the pack says a release counts by into roll-ups, labels and one SQL expression that any engine runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evenhand.kernels.disclosure.system import TOTAL
from evenhand.kernels.disclosure.tables import Dimension
from evenhand.kernels.policy import CodeList, Pack
from evenhand.oversight.publish.period import Period, label
from evenhand.oversight.publish.trouble import NoRelease

KNOWN = "known"
AREAS = "areas"


@dataclass(frozen=True)
class Field:
    """One thing that a release counts by.

    expression  SQL over the columns of a counted row, the same text for every engine; its values are leaves
    monitored   its answers come from the sealed store of monitoring answers
    printed     the codes a table prints unless it says otherwise; empty for all
    """

    code: str
    label: str
    dimension: Dimension
    labels: Mapping[str, str]
    expression: str
    monitored: bool
    printed: tuple[str, ...]
    unknown: str = ""

    def parts(self, whole: str) -> tuple[str, ...]:
        """Return the codes just below one."""
        return tuple(c for parent, parts in self.dimension.sums if parent == whole for c in parts)


def quoted(text: str) -> str:
    """Return a text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def period_field(period: Period, history: tuple[int, int], *, months: bool = False) -> Field:
    """Return years, the quarters of the release's own year and, where a release goes by them, their months."""
    years = tuple(f"y{year}" for year in range(history[0], history[1] + 1))
    own = f"y{period.year}"
    month = period.ends_month
    # The year a day belongs to is named by the calendar year in which it ends.
    year = f"year(referred_on) + case when month(referred_on) > {month} then 1 else 0 end"
    quarter = f"cast(floor(((month(referred_on) + {11 - month}) % 12) / 3) as int) + 1"
    place = f"((month(referred_on) + {11 - month}) % 12) + 1"
    inside = (
        f"'m', case when {place} < 10 then '0' else '' end, cast({place} as string)"
        if months
        else f"'q', cast({quarter} as string)"
    )
    expression = (
        f"case when {year} = {period.year} then concat('y', cast({year} as string), {inside})"
        f" else concat('y', cast({year} as string)) end"
    )
    sums: list[tuple[str, tuple[str, ...]]] = [(TOTAL, years), (own, period.quarters)]
    if months:
        sums += [(code, period.months_of(n)) for n, code in enumerate(period.quarters, start=1)]
    codes = (TOTAL, *years, own, *period.quarters, *(period.months if months else ()))
    return Field(
        code="period",
        label="Period",
        dimension=Dimension("period", tuple(sums)),
        labels={code: "All years" if code == TOTAL else label(code, month) for code in dict.fromkeys(codes)},
        expression=expression,
        monitored=False,
        printed=(),
    )


def each_of(entry: Mapping[str, Any], pack: Pack, period: Period) -> tuple[Field, ...]:
    """Return one yes-or-no field for each code of a list of which one record may have several.

    They are never parts of one whole: what has two codes is counted in both.
    """
    labels, codes, below = _in_force(pack.lists[entry["list"]], period)
    if below:
        raise NoRelease(f"the list {entry['list']!r} has roll-ups and cannot be counted code by code")
    return tuple(
        Field(
            code=f"{entry['code']}_{code}",
            label=str(entry["label"]),
            dimension=Dimension(f"{entry['code']}_{code}", ((TOTAL, (code, f"not_{code}")),)),
            labels={TOTAL: "All", code: labels[code], f"not_{code}": f"Not: {labels[code]}"},
            expression=(
                f"case when {entry.get('column', entry['code'])} like {quoted(f'%|{code}|%')} then {quoted(code)}"
                f" else {quoted(f'not_{code}')} end"
            ),
            monitored=False,
            printed=(code,),
        )
        for code in codes
    )


def field_of(
    entry: Mapping[str, Any],
    pack: Pack,
    period: Period,
    areas: Mapping[str, str],
    regions: Mapping[str, Sequence[str]],
) -> Field:
    """Return a field of release.toml; raises NoRelease, when a list it names is not there.

    regions   the areas of each region that the partnership lies in; empty when it lies in one
    """
    if "leaf" in entry:
        return _worked_out(entry, pack, period)
    below: dict[str, list[str]] = {}
    in_regions: list[dict[str, Any]] = []
    if entry["list"] == AREAS:
        labels, top = dict(areas), list(areas)
        named = pack.lists["regions"].codes if "regions" in pack.lists else {}
        in_regions = [
            {
                "code": f"region.{code}",
                "label": named[code].label if code in named else code,
                "of": list(parts),
            }
            for code, parts in regions.items()
        ]
    else:
        if entry["list"] not in pack.lists:
            raise NoRelease(
                f"{entry['code']} counts by the list {entry['list']!r}, which the pack does not have"
            )
        labels, top, below = _in_force(pack.lists[entry["list"]], period)
    unknown = entry.get("unknown")
    if unknown is not None:
        labels.setdefault(unknown, str(entry.get("unknown_label", "Not known")))
        top = [code for code in top if code != unknown]
    groups = [*entry.get("groups", []), *in_regions]
    grouped = {str(g["code"]): [c for c in g["of"] if c in labels] for g in groups}
    labels |= {str(g["code"]): str(g["label"]) for g in groups}
    top, below = _gathered(top, below, grouped)
    sums: list[tuple[str, tuple[str, ...]]] = []
    if unknown is None:
        sums.append((TOTAL, tuple(top)))
    else:
        sums += [(TOTAL, (KNOWN, unknown)), (KNOWN, tuple(top))]
        labels[KNOWN] = f"{entry['label']} known"
    sums += [(parent, tuple(parts)) for parent, parts in below.items()]
    column = str(entry.get("column", entry["code"]))
    empty = quoted(unknown) if unknown is not None else "''"
    return Field(
        code=str(entry["code"]),
        label=str(entry["label"]),
        dimension=Dimension(str(entry["code"]), tuple(sums)),
        labels={TOTAL: "All", **labels},
        expression=f"coalesce(nullif({column}, ''), {empty})",
        monitored=bool(entry.get("monitored", False)),
        printed=tuple(entry.get("print", ())),
        unknown=str(unknown or ""),
    )


def individuals(entry: Mapping[str, Any], furthest: Mapping[str, Any], others: Sequence[Field]) -> Field:
    """Return the field that counts each individual once, at the referral that came furthest.

    furthest   the field of release.toml whose leaves say what is further, the furthest first
    others     everything else the release counts by: of two referrals that came as far on one day, the codes choose,
               so that every engine chooses alike
    """
    place = " ".join(
        "when " + " or ".join(f"ever like {quoted(f'%|{one}|%')}" for one in leaf["ever"]) + f" then {at}"
        for at, leaf in enumerate(furthest["leaf"])
        if leaf["ever"]
    )
    order = ", ".join(
        [
            f"case {place} else {len(furthest['leaf'])} end",
            "referred_on",
            *(other.expression for other in others),
        ]
    )
    code = str(entry["code"])
    return Field(
        code=code,
        label=str(entry["label"]),
        dimension=Dimension(code, ((TOTAL, ("tied", "not_tied")), ("tied", ("counted", "again")))),
        labels={TOTAL: "All referrals", **{str(k): str(v) for k, v in entry["labels"].items()}},
        expression=(
            "case when individual = '' then 'not_tied'"
            f" when row_number() over (partition by individual order by {order}) = 1 then 'counted'"
            " else 'again' end"
        ),
        monitored=False,
        printed=(),
    )


def _in_force(codes: CodeList, period: Period) -> tuple[dict[str, str], list[str], dict[str, list[str]]]:
    """Return labels, top codes and the parts of roll-ups, of the codes in force at some time in the period."""
    leaves = [
        code
        for code in codes.codes.values()
        if not code.is_rollup
        and (code.effective_from is None or code.effective_from <= period.ends)
        and (code.effective_to is None or code.effective_to >= period.begins)
    ]
    below: dict[str, list[str]] = {}
    top: list[str] = []
    for code in leaves:
        if code.rollup is None:
            top.append(code.code)
        else:
            if code.rollup not in below:
                top.append(code.rollup)
            below.setdefault(code.rollup, []).append(code.code)
    labels = {c: codes.codes[c].label for c in [*top, *(leaf.code for leaf in leaves)]}
    return labels, top, below


def _gathered(
    top: list[str], below: dict[str, list[str]], groups: Mapping[str, list[str]]
) -> tuple[list[str], dict[str, list[str]]]:
    """Put groups where the first of their codes stood."""
    for group, parts in groups.items():
        if not parts:
            continue
        twice = [code for code in parts if code not in top]
        if twice:
            raise NoRelease(
                f"{twice[0]!r} is in two groups that overlap, or in a roll-up of its list already"
            )
        at = min(top.index(part) for part in parts)
        top = [code for code in top if code not in parts]
        top.insert(at, group)
        below = {**below, group: parts}
    return top, below


def _worked_out(entry: Mapping[str, Any], pack: Pack, period: Period) -> Field:
    """Return a field whose leaves follow from what a case was ever counted as."""
    labels: dict[str, str] = {TOTAL: "All"}
    ways: list[str] = []
    otherwise = "''"
    below: dict[str, list[str]] = {}
    for leaf in entry["leaf"]:
        code = str(leaf["code"])
        labels[code] = str(leaf["label"])
        value = quoted(code)
        if "by" in leaf:
            listed, top, deeper = _in_force(pack.lists[leaf["by_list"]], period)
            if deeper:
                raise NoRelease(
                    f"the list {leaf['by_list']!r} has roll-ups and cannot be the parts of {code}"
                )
            unsaid = f"{code}.not_said"
            below[code] = [*(f"{code}.{part}" for part in top), unsaid]
            labels |= {f"{code}.{part}": listed[part] for part in top} | {unsaid: str(leaf["by_unknown"])}
            value = f"concat({quoted(code + '.')}, coalesce(nullif({leaf['by']}, ''), 'not_said'))"
        if leaf["ever"]:
            test = " or ".join(f"ever like {quoted(f'%|{one}|%')}" for one in leaf["ever"])
            ways.append(f"when {test} then {value}")
        else:
            otherwise = value
    groups = {str(g["code"]): [str(c) for c in g["of"]] for g in entry.get("groups", [])}
    labels |= {str(g["code"]): str(g["label"]) for g in entry.get("groups", [])}
    codes = [str(leaf["code"]) for leaf in entry["leaf"]]
    top, below = _gathered(list(codes), below, groups)
    printed = [str(code) for code in entry.get("print", ())]
    top.sort(key=lambda code: printed.index(code) if code in printed else len(printed))
    return Field(
        code=str(entry["code"]),
        label=str(entry["label"]),
        dimension=Dimension(
            str(entry["code"]),
            ((TOTAL, tuple(top)), *((parent, tuple(parts)) for parent, parts in below.items())),
        ),
        labels=labels,
        expression=f"case {' '.join(ways)} else {otherwise} end",
        monitored=False,
        printed=tuple(entry.get("print", ())),
    )
