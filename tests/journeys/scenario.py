"""Read a scenario in plain English and do each of its sentences with the one function that its pattern names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.journeys.stage import Stage

Answers = dict[str, str]
Doing = Callable[..., None]


@dataclass
class Sentence:
    """One sentence of a scenario, with the answers that are listed under it, and where it stands."""

    line: int
    text: str
    answers: Answers = field(default_factory=dict)


class NotUnderstood(Exception):
    """No pattern fits a sentence, or more than one does."""


class Failed(AssertionError):
    """What a sentence says did not come true."""


class Language:
    """The patterns of sentences that scenarios may use, each with what it does."""

    def __init__(self) -> None:
        self.known: list[tuple[re.Pattern[str], Doing]] = []

    def says(self, pattern: str) -> Callable[[Doing], Doing]:
        """The function does what sentences of this pattern say; `{who}` stands for a name, `{text}` for quoted words."""
        for name in re.findall(r"\{([a-z]+)\}", pattern):
            # Quoted words may hold quoted words themselves, as reasons do that name a step.
            one = r"[A-Z][a-z]+|[Ss]he|[Hh]e|[Tt]hey" if name == "who" else r"(?:[^“”]|“[^“”]*”)+"
            pattern = pattern.replace(f"{{{name}}}", f"(?P<{name}>{one})")

        def keep(doing: Doing) -> Doing:
            self.known.append((re.compile(f"{pattern}[.:]"), doing))
            return doing

        return keep

    def find(self, text: str) -> tuple[Doing, Mapping[str, str]]:
        """Return what a sentence does, and the words it does it with."""
        found = [
            (doing, match.groupdict()) for known, doing in self.known if (match := known.fullmatch(text))
        ]
        if len(found) != 1:
            raise NotUnderstood(f"{len(found)} patterns fit the sentence {text!r}")
        return found[0]


def read(path: Path) -> list[Sentence]:
    """Return the sentences of a scenario: headings and lines that begin with > are for the reader alone."""
    found: list[Sentence] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        text = line.strip()
        if not text or text[0] in "#>":
            continue
        if text.startswith("- "):
            quoted = text.startswith("- “")
            label, _mark, value = text[2:].removeprefix("“").partition("”: " if quoted else ": ")
            found[-1].answers[label] = value
        else:
            found.append(Sentence(number, text))
    return found


def play(name: str, sentences: Iterable[Sentence], language: Language, stage: Stage) -> None:
    """Every sentence has come true, in order; raises Failed with the line and a picture of the page."""
    told = list(sentences)
    for sentence in told:
        language.find(sentence.text)
    for sentence in told:
        doing, words = language.find(sentence.text)
        try:
            doing(stage, **words, **({"answers": sentence.answers} if sentence.answers else {}))
        except Exception as trouble:
            where = stage.picture_of_trouble(f"{name}-line-{sentence.line}")
            raise Failed(
                f"{name} line {sentence.line}: {sentence.text}\n{type(trouble).__name__}: {trouble}\n{where}"
            ) from trouble


ENGLISH = Language()
