"""Draw the charts of a release as SVG and PNG without a browser: bars, each with its figure in words."""

from __future__ import annotations

import altair as alt
import pandas as pd
import vl_convert

from evenhand.oversight.publish.sheet import Sheet

INK, BAR, PALE = "#0b0c0c", "#1d70b8", "#505a5f"
FONT = "Liberation Sans, Arial, sans-serif"
MOST_LABEL = 46


def drawable(sheet: Sheet) -> bool:
    """Say whether a chart of the sheet shows anything."""
    return sum(isinstance(value, int) and value > 0 for _, value in sheet.bars) >= 2


def chart(sheet: Sheet) -> tuple[str, bytes]:
    """Return a chart of the sheet's main column as SVG text and PNG bytes.

    A withheld figure has no bar: its mark stands in its place, so that nothing rests on colour.
    """
    frame = pd.DataFrame(
        [
            {
                "what": label if len(label) <= MOST_LABEL else f"{label[: MOST_LABEL - 1]}…",
                "number": value if isinstance(value, int) else 0,
                "said": f"{value:,}" if isinstance(value, int) else str(value),
                "at": at,
            }
            for at, (label, value) in enumerate(sheet.bars)
        ]
    )
    order = alt.EncodingSortField(field="at", order="ascending")
    height = alt.Step(26)
    base = alt.Chart(frame, width=430, height=height).encode(
        y=alt.Y("what:N", sort=order, title=None),
        x=alt.X("number:Q", title=f"{sheet.bars_of}: number of {sheet.unit}s"),
    )
    bars = base.mark_bar(color=BAR)
    words = base.mark_text(align="left", dx=4, color=INK, fontSize=13).encode(text="said:N")
    made = (
        (bars + words)
        .properties(
            title=alt.TitleParams(f"{sheet.name}: {sheet.title}", anchor="start", fontSize=15, color=INK)
        )
        .configure(font=FONT)
        .configure_axis(
            labelFontSize=13,
            titleFontSize=13,
            labelColor=INK,
            titleColor=INK,
            gridColor="#dee0e2",
            labelLimit=340,
        )
        .configure_view(stroke=None)
    )
    spec = made.to_json()
    return vl_convert.vegalite_to_svg(spec), vl_convert.vegalite_to_png(spec, scale=2)


def alternative(sheet: Sheet) -> str:
    """Return what the chart shows, in words, for those who do not see it."""
    parts = "; ".join(
        f"{label}: {value:,}" if isinstance(value, int) else f"{label}: {value}"
        for label, value in sheet.bars
    )
    return f"Bars of {sheet.title}, column {sheet.bars_of}. {parts}."
