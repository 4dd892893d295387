"""Say whether something may be shared for a purpose with an agency: what is not named is denied."""

from __future__ import annotations

from typing import Any

from evenhand.kernels.policy.deciding import Reason, Refused
from evenhand.kernels.policy.pack import Pack

ANYBODY = "any"
# Agencies by kind, as the list of purposes speaks of them.
KINDS = {"school": "education", "community": "provider", "faith": "provider"}


def check_sharing(pack: Pack, *, purpose: str, basis: str, kind: str, consent: str) -> None:
    """Let a share pass, or refuse it with every reason.

    kind     the kind of the agency that is to receive it
    consent  the latest word on consent to support
    raises   Refused: a purpose that is denied, or that the pack does not name; a receiver, basis or consent that does not fit
    """
    denied = _entry(pack, "denied_purpose", purpose)
    if denied is not None:
        sentence = f"Nothing is shared for this purpose: {denied['label']}."
        raise Refused((Reason("denied_purpose", sentence, str(denied["source"])),))
    found = _entry(pack, "purpose", purpose)
    if found is None:
        raise Refused(
            (Reason("unknown_purpose", "Nothing is shared for a purpose that the policy does not name.", ""),)
        )
    source, reasons = str(found["source"]), []
    receivers = list(found.get("with", []))
    if ANYBODY not in receivers and KINDS.get(kind, kind) not in receivers:
        reasons.append(
            Reason("receiver", "The policy does not share with this kind of agency for this purpose.", source)
        )
    if basis not in found.get("bases", []):
        reasons.append(Reason("basis", "This legal basis does not carry this purpose.", source))
    if found.get("needs_consent") and consent != "given":
        reasons.append(
            Reason("consent", "This purpose needs consent to support, and there is none now.", source)
        )
    if reasons:
        raise Refused(tuple(reasons))


def _entry(pack: Pack, section: str, code: str) -> dict[str, Any] | None:
    found = pack.sharing.get(section, [])
    if not isinstance(found, list):
        return None
    return next((entry for entry in found if isinstance(entry, dict) and entry.get("code") == code), None)


def rests_on_consent(pack: Pack, basis: str) -> bool:
    """Say whether a legal basis is the person's consent to support."""
    return _entry(pack, "consent_basis", basis) is not None


def check_basis(pack: Pack, *, basis: str, consent: str) -> None:
    """Refuse a basis of consent where there is none; raises Refused."""
    found = _entry(pack, "consent_basis", basis)
    if found is not None and consent != "given":
        sentence = "This basis is consent to support, and there is none now."
        raise Refused((Reason("consent", sentence, str(found["source"])),))


def ends_with_consent(pack: Pack) -> dict[str, list[str]]:
    """Return what ends when consent does: legal bases that are consent, purposes that need it, clocks of unanswered offers."""
    purposes, bases = pack.sharing.get("purpose", []), pack.sharing.get("consent_basis", [])
    return {
        "bases": [str(entry["code"]) for entry in bases if isinstance(entry, dict)]
        if isinstance(bases, list)
        else [],
        "purposes": [
            str(entry["code"])
            for entry in purposes
            if isinstance(entry, dict) and entry.get("ends_with_consent")
        ]
        if isinstance(purposes, list)
        else [],
        "clocks": sorted(
            {
                clock
                for editions in pack.editions.values()
                for journey in editions
                for step in journey.steps.values()
                for share in journey.steps.values()
                if step.verb == "accept" and share.verb == "share"
                for clock in set(step.stops) & set(share.starts)
            }
        ),
    }
