"""Which rules apply: the shape of the edition a case began under; lists, clocks and deciders of the day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from evenhand.kernels.policy import UnknownEdition, load_pack
from tests.kernels.policy.conftest import acting

JOURNEY = "journeys/situation.toml"


@pytest.fixture
def two_editions(broken: Callable[..., Path]) -> Path:
    folder = broken(
        "clocks.toml",
        'value = 48\nunit = "hours"\nbasis = "guidance"',
        'value = 48\nunit = "hours"\nbasis = "guidance"\nto = 2026-12-31',
    )
    clocks = folder / "clocks.toml"
    text = clocks.read_text()
    head, tail = text.split("[clock.closing]", 1)
    more = '[[clock.connect.value]]\nvalue = 24\nunit = "hours"\nbasis = "local"\nsource = "Local"\nfrom = 2027-01-01\n\n'
    clocks.write_text(f"{head}{more}[clock.closing]{tail}")
    old = (folder / JOURNEY).read_text()
    new = old.replace('edition = "2026-01"', 'edition = "2027-01"').replace(
        "from = 2016-01-01", "from = 2027-01-01"
    )
    new = new.replace(
        'label = "Filter three"\nverb = "identify"\nfrom = ["filter_three"]\nwho = ["agency_lead@lead"]',
        'label = "Filter three"\nverb = "identify"\nfrom = ["filter_three"]\nwho = ["table_chair@table"]',
    )
    assert new.count('who = ["table_chair@table"]') > old.count('who = ["table_chair@table"]')
    new = new.replace('starts = ["connect", "closing"]', 'starts = ["connect"]').replace(
        '[[step.identify.then]]\nkind = "task"\nto = "table_chair@table"\nlabel = "Close the discussion"\nclock = "closing"\n',
        "",
    )
    (folder / JOURNEY).write_text(old.replace("from = 2016-01-01", "from = 2016-01-01\nto = 2026-12-31"))
    (folder / "journeys" / "situation.2027.toml").write_text(new)
    return folder


def test_a_case_keeps_its_shape_and_takes_the_deciders_and_clocks_of_the_day(two_editions: Path) -> None:
    pack = load_pack(two_editions)
    began = pack.journey_on("situation", date(2026, 5, 1))
    assert began.edition == "2026-01"
    assert pack.journey_on("situation", date(2027, 5, 1)).edition == "2027-01"
    assert pack.journey("situation", "2026-01") is began
    act = acting(pack, began)
    before = datetime(2026, 12, 15, 12, tzinfo=UTC)
    after = datetime(2027, 2, 1, 12, tzinfo=UTC)
    first = act("identify", "named", "filter_three", "agency_lead@lead", now=before, table_agreed=True)
    later = act("identify", "named", "filter_three", "table_chair@table", now=after, table_agreed=True)
    # Shape: the older edition still starts both clocks.
    assert [s.clock for s in later.starts] == ["connect", "closing"]
    assert first.starts[0].value == 48
    assert (later.starts[0].value, later.starts[0].basis) == (24, "local")
    assert first.shape_hash == later.shape_hash
    assert first.lists_hash != later.lists_hash
    with pytest.raises(Exception, match="table chair"):
        act("identify", "named", "filter_three", "agency_lead@lead", now=after, table_agreed=True)


def test_a_day_or_name_without_edition_is_said_so(two_editions: Path) -> None:
    pack = load_pack(two_editions)
    with pytest.raises(UnknownEdition, match="in force on 2010-01-01"):
        pack.journey_on("situation", date(2010, 1, 1))
    with pytest.raises(UnknownEdition, match="no edition '1999'"):
        pack.journey("situation", "1999")
