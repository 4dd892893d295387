"""What an operator does when the sealing of the record is not well, a sentence for each word that says how it is."""

from __future__ import annotations

WHAT_TO_DO = {
    "inconsistent": "Do not begin anew before you know why: look for a newer copy of the database, keep what there is,"
    " and compare it with what the witnesses have. docs/howto/run-a-witness.md goes through it step by step.",
    "unsigned": "See whether the worker runs, whether its disk is full, and whether the log's key is where it was.",
    "late": "See whether the worker runs (`evenhand doctor`) and whether a transaction has been open for long.",
    "unwitnessed": "Ask the witness whether it runs; lines are sealed meanwhile and are cosigned when it is back.",
}
