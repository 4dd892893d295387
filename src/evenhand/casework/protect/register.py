"""Name every act about a place: its form, what it is about, what it writes, what can be picked."""

from __future__ import annotations

from evenhand.casework.protect import answering, choosing, keeping, patrols, sites, warning
from evenhand.casework.protect.acting import PlaceAct
from evenhand.records.response import Commitment, Response, TensionSummary
from evenhand.records.site import (
    GrantApplication,
    PatrolRota,
    PatrolVisit,
    ProtectionPlan,
    Site,
    SiteContact,
    SiteTime,
    SiteWarning,
    SiteWeakness,
)

ACTS = {
    "site": PlaceAct("site", None, sites.add_site, choosing.in_areas),
    "contact": PlaceAct("site_contact", Site, sites.add_contact),
    "time": PlaceAct("site_time", Site, sites.add_time, choosing.festivals),
    "weakness": PlaceAct("site_weakness", Site, sites.add_weakness),
    "plan": PlaceAct("protection_plan", Site, sites.make_plan, choosing.officers),
    "visit": PlaceAct("patrol_visit", Site, sites.plan_visit),
    "log-visit": PlaceAct("visit_log", PatrolVisit, sites.log_visit),
    "cancel-visit": PlaceAct("end_entry", PatrolVisit, sites.cancel_visit, title="Take the visit out"),
    "warn": PlaceAct("site_warning", Site, warning.warn, choosing.contacts),
    "withdraw-warning": PlaceAct("end_entry", SiteWarning, warning.withdraw, title="Withdraw the warning"),
    "apply": PlaceAct("grant_apply", Site, sites.apply),
    "application": PlaceAct("grant_step", GrantApplication, sites.step_application),
    "end-contact": PlaceAct("end_entry", SiteContact, sites.end_entry, title="End the contact"),
    "end-time": PlaceAct("end_entry", SiteTime, sites.end_entry, title="End the time"),
    "end-plan": PlaceAct("end_entry", ProtectionPlan, sites.end_entry, title="End the plan"),
    "mend": PlaceAct("end_entry", SiteWeakness, sites.end_entry, title="The weakness is mended"),
    "rota": PlaceAct("rota", None, patrols.propose_rota, choosing.in_areas),
    "change-rota": PlaceAct("rota_change", PatrolRota, patrols.change_rota, patrols.changing),
    "agree-rota": PlaceAct("end_entry", PatrolRota, patrols.agree, title="Agree to the rota"),
    "withdraw-rota": PlaceAct("end_entry", PatrolRota, patrols.withdraw, title="Withdraw the rota"),
    "respond": PlaceAct("respond", None, answering.respond, choosing.beginnings),
    "hand-response": PlaceAct("hand_response", Response, answering.hand, choosing.owners),
    "end-response": PlaceAct("end_response", Response, answering.end),
    "impact": PlaceAct("impact", Response, answering.assess_impact),
    "tension": PlaceAct("tension", None, answering.summarise_tension, choosing.in_areas),
    "promise": PlaceAct("promise", None, answering.promise, choosing.promising),
    "promise-step": PlaceAct("promise_step", Commitment, answering.step_promise),
    "close-site": PlaceAct("end_entry", Site, keeping.close_site, title="Close the site"),
    "keep-site": PlaceAct("keep_place", Site, keeping.keep),
    "forget-site": PlaceAct("forget_place", Site, keeping.forget),
    "keep-response": PlaceAct("keep_place", Response, keeping.keep),
    "forget-response": PlaceAct("forget_place", Response, keeping.forget),
    "keep-tension": PlaceAct("keep_place", TensionSummary, keeping.keep),
    "forget-tension": PlaceAct("forget_place", TensionSummary, keeping.forget),
    "keep-promise": PlaceAct("keep_place", Commitment, keeping.keep),
    "forget-promise": PlaceAct("forget_place", Commitment, keeping.forget),
}
