"""Every form of a release carries the same cells: read back from ODS, XLSX and the sheets, and compared with the CSV."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as tree
import zipfile
from pathlib import Path

import pytest
from made_up import built
from odfdo import Document

from evenhand.oversight.publish.book import book
from evenhand.oversight.publish.writers.charts import alternative

NAME = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def texts():
    return {p: d.decode() for p, d in built().files.items() if p.endswith((".json", ".csv"))}


def expected():
    """Return the figures of every table from its CSV: label texts of its codes, then counts and percentages."""
    about = json.loads(texts()["release.json"])
    labels = {d["name"]: d["labels"] for d in about["dimensions"]}
    found = {}
    for table in about["tables"]:
        down, across = table["dimensions"]
        for row in csv.DictReader(io.StringIO(texts()[f"tables/{table['name']}.csv"])):
            line, column = labels[down][row[down]], labels[across][row[across]]
            found[table["name"], line, column] = row["count"]
            found[table["name"], line, f"{column} (%)"] = row["percent"]
    return found


def as_grid(name, rows):
    """Return the figures of a sheet by row label and heading."""
    start = next(n for n, row in enumerate(rows) if len([c for c in row if c != ""]) > 2)
    headings = rows[start]
    return {
        (name, str(row[0]), str(heading)): cell
        for row in rows[start + 1 :]
        for heading, cell in zip(headings[1:], row[1:], strict=False)
    }


def said(cell):
    return str(int(cell)) if isinstance(cell, int | float) or str(cell).isdecimal() else str(cell)


def ods():
    document = Document(io.BytesIO(built().files["release.ods"]))
    return {
        t.name: [[v if v is not None else "" for v in row] for row in t.get_values()]
        for t in document.body.tables
    }


def xlsx():
    with zipfile.ZipFile(io.BytesIO(built().files["release.xlsx"])) as book_:
        strings = [
            "".join(t.text or "" for t in s.iter(f"{NAME}t"))
            for s in tree.fromstring(book_.read("xl/sharedStrings.xml")).iter(f"{NAME}si")
        ]
        names = [s.get("name") for s in tree.fromstring(book_.read("xl/workbook.xml")).iter(f"{NAME}sheet")]
        found = {}
        for number, name in enumerate(names, 1):
            rows = []
            for row in tree.fromstring(book_.read(f"xl/worksheets/sheet{number}.xml")).iter(f"{NAME}row"):
                cells = []
                for cell in row.iter(f"{NAME}c"):
                    value = cell.find(f"{NAME}v")
                    text = "" if value is None else value.text
                    cells.append(strings[int(text)] if cell.get("t") == "s" else float(text) if text else "")
                rows.append(cells)
            found[name] = rows
    return found


@pytest.mark.parametrize("read", [ods, xlsx])
def test_spreadsheets_hold_the_cells_of_the_csv_and_no_others(read):
    found = read()
    want = expected()
    got = {k: said(v) for name in {k[0] for k in want} for k, v in as_grid(name, found[name]).items()}
    assert {k: v for k, v in got.items() if k in want} == want
    assert set(got) == set(want)


def test_pages_show_the_cells_of_the_csv():
    want = expected()
    got = {}
    for sheet in book(texts()).sheets:
        for row in sheet.rows:
            for heading, cell in zip(sheet.headings[1:], row[1:], strict=True):
                got[sheet.name, str(row[0]), heading] = said(cell)
    assert {k: got[k] for k in want} == want


@pytest.mark.parametrize("read", [ods, xlsx])
def test_a_workbook_begins_with_cover_contents_and_notes_and_has_one_table_a_sheet(read):
    names = list(read())
    assert names[:3] == ["Cover", "Contents", "Notes"]
    about = json.loads(texts()["release.json"])
    tables = [t["name"] for t in about["tables"]] + [m["name"] for m in about["more"]]
    assert sorted(names[3:]) == sorted(tables)


def test_the_ods_is_odf_with_a_language_a_title_and_nothing_merged():
    with zipfile.ZipFile(io.BytesIO(built().files["release.ods"])) as package:
        first = package.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert package.read("mimetype") == b"application/vnd.oasis.opendocument.spreadsheet"
        content, meta = package.read("content.xml").decode(), package.read("meta.xml").decode()
        styles = package.read("styles.xml").decode()
    assert "covered-table-cell" not in content
    assert "spanned" not in content
    assert "table:table-header-rows" in content
    assert "Referrals: April to June 2025" in meta
    assert "<dc:language>en-GB" in meta
    assert 'fo:language="en"' in styles or 'fo:language="en"' in content


def test_the_xlsx_has_a_title_a_language_tables_and_nothing_merged():
    with zipfile.ZipFile(io.BytesIO(built().files["release.xlsx"])) as package:
        everything = {name: package.read(name).decode("utf-8", "replace") for name in package.namelist()}
    assert "Referrals: April to June 2025" in everything["docProps/core.xml"]
    assert "en-GB" in everything["docProps/custom.xml"]
    assert not any("mergeCell" in text for text in everything.values())
    assert any(name.startswith("xl/tables/") for name in everything)


def test_each_csv_comes_with_its_csvw_description():
    for path, text in texts().items():
        if not path.endswith(".csv") or path in {"witnesses.csv", "population.csv"}:
            continue
        described = json.loads(texts()[f"{path}-metadata.json"])
        assert described["@context"][0] == "http://www.w3.org/ns/csvw"
        headings = next(csv.reader(io.StringIO(text)))
        assert [c["titles"] for c in described["tableSchema"]["columns"]] == headings
        assert described["url"] == Path(path).name


def test_a_chart_says_in_words_what_it_shows_and_has_a_word_for_every_bar():
    drawn = [s for s in book(texts()).sheets if f"charts/{s.name}.svg" in built().files]
    assert drawn
    for sheet in drawn:
        svg = built().files[f"charts/{sheet.name}.svg"].decode()
        assert svg.startswith("<svg")
        assert built().files[f"charts/{sheet.name}.png"].startswith(b"\x89PNG")
        for label, value in sheet.bars:
            assert (f"{value:,}" if isinstance(value, int) else str(value)) in svg
            assert label in alternative(sheet)


def test_nothing_of_the_records_is_in_the_files():
    for path, data in built().files.items():
        if path.endswith((".json", ".csv", ".svg", ".py")):
            assert not re.search(rb"\b1-\d+\b(?!\d)", data) or path.startswith(("charts", "verify")), path
