"""Check that an array holds counts, and say where it does not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evenhand.kernels.aberration.refusals import WrongCounts, WrongOption

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]
# The largest count up to which every whole number is told apart.
LARGEST_COUNT = 2.0**53


def numbers(name: str, values: npt.ArrayLike, refusal: type[ValueError] = WrongOption) -> Floats:
    """Return values as floats; what is no number (true or false, text, a date) is refused by name.

    A masked cell becomes NaN.
    raises   WrongOption, or the refusal asked for
    """
    if isinstance(values, np.ma.MaskedArray):
        values = np.where(np.ma.getmaskarray(values), np.nan, np.ma.getdata(values))
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "iufO":
            raise refusal(f"{name} must be numbers, not {array.dtype}")
        return np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, refusal):
            raise
        raise refusal(f"{name} must be numbers: {error}") from error


def whole_number(name: str, value: object, least: int, most: int = 1_000_000) -> int:
    """Return an option that must be a whole number between two others.

    raises   WrongOption, naming it
    """
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    if (
        isinstance(value, bool | np.bool_)
        or not isinstance(value, int | np.integer)
        or not least <= value <= most
    ):
        raise WrongOption(f"{name}={value!r}: must be a whole number, {least} or more (and {most} or less)")
    return int(value)


def number_in(
    name: str, value: object, low: float, high: float = np.inf, *, low_too: bool = False, high_too: bool = False
) -> float:  # fmt: skip
    """Return an option that must be a finite number between two others.

    raises   WrongOption, naming it
    """
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        number = float(value)
        if np.isfinite(number) and (low < number or (low_too and number == low)) and (
            number < high or (high_too and number == high)
        ):  # fmt: skip
            return number
    more = f"{'' if low_too else 'greater than '}{low:g}{' or more' if low_too else ''}"
    span = more if np.isinf(high) else f"between {low:g} and {high:g}"
    raise WrongOption(f"{name}={value!r}: must be a number, {span}")


def checked_counts(counts: npt.ArrayLike, *, missing_allowed: bool = True) -> Floats:
    """Return the counts as a (T, S) array of floats, or say which cell is not a count.

    counts   (T, S) or (T,) whole numbers, oldest first; NaN stands for "not known"   [events/epoch]
    returns  (T, S) float64, C order
    raises   WrongCounts, for a cell that is negative, fractional, infinite, above 2^53 or (unless allowed) missing
    """
    table = numbers("counts", counts, WrongCounts)
    if table.ndim == 1:
        table = table[:, None]
    if table.ndim != 2:
        raise WrongCounts(f"counts must have one or two dimensions (epochs, series), not {table.ndim}")
    if table.shape[0] == 0 or table.shape[1] == 0:
        raise WrongCounts("there are no counts")
    table = np.ascontiguousarray(table)
    from evenhand.kernels.aberration.count_check import wrong_cells

    number, first = wrong_cells(table.ravel(), missing_allowed, LARGEST_COUNT)
    if number:
        row, column = divmod(first, table.shape[1])
        value = table[row, column]
        what = (
            "is missing"
            if np.isnan(value)
            else "is negative"
            if value < 0
            else "is infinite"
            if np.isinf(value)
            else "is too large to be a count"
            if value > LARGEST_COUNT
            else "is not a whole number"
        )
        raise WrongCounts(f"row {row}, column {column}: {value!r} {what}; {number} such cell(s)")
    return table


def checked_rows(at: npt.ArrayLike, length: int) -> npt.NDArray[np.int64]:
    """Return the row numbers to judge as whole numbers inside the table.

    at       one row number or several, 0-based
    raises   WrongOption, for a row that is not a whole number or not in 0 … length - 1
    """
    try:
        rows = np.atleast_1d(np.asarray(at))
    except ValueError as error:
        raise WrongOption(f"at must be row numbers: {error}") from error
    if rows.shape == (0,) and rows.dtype.kind in "iuf":
        return np.zeros(0, dtype=np.int64)
    if rows.dtype == np.bool_ or rows.ndim != 1 or not np.issubdtype(rows.dtype, np.integer):
        raise WrongOption("at must be row numbers: whole numbers, 0 for the first row")
    outside = (rows < 0) | (rows >= length)
    if outside.any():
        raise WrongOption(f"at asks for row {int(rows[outside][0])}; the counts have rows 0 to {length - 1}")
    return rows.astype(np.int64)


def checked_dates(dates: npt.ArrayLike, length: int) -> Days:
    """Return the dates of the rows as days, rising without a repeat.

    dates    (T,) datetime64 or what converts to it
    raises   WrongOption, naming the row where dates do not rise or are missing
    """
    try:
        given = np.asarray(dates)
        if given.dtype.kind not in "MOUS":
            raise WrongOption(f"dates must be dates, not {given.dtype}")
        days = np.asarray(given, dtype="datetime64[D]")
    except (TypeError, ValueError) as error:
        if isinstance(error, WrongOption):
            raise
        raise WrongOption(f"dates must be dates: {error}") from error
    if days.shape != (length,):
        raise WrongOption(f"there are {length} rows of counts but {days.size} dates")
    if np.isnat(days).any():
        raise WrongOption(f"row {int(np.flatnonzero(np.isnat(days))[0])}: the date is missing")
    back = np.flatnonzero(np.diff(days) <= np.timedelta64(0, "D"))
    if back.size:
        raise WrongOption(
            f"row {int(back[0]) + 1}: the date {days[back[0] + 1]} does not come after {days[back[0]]}"
        )
    return days


def one_of(name: str, value: object, allowed: Sequence[object]) -> None:
    """Refuse a misspelt option by name.

    raises   WrongOption, listing what is allowed
    """
    if value not in allowed:
        raise WrongOption(f"{name}={value!r}: must be one of {', '.join(repr(a) for a in allowed)}")
