"""Find the new moon that begins the lunar month of Diwali, to check tables of its date against the sky."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import cos, radians, sin

EPOCH = datetime(2000, 1, 1, 12)  # noqa: DTZ001 - Julian day 2451545, in dynamical time
SYNODIC_DAYS = 29.530588861
INDIA = timedelta(hours=5, minutes=30)
TULA = (180.0, 210.0)


def new_moons_in_tula(year: int) -> tuple[date, ...]:
    """Return the days, in India, of the new moons of a year at which the sun stands in sidereal Libra.

    Diwali is the evening of that day or of the day before. Good to some minutes from 1900 to 2100.
    source   Meeus, Astronomical Algorithms (2nd ed.), ch. 49, the ten largest terms; ch. 25, low accuracy;
             Lahiri ayanamsa 23.853° at 2000 with 50.29″ a year
    """
    first = int((year - 2000) * 12.3685)
    found = []
    for number in range(first, first + 15):
        days = _new_moon(number)
        there = EPOCH + timedelta(days=days) + INDIA
        if there.year == year and TULA[0] <= _sidereal_sun(days) < TULA[1]:
            found.append(there.date())
    return tuple(found)


def _new_moon(number: int) -> float:
    """Return when a new moon is, in days from 2000-01-01 12:00; number 0 is that of 6 January 2000."""
    centuries = number / 1236.85
    earth = 1 - 0.002516 * centuries
    sun = radians(2.5534 + 29.10535670 * number)
    moon = radians(201.5643 + 385.81693528 * number + 0.0107582 * centuries**2)
    node = radians(160.7108 + 390.67050284 * number)
    shift = (
        -0.40720 * sin(moon) + 0.17241 * earth * sin(sun) + 0.01608 * sin(2 * moon) + 0.01039 * sin(2 * node)
        + 0.00739 * earth * sin(moon - sun) - 0.00514 * earth * sin(moon + sun) + 0.00208 * earth**2 * sin(2 * sun)
    )  # fmt: skip
    return 5.09766 + SYNODIC_DAYS * number + 0.00015437 * centuries**2 + shift


def _sidereal_sun(days: float) -> float:
    """Return the sun's sidereal longitude in degrees."""
    anomaly = radians(357.528 + 0.9856003 * days)
    tropical = 280.460 + 0.9856474 * days + 1.915 * sin(anomaly) + 0.040 * sin(anomaly) * cos(anomaly)
    return (tropical - 23.853 - days / 365.25 * 50.29 / 3600) % 360
