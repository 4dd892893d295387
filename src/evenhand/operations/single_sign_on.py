"""Read how each agency signs its people in: its provider, its secret, and which of its groups give which role."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LOCAL = {"localhost", "127.0.0.1", "::1"}
NEVER = frozenset({"administrator"})
"""No group of an agency makes somebody an administrator of the partnership: another administrator does."""
LONGEST_DAYS = 366
ALGORITHMS = frozenset({"RS256", "PS256", "ES256", "EdDSA"})
"""How a provider may sign its tokens: with a key of its own alone, never with the secret that both know."""
STRENGTH = ("acr", "amr")


class SingleSignOnTrouble(Exception):
    """The file cannot be used; says why in one line."""


@dataclass(frozen=True)
class Given:
    """What membership of a group gives: a role at the agency, until so many days after the last sign-in."""

    group: str
    role: str
    days: int


@dataclass(frozen=True)
class Provider:
    """One agency's provider."""

    agency: str
    name: str
    issuer: str
    client_id: str
    secret: str
    groups_claim: str
    algorithm: str
    strength: Mapping[str, tuple[str, ...]]
    gives: tuple[Given, ...]
    form_origins: tuple[str, ...]

    def roles_of(self, claims: Mapping[str, Any]) -> dict[str, Given]:
        """Return what these claims give, by role; a claim that is no list of texts gives nothing."""
        groups = claims.get(self.groups_claim)
        if not isinstance(groups, list):
            return {}
        held = {group for group in groups if isinstance(group, str)}
        return {given.role: given for given in self.gives if given.group in held}


def read(path: str, environ: Mapping[str, str] | None = None) -> tuple[Provider, ...]:
    """Return the providers that a file names; none without a file. Raises SingleSignOnTrouble.

    path  a TOML file with a table for each agency's code; how it is written stands in docs/howto/sign-in.md
    """
    if not path:
        return ()
    try:
        told = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SingleSignOnTrouble(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    agencies = told.get("agency", {})
    if not isinstance(agencies, dict):
        raise SingleSignOnTrouble(f"{path}: [agency.CODE] tables are wanted")
    return tuple(_provider(code, raw, path, environ or os.environ) for code, raw in agencies.items())


def _provider(code: str, raw: dict[str, Any], path: str, environ: Mapping[str, str]) -> Provider:
    def text(key: str, default: str | None = None) -> str:
        value = raw.get(key, default)
        if not isinstance(value, str) or (not value and default is None):
            raise SingleSignOnTrouble(f"{path}: agency.{code} lacks {key!r}")
        return value

    issuer = text("issuer").rstrip("/")
    where = urlsplit(issuer)
    if where.scheme != "https" and where.hostname not in LOCAL:
        raise SingleSignOnTrouble(f"{path}: agency.{code}: the issuer must be https")
    algorithm = text("algorithm", "RS256")
    if algorithm not in ALGORITHMS:
        raise SingleSignOnTrouble(
            f"{path}: agency.{code}: 'algorithm' is one of {', '.join(sorted(ALGORITHMS))}"
        )
    gives = tuple(_given(code, each, path) for each in raw.get("role", []))
    origins = (f"{where.scheme}://{where.netloc}", *(str(each) for each in raw.get("form_origins", [])))
    return Provider(
        agency=code,
        name=text("name"),
        issuer=issuer,
        client_id=text("client_id"),
        secret=_secret(code, raw, path, environ),
        groups_claim=text("groups_claim", "groups"),
        algorithm=algorithm,
        strength={claim: _texts(code, raw[claim], path) for claim in STRENGTH if claim in raw},
        gives=gives,
        form_origins=origins,
    )


def _secret(code: str, raw: dict[str, Any], path: str, environ: Mapping[str, str]) -> str:
    if "secret" in raw:
        raise SingleSignOnTrouble(
            f"{path}: agency.{code}: name the secret's file or variable, not the secret itself"
        )
    if named := raw.get("secret_file"):
        try:
            return Path(str(named)).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SingleSignOnTrouble(
                f"{path}: agency.{code}: {named} cannot be read: {error.strerror}"
            ) from error
    found = environ.get(str(raw.get("secret_variable", "")), "")
    if not found:
        raise SingleSignOnTrouble(f"{path}: agency.{code} lacks 'secret_file' or 'secret_variable'")
    return found


def _texts(code: str, raw: object, path: str) -> tuple[str, ...]:
    if not isinstance(raw, list) or not raw or not all(isinstance(each, str) for each in raw):
        raise SingleSignOnTrouble(f"{path}: agency.{code}: 'acr' and 'amr' are lists of texts")
    return tuple(raw)


def _given(code: str, raw: object, path: str) -> Given:
    if not isinstance(raw, dict) or not {"group", "role"} <= set(raw):
        raise SingleSignOnTrouble(f"{path}: agency.{code}: each role wants 'group' and 'role'")
    days = raw.get("days", 30)
    if not isinstance(days, int) or not 1 <= days <= LONGEST_DAYS:
        raise SingleSignOnTrouble(f"{path}: agency.{code}: 'days' is a number from 1 to {LONGEST_DAYS}")
    if raw["role"] in NEVER:
        raise SingleSignOnTrouble(f"{path}: agency.{code}: no group gives the role {raw['role']!r}")
    return Given(str(raw["group"]), str(raw["role"]), days)


def library_settings(providers: tuple[Provider, ...]) -> dict[str, Any]:
    """Return what the sign-in library wants to know of the providers."""
    return {
        "openid_connect": {
            "provider_class": "evenhand.web.openid.AgencyProvider",
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": each.agency,
                    "name": each.name,
                    "client_id": each.client_id,
                    "secret": each.secret,
                    "settings": {
                        "server_url": each.issuer,
                        "uid_field": "sub",
                        "fetch_userinfo": True,
                        "algorithm": each.algorithm,
                        "strength": each.strength,
                        "asked_for": {"acr_values": " ".join(each.strength["acr"])}
                        if "acr" in each.strength
                        else {},
                    },
                }
                for each in providers
            ],
        }
    }
