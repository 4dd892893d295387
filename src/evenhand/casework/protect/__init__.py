"""Protect places and answer rises: sites, plans, patrols, warnings, assessments and promises; about places, never persons."""

from evenhand.casework.protect.acting import Done, PlaceAct, begin, find_act, take
from evenhand.casework.protect.register import ACTS

__all__ = ["ACTS", "Done", "PlaceAct", "begin", "find_act", "take"]
