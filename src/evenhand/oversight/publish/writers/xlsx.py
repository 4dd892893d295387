"""Write a release as an XLSX workbook by gptables, to the rules for accessible spreadsheets."""

from __future__ import annotations

import math
import tempfile
import warnings
from pathlib import Path

import gptables
import pandas as pd

from evenhand.oversight.publish.book import CONTENTS, COVER, LANGUAGE, NOTES, Book
from evenhand.oversight.publish.sheet import Sheet

# On the cover: rows above the paragraphs, the height of a line, and how many signs fit into one.
ABOVE, LINE_POINTS, LINE_SIGNS = 2, 15.5, 78


def write_xlsx(book: Book) -> bytes:
    """Return the bytes of the workbook."""
    pages = {
        NOTES: _plain(NOTES, "Notes", ["Mark or subject", "Meaning"], list(book.notes)),
        **{sheet.name: _table(sheet) for sheet in book.sheets},
    }
    cover = gptables.Cover(title=book.title, about=list(book.cover), cover_label=COVER)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "release.xlsx"
        with warnings.catch_warnings():
            # Our notes are a sheet like the others; gptables says aloud that it has made none of its own.
            warnings.simplefilter("ignore")
            workbook = gptables.produce_workbook(
                filename=str(target), sheets=pages, cover=cover, contentsheet_label=CONTENTS
            )
        page = workbook.get_worksheet_by_name(COVER)
        # LibreOffice does not stretch rows for wrapped text and lays one paragraph over the next.
        for row, text in enumerate(book.cover, start=ABOVE):
            page.set_row(row, LINE_POINTS * math.ceil(len(text) / LINE_SIGNS))
        workbook.set_properties(
            {"title": book.title, "subject": book.cover[0], "comments": f"Language: {LANGUAGE}"}
        )
        workbook.set_custom_property("Language", LANGUAGE)
        workbook.close()
        return target.read_bytes()


def _plain(name: str, title: str, headings: list[str], rows: list[tuple[str, str]]) -> gptables.GPTable:
    return gptables.GPTable(
        table=pd.DataFrame(rows, columns=headings), table_name=f"{name}_table", title=title, index_columns={}
    )


def _table(sheet: Sheet) -> gptables.GPTable:
    frame = pd.DataFrame(list(sheet.rows), columns=list(sheet.headings), dtype=object)
    return gptables.GPTable(
        table=frame,
        table_name=f"{sheet.name}_table",
        title=f"{sheet.name}: {sheet.title}",
        subtitles=list(sheet.notes),
        instructions=f"One table. Counted: {sheet.unit}. What the marks mean stands on the sheet {NOTES}.",
        index_columns={},
    )
