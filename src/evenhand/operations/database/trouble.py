"""The one error that every part of the database's keeping raises."""

from __future__ import annotations


class DatabaseTrouble(Exception):
    """Says in one line what is wrong with the database and what to do about it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(" ".join(sentence.split()))
