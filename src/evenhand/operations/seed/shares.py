"""How referrals are spread: the shares of the national release, as far as they are published, for a made-up area."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from random import Random

# Year ending March 2025: education 3,129, police 2,631 and local authority 895 of 8,778; the others fill up.
SECTORS: Mapping[str, float] = {
    "education": 35.6, "police": 30.0, "local_authority": 10.2, "health": 9.0, "hmpps": 4.2, "community": 3.2,
    "friends_family": 4.3, "home_office_other": 3.5,
}  # fmt: skip

# Year ending March 2025: 345, 3,192 and 1,178 of 8,759 known; the bands above 17 fill up.
AGES: tuple[tuple[int, int, float], ...] = (
    (6, 10, 3.9),
    (11, 15, 36.4),
    (16, 17, 13.4),
    (18, 20, 11.0),
    (21, 30, 14.5),
    (31, 40, 10.5),
    (41, 50, 5.8),
    (51, 60, 3.0),
    (61, 84, 1.5),
)
AGE_NOT_KNOWN = 0.4

# Leaves in force on a day. From April 2024: extreme right-wing 1,798, Islamist 870, no ideology 4,917 of 8,769.
CONCERNS: tuple[tuple[date, Mapping[str, float]], ...] = (
    (
        date(2024, 4, 1),
        {
            "no_specific_ideology": 34.0, "fascination_violence": 12.0, "susceptible_no_ideology": 10.1,
            "extreme_right_wing": 20.5, "islamist": 9.9, "conflicted": 4.5, "incel": 1.4, "left_single_issue": 1.1,
            "other_concern": 3.0, "concern_not_known": 3.5,
        },
    ),
    (
        date(2021, 4, 1),
        {
            "vulnerability_no_ideology": 37.0, "extreme_right_wing": 19.0, "islamist": 13.0, "conflicted": 17.0,
            "no_specific_issue": 5.0, "school_massacre": 2.5, "incel": 1.0, "high_risk_no_ideology": 1.0,
            "left_single_issue": 1.0, "other_concern": 1.5, "unspecified_2021": 2.0,
        },
    ),
)  # fmt: skip

# What becomes of a referral, where it is decided. Signposted is the largest group, as in every year published;
# 17 in 100 are adopted in the year ending March 2025.
ROADS: Mapping[str, float] = {
    "screened_out": 5.0,
    "gateway_no_further_action": 22.0,
    "gateway_signposted": 31.0,
    "section_36_no_further_action": 7.5,
    "section_36_signposted": 9.0,
    "section_36_police_led": 1.0,
    "panel_not_adopted": 6.0,
    "panel_police_led": 0.6,
    "escalated": 0.9,
    "adopted": 17.0,
}

# Of those adopted: what becomes of the offer of support.
OFFERS: Mapping[str, float] = {
    "completed": 66.0,
    "refused": 11.0,
    "young_person_refused": 5.0,
    "withdrawn": 10.0,
    "social_care_leads": 2.0,
    "transferred": 4.0,
    "escalated": 2.0,
}

# Relative number of referrals by month: schools are away in August, and January to March is the fullest quarter.
MONTHS = (1.15, 1.15, 1.25, 1.0, 1.05, 1.0, 0.85, 0.5, 1.0, 1.15, 1.15, 0.8)
GROWTH_A_YEAR = 1.12

LANGUAGE_NEEDS = ("An interpreter for Sylheti.", "British Sign Language.", "An interpreter for Ukrainian.",
                  "Short sentences, and time to answer.", "An interpreter for Arabic.", "Large print.")  # fmt: skip


def concerns_on(day: date) -> Mapping[str, float]:
    """Return the shares of the concerns that may be chosen on a day."""
    for since, shares in CONCERNS:
        if day >= since:
            return shares
    return {"other_concern": 1.0}


# Monitoring answers of those who are asked and answer; 88 in 100 with known gender are male in the national release.
ANSWERED = 0.7
MONITORED: Mapping[str, Mapping[str, float]] = {
    "gender": {"male": 88.0, "female": 11.5, "other": 0.5},
    "ethnicity": {"white": 62.0, "asian": 21.0, "black": 8.0, "mixed": 5.0, "other_ethnic": 4.0},
    "conditions": {
        "no_condition": 60.0, "autism": 14.0, "adhd": 8.0, "mental_health_condition": 12.0, "several_conditions": 6.0,
    },
}  # fmt: skip


def monitored(seed: str) -> dict[str, str]:
    """Return what somebody made up answered for monitoring; the same seed answers the same."""
    rng = Random(seed)  # noqa: S311 - invents people, protects nothing
    return {
        code: rng.choices(list(weights), list(weights.values()))[0]
        for code, weights in MONITORED.items()
        if rng.random() < ANSWERED
    }
