"""`evenhand watch scan` judges anyone's CSV without a database, and names line and column of what is wrong."""

import gzip
import json
from datetime import date, timedelta

import numpy as np
import pytest

from evenhand.cli.main import main

START = date(2014, 1, 6)


def write(path, rows, header="day,area,strand,n"):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(path)


def daily(days=500, blow=True, seed=0):
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(days):
        for area in ("North", "South"):
            n = rng.poisson(3.5) + (17 if blow and i == days - 1 and area == "North" else 0)
            if n:
                rows.append(f"{START + timedelta(days=i)},{area},muslim,{n}")
    return rows


def scan(capsys, *words):
    code = main(["watch", "scan", *words])
    out = capsys.readouterr()
    return code, out.out, out.err


BASE = ["--date", "day", "--count", "n", "--by", "area,strand"]


def test_a_blow_on_the_last_day_is_reported_as_json(tmp_path, capsys):
    code, out, _ = scan(capsys, write(tmp_path / "x.csv", daily()), *BASE, "--json")
    result = json.loads(out)
    assert code == 0
    assert result["method"] == "daily"
    assert result["judged"] == 2
    assert [(a["series"], a["window"]) for a in result["alarms"]] == [(["North", "muslim"], 1)]
    assert result["alarms"][0]["p_value"] < 1e-4


def test_weeks_are_judged_by_the_weekly_method_from_a_gzipped_file_of_events(tmp_path, capsys):
    rng = np.random.default_rng(1)
    lines = ["when"]
    for i in range(7 * 320):
        lines += [str(START + timedelta(days=i))] * int(rng.poisson(1.0) + (8 if i > 7 * 319 else 0))
    path = tmp_path / "events.csv.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    code, out, _ = scan(capsys, str(path), "--date", "when", "--every", "week", "--json", "--last", "2")
    result = json.loads(out)
    assert code == 0
    assert result["method"] == "farrington"
    assert [a["date"] for a in result["alarms"]] == [str(START + timedelta(weeks=319))]
    assert result["alarms"][0]["upper"] < result["alarms"][0]["count"]


def test_a_week_that_is_not_over_is_left_out(tmp_path, capsys):
    path = write(tmp_path / "x.csv", daily(500))
    _, out, _ = scan(capsys, path, *BASE, "--every", "week", "--method", "C1", "--json")
    assert json.loads(out)["to"] == str(START + timedelta(weeks=70))


def test_the_table_for_people_says_what_was_not_judged(tmp_path, capsys):
    code, out, _ = scan(capsys, write(tmp_path / "x.csv", daily(60)), *BASE)
    assert code == 0
    assert "2 not judged: the history is too short" in out


@pytest.mark.parametrize("method", ["C1", "C2", "C3"])
def test_the_simpler_methods_can_be_had(tmp_path, capsys, method):
    code, out, _ = scan(capsys, write(tmp_path / "x.csv", daily()), *BASE, "--method", method)
    assert code == 0
    assert "North" in out


@pytest.mark.parametrize(
    ("rows", "words", "message"),
    [
        (["2014-01-06,N,m,1", "06/01/2014,N,m,1"], BASE, "line 3, column 'day': '06/01/2014' is not a date"),
        (["2014-01-06,N,m,-1"], BASE, "line 2, column 'n': '-1' is not a count"),
        (["2014-01-06,N,m,1.5"], BASE, "line 2, column 'n': '1.5' is not a count"),
        (["2014-01-06,N,m,"], BASE, "line 2, column 'n': '' is not a count"),
        (
            ["2014-01-06,N,m,1", "2014-01-07,N,m,1", "2014-01-06,N,m,2"],
            BASE,
            "line 4: 2014-01-06 · N · m stands already in line 2",
        ),
        (["2014-01-06,N,m"], BASE, "line 2: not as many cells"),
        (["2014-01-06,N,m,1"], ["--date", "Day"], "no column 'Day'; there are day, area, strand, n"),
        (["1014-01-06,N,m,1", "2014-01-06,N,m,1"], BASE, "more than 200 years"),
        ([], BASE, "has no rows"),
        (["2014-01-06,N,m,1"], [*BASE, "--method", "farrington"], "no method 'farrington' for --every day"),
        (["2014-01-06,N,m,1"], [*BASE, "--last", "0"], "--last must be a whole number"),
        (["2014-01-06,N,m,1"], [*BASE, "--method", "C1"], "C1 needs 7 rows before it"),
        (["2014-01-06,N,m,1"], [*BASE, "--false-per-week", "-1"], "false_per_week"),
        ([f"{START + timedelta(weeks=i)},N,m,5" for i in range(20)], BASE, "look like weekly figures"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, capsys, rows, words, message):
    code, out, err = scan(capsys, write(tmp_path / "x.csv", rows), *words)
    assert code == 2
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_a_file_that_is_not_there_or_no_text_is_said_in_one_line(tmp_path, capsys):
    code, _, err = scan(capsys, str(tmp_path / "none.csv"), *BASE)
    assert (code, err.count("\n")) == (2, 1)
    (tmp_path / "x.csv").write_bytes(b"day,n\n\xff\xfe\x00,1\n")
    code, _, err = scan(capsys, str(tmp_path / "x.csv"), "--date", "day")
    assert (code, err.count("\n")) == (2, 1)


def test_doubles_are_added_when_asked(tmp_path, capsys):
    path = write(tmp_path / "x.csv", daily() + daily())
    assert scan(capsys, path, *BASE)[0] == 2
    assert scan(capsys, path, *BASE, "--add-up")[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        ["--falseperweek", "1"], ["--method", "farington", "--every", "week"], ["--alpha", "0.01"], ["--meth", "daily"],
        ["--every", "week", "--false-per-week", "1"], ["--alpha", "2", "--method", "C1"], ["--every", "month"],
    ],
)  # fmt: skip
def test_a_misspelt_or_idle_option_is_an_error(tmp_path, capsys, words):
    file = tmp_path / "days.csv"
    file.write_text("day,n\n2024-01-01,1\n2024-01-02,2\n", encoding="utf-8")
    try:
        code = main(["watch", "scan", str(file), "--date", "day", "--count", "n", *words])
    except SystemExit as stopped:
        code = stopped.code
    assert code == 2
    assert capsys.readouterr().err
