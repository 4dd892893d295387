"""Read, type-check and evaluate conditions, written in the part of CEL that a reader can follow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import cel

from evenhand.kernels.policy.facts import FACTS, FORBIDDEN, FactValue
from evenhand.kernels.policy.spelling import nearest

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"[^"\\]*"|'[^'\\]*')|(?P<number>\d+)|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<sign>&&|\|\||==|!=|<=|>=|[<>!()\[\],?:+\-]))"""
)


class BadCondition(Exception):
    """A condition that cannot be used, with the reason."""


@dataclass(frozen=True)
class _Value:
    type: str
    fact: str | None = None
    literals: tuple[str, ...] = ()


def facts_in(source: str) -> frozenset[str]:
    """Return the names of the facts that a condition uses."""
    tokens = _tokens(source)
    return frozenset(text for kind, text in tokens if kind == "name" and text not in {"true", "false", "in"})


def check(source: str, *, places: Iterable[str] = ()) -> None:
    """Check that a condition uses declared facts only, with their types and values, and answers yes or no.

    Every branch is looked at, so that a misspelt name cannot hide behind a short cut.
    raises  BadCondition, with a sentence
    """
    parser = _Parser(_tokens(source), frozenset(places))
    result = parser.choice()
    if parser.rest():
        raise BadCondition(f"does not read as a condition at {parser.rest()!r}")
    if result.type != "bool":
        raise BadCondition(f"answers with a {result.type}, and must answer yes or no")
    dry = {name: FACTS[name].example() for name in facts_in(source)}
    try:
        answer = _compiled(source).execute(dry)
    except Exception as fault:
        raise BadCondition(f"cannot be evaluated: {fault}") from fault
    if not isinstance(answer, bool):
        raise BadCondition("did not answer yes or no in a dry run")


def holds(source: str, facts: Mapping[str, FactValue]) -> bool:
    """Say whether a checked condition holds; a fact that is missing is an error, never a yes.

    raises  KeyError for a missing fact, TypeError for one of the wrong type
    """
    given: dict[str, FactValue] = {}
    for name in facts_in(source):
        value = facts[name]
        if not FACTS[name].accepts(value):
            raise TypeError(f"the fact {name} is {value!r}, which is no {FACTS[name].type} it may be")
        given[name] = value
    return _compiled(source).execute(given) is True


@lru_cache(maxsize=4096)
def _compiled(source: str) -> cel.Program:
    return cel.compile(source)


@lru_cache(maxsize=4096)
def _tokens(source: str) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(source.rstrip()):
        match = _TOKEN.match(source, at)
        if match is None:
            raise BadCondition(f"does not read as a condition at {source[at:].strip()!r}")
        kind = str(match.lastgroup)
        found.append((kind, match[kind]))
        at = match.end()
    return tuple(found)


class _Parser:
    """A recursive descent over the part of CEL that conditions may use, checking types on the way."""

    def __init__(self, tokens: tuple[tuple[str, str], ...], places: frozenset[str]) -> None:
        self.tokens = tokens
        self.places = places
        self.at = 0

    def rest(self) -> str:
        return " ".join(text for _, text in self.tokens[self.at :])

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str | None:
        if (
            self.at < len(self.tokens)
            and self.tokens[self.at][0] != "string"
            and self.tokens[self.at][1] in wanted
        ):
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def expect(self, sign: str) -> None:
        if not self.take(sign):
            raise BadCondition(f"lacks {sign!r} before {self.rest() or 'its end'!r}")

    def choice(self) -> _Value:
        asked = self.either()
        if not self.take("?"):
            return asked
        _need(asked, "bool", "before ?")
        first = self.choice()
        self.expect(":")
        second = self.choice()
        if first.type != second.type:
            raise BadCondition(f"gives a {first.type} or a {second.type}, and must give the same kind")
        return _Value(first.type)

    def either(self) -> _Value:
        left = self.both()
        while self.take("||"):
            _need(left, "bool", "beside ||")
            _need(self.both(), "bool", "beside ||")
            left = _Value("bool")
        return left

    def both(self) -> _Value:
        left = self.comparison()
        while self.take("&&"):
            _need(left, "bool", "beside &&")
            _need(self.comparison(), "bool", "beside &&")
            left = _Value("bool")
        return left

    def comparison(self) -> _Value:
        left = self.sum()
        sign = self.take("==", "!=", "<", "<=", ">", ">=", "in")
        if sign is None:
            return left
        right = self.sum()
        if sign == "in":
            if right.type != f"list of {left.type}":
                raise BadCondition(f"looks for a {left.type} in a {right.type}")
        elif sign in {"==", "!="}:
            if left.type != right.type:
                raise BadCondition(f"compares a {left.type} with a {right.type}")
        else:
            _need(left, "int", f"beside {sign}")
            _need(right, "int", f"beside {sign}")
        self.known(left, right.literals)
        self.known(right, left.literals)
        return _Value("bool")

    def known(self, side: _Value, literals: tuple[str, ...]) -> None:
        """Refuse a word to which the fact beside it can never be equal."""
        if side.fact is None:
            return
        fact = FACTS[side.fact]
        values = fact.values or (tuple(sorted(self.places)) if fact.name in {"place", "came_from"} else ())
        for word in literals:
            if values and word not in values and word != "":
                raise BadCondition(f"{side.fact} is never {word!r}{nearest(word, values)}")

    def sum(self) -> _Value:
        left = self.unary()
        while self.take("+", "-"):
            _need(left, "int", "in a sum")
            _need(self.unary(), "int", "in a sum")
            left = _Value("int")
        return left

    def unary(self) -> _Value:
        if self.take("!"):
            return _need(self.unary(), "bool", "after !")
        if self.take("-"):
            return _Value(_need(self.unary(), "int", "after -").type)
        return self.atom()

    def atom(self) -> _Value:
        if self.at >= len(self.tokens):
            raise BadCondition("ends too soon")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return _Value("int")
        if kind == "string":
            return _Value("str", literals=(text[1:-1],))
        if kind == "name":
            return self.name(text)
        if text == "(":
            inside = self.choice()
            self.expect(")")
            return inside
        if text == "[":
            return self.listed()
        raise BadCondition(f"does not read as a condition at {text!r}")

    def name(self, text: str) -> _Value:
        if text in {"true", "false"}:
            return _Value("bool")
        if text in FACTS:
            return _Value(FACTS[text].type, fact=text)
        if text in FORBIDDEN:
            raise BadCondition(
                f"uses {text!r}: what an assessment or a monitoring form says about a person is never a ground "
                "for a step"
            )
        raise BadCondition(f"uses {text!r}, which is no declared fact{nearest(text, FACTS)}")

    def listed(self) -> _Value:
        items = [self.choice()]
        while self.take(","):
            items.append(self.choice())
        self.expect("]")
        if len({item.type for item in items}) != 1:
            raise BadCondition("has a list of different kinds")
        return _Value(f"list of {items[0].type}", literals=tuple(w for item in items for w in item.literals))


def _need(value: _Value, wanted: str, where: str) -> _Value:
    if value.type != wanted:
        raise BadCondition(f"has a {value.type} {where}, where a {wanted} belongs")
    return value
