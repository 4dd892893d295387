"""Seal the record: order its lines, sign checkpoints, have them cosigned, and say when something is wrong."""

from evenhand.operations.sealing.alarms import RecordState, record_state, record_word
from evenhand.operations.sealing.check import check
from evenhand.operations.sealing.log_key import KeyTrouble
from evenhand.operations.sealing.publish import Published, published
from evenhand.operations.sealing.restoring import (
    after_restore,
    begin_anew,
    begin_epoch_after_restore,
    seal_and_check,
)
from evenhand.operations.sealing.seal import seal_all
from evenhand.operations.sealing.sealer import seal_round

__all__ = [
    "KeyTrouble",
    "Published",
    "RecordState",
    "after_restore",
    "begin_anew",
    "begin_epoch_after_restore",
    "check",
    "published",
    "record_state",
    "record_word",
    "seal_all",
    "seal_and_check",
    "seal_round",
]
