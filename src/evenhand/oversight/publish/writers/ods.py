"""Write a release as an OpenDocument spreadsheet: cover, contents, notes, one table a sheet, nothing merged."""

from __future__ import annotations

import io
from collections.abc import Sequence

from odfdo import Cell, Document, Element, Row, Table

from evenhand.oversight.publish.book import CONTENTS, COVER, LANGUAGE, NOTES, Book
from evenhand.oversight.publish.sheet import Cell as Figure
from evenhand.oversight.publish.sheet import Sheet

HEAD, TITLE, WRAP = "head", "title", "wrap"


def write_ods(book: Book) -> bytes:
    """Return the bytes of the spreadsheet."""
    document = Document("spreadsheet")
    document.body.clear()
    _styles(document)
    meta = document.meta
    meta.title = book.title
    meta.language = LANGUAGE
    meta.subject = book.cover[0]
    tables = [
        _lines(COVER, book.title, [[line] for line in book.cover]),
        _lines(CONTENTS, "Contents", [["Sheet", "What it holds"], *map(list, book.contents())], head=1),
        _lines(NOTES, "Notes", [["Mark or subject", "Meaning"], *map(list, book.notes)], head=1),
        *(_table(sheet) for sheet in book.sheets),
    ]
    for table in tables:
        document.body.append(table)
    ranges = Element.from_tag("<table:database-ranges/>")
    for sheet in book.sheets:
        first = 3 + len(sheet.notes)
        last = first + len(sheet.rows)
        ranges.append(
            Element.from_tag(
                f'<table:database-range table:name="{sheet.name}_table" table:contains-header="true"'
                f" table:target-range-address=\"'{sheet.name}'.A{first}:'{sheet.name}'.{_letters(len(sheet.headings))}{last}\"/>"
            )
        )
    document.body.append(ranges)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _styles(document: Document) -> None:
    language, country = LANGUAGE.split("-")
    speech = f'fo:language="{language}" fo:country="{country}"'
    for name, text, wraps in ((HEAD, 'fo:font-weight="bold"', True), (TITLE, 'fo:font-weight="bold" fo:font-size="15pt"', False),
                              (WRAP, "", True)):  # fmt: skip
        cell = (
            '<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"/>' if wraps else ""
        )
        document.insert_style(
            f'<style:style style:name="{name}" style:family="table-cell">{cell}'
            f"<style:text-properties {text} {speech}/></style:style>",
            automatic=True,
        )
    for name, width in (("wide", "11cm"), ("narrow", "3.4cm")):
        document.insert_style(
            f'<style:style style:name="{name}" style:family="table-column">'
            f'<style:table-column-properties style:column-width="{width}"/></style:style>',
            automatic=True,
        )
    # The language of every cell, for those who have the sheet read to them.
    for found in document.styles.get_elements("//style:default-style/style:text-properties"):
        found.set_attribute("fo:language", language)
        found.set_attribute("fo:country", country)


def _lines(name: str, title: str, lines: Sequence[Sequence[Figure]], *, head: int = 0) -> Table:
    table = Table(name)
    table.append(_row([title], TITLE))
    for number, line in enumerate(lines):
        table.append(_row(line, HEAD if number < head else WRAP))
    _columns(table, ["wide"] * max(len(line) for line in lines))
    return table


def _table(sheet: Sheet) -> Table:
    table = Table(sheet.name)
    table.append(_row([f"{sheet.name}: {sheet.title}"], TITLE))
    for note in (
        f"One table. Counted: {sheet.unit}. What the marks mean stands on the sheet {NOTES}.",
        *sheet.notes,
    ):
        table.append(_row([note], ""))
    header = Element.from_tag("<table:table-header-rows/>")
    header.append(_row(sheet.headings, HEAD))
    table.append(header)
    for row in sheet.rows:
        table.append(_row(row, ""))
    _columns(table, ["wide"] * sheet.labels + ["narrow"] * (len(sheet.headings) - sheet.labels))
    return table


def _columns(table: Table, styles: Sequence[str]) -> None:
    # Appending rows has made columns without a width; ours take their place.
    for made in table.get_elements("table:table-column"):
        table.delete(made)
    for at, style in enumerate(styles):
        table.insert(Element.from_tag(f'<table:table-column table:style-name="{style}"/>'), position=at)


def _row(figures: Sequence[Figure], style: str) -> Row:
    row = Row()
    for at, figure in enumerate(figures):
        cell = Cell(value=figure if figure != "" else None, style=style or None)
        cell.x = at
        row.append_cell(cell, clone=False)
    return row


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, left = divmod(number - 1, 26)
        letters = chr(65 + left) + letters
    return letters
