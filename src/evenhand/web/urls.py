"""Give every page its address; each room of the casework adds its own."""

from __future__ import annotations

from django.urls import path, re_path

from evenhand.web import (
    administration,
    administration_people,
    alert,
    before_after,
    break_glass,
    case,
    commitments,
    counts,
    exports,
    incident_import,
    incident_pairs,
    incidents,
    journey,
    keeping,
    languages,
    lists,
    looks,
    meetings,
    notices,
    place_keeping,
    protection,
    publish,
    record,
    record_incident,
    refer,
    relations,
    releases,
    responses,
    rights,
    rotas,
    search,
    sites,
    static_pages,
    step,
    unusual,
    worklist,
)
from evenhand.web.account_urls import account_pages

handler400 = "evenhand.web.errors.bad_request"
handler403 = "evenhand.web.errors.forbidden"
handler404 = "evenhand.web.errors.not_found"
handler429 = "evenhand.web.errors.too_many"
handler500 = "evenhand.web.errors.server_error"

public_pages = [
    path("", static_pages.home, name="home"),
    path("danger/", static_pages.danger, name="danger"),
    path("privacy/", static_pages.privacy, name="privacy"),
    path("accessibility/", static_pages.accessibility, name="accessibility"),
    path("cookies/", static_pages.cookies, name="cookies"),
    path("what-happens/", static_pages.what_happens, name="what_happens"),
    path("contact/", static_pages.contact, name="contact"),
    path("in-other-languages/<slug:code>/", static_pages.other_language, name="other_language"),
    path("language/", languages.choose, name="choose_language"),
    path("healthz", static_pages.healthz, name="healthz"),
    path("readyz", static_pages.readyz, name="readyz"),
    path("record/", record.show, name="record"),
    path("ledger/checkpoint", record.checkpoint, name="ledger_checkpoint"),
    path("ledger/log.pub", record.log_key, name="ledger_key"),
    re_path(
        r"^ledger/tile/entries/(?P<path>(?:x\d{3}/){0,3}\d{3})(?:\.p/(?P<width>\d{1,3}))?$",
        record.entries,
        name="ledger_entries",
    ),
    re_path(
        r"^ledger/tile/(?P<level>\d)/(?P<path>(?:x\d{3}/){0,3}\d{3})(?:\.p/(?P<width>\d{1,3}))?$",
        record.tile,
        name="ledger_tile",
    ),
]

report_pages = [
    path("refer/", refer.start, name="refer"),
    path("refer/danger-now/", refer.danger, name="refer_danger"),
    path("refer/counting/", refer.counting, name="refer_counting"),
    path("refer/check/", refer.check, name="refer_check"),
    path("refer/sent/", refer.done, name="refer_done"),
    path("refer/later/", refer.saved, name="refer_saved"),
    path("refer/back/", refer.back, name="refer_back"),
    path("refer/forget/", refer.forget, name="refer_forget"),
    path("refer/question/<slug:code>/", refer.question, name="refer_question"),
    path("alert/", alert.show, name="alert"),
    path("alert/told/", alert.told, name="alert_told"),
    path("alert/duty/", alert.duty, name="alert_duty"),
    path("alert/duty/<uuid:number>/take/", alert.taken, name="alert_take"),
    path("alert/duty/<uuid:number>/said/<uuid:whom>/", alert.said, name="alert_said"),
    path("alert/duty/<uuid:number>/done/", alert.written_up, name="alert_write_up"),
]

case_pages = [
    path("worklist/", worklist.show, name="worklist"),
    path("messages/read/", notices.read, name="notices_read"),
    path("search/", search.show, name="search"),
    path("meetings/", meetings.index, name="meetings"),
    path("meetings/call/", meetings.call, name="meeting_call"),
    path("meetings/<uuid:meeting_id>/", meetings.show, name="meeting"),
    path("meetings/<uuid:meeting_id>/minutes/", meetings.minutes, name="meeting_minutes"),
    path("case/<uuid:case_id>/", case.show, name="case"),
    path("case/<uuid:case_id>/print/", case.show, {"printed": True}, name="case_print"),
    path("case/<uuid:case_id>/why/", case.ground, name="case_ground"),
    path("case/<uuid:case_id>/looks/", looks.of_case, name="case_looks"),
    path("looks/", looks.across, name="looks"),
    path("break-glass/", break_glass.show, name="break_glass"),
    path("break-glass/reviews/", break_glass.reviews, name="break_glass_reviews"),
    path("break-glass/reviews/<uuid:number>/", break_glass.review, name="break_glass_review"),
    path("held/", break_glass.held, name="held"),
    path("relations/", relations.show, name="relations"),
    path("relations/<uuid:number>/end/", relations.end, name="relation_end"),
    path("case/<uuid:case_id>/document/<uuid:document_id>/", case.document, name="case_document"),
    path("case/<uuid:case_id>/record/", record.case_acts, name="case_record"),
    path("case/<uuid:case_id>/record/<int:entry_id>/", record.proof, name="case_proof"),
    path("case/<uuid:case_id>/step/<slug:step>/", step.show, name="step"),
]

rights_pages = [
    path("rights/", rights.index, name="rights"),
    path("rights/record/", rights.take, name="rights_take"),
    path("rights/<uuid:number>/", rights.show, name="rights_request"),
    path("rights/<uuid:number>/entry/<uuid:entry_id>/", rights.entry, name="rights_entry"),
    path("rights/<uuid:number>/pack/", rights.take_pack, name="rights_pack"),
    path("rights/<uuid:number>/letter/", rights.letter, name="rights_letter"),
    path("case/<uuid:case_id>/letter/", rights.end, name="case_letter"),
    path("disclosures/", rights.disclosures, name="disclosures"),
    path("keeping/", keeping.show, name="keeping"),
    path("exports/", exports.index, name="exports"),
    path("exports/ask/", exports.ask, name="export_ask"),
    path("exports/<uuid:number>/", exports.show, name="export"),
    path("exports/<uuid:number>/take/", exports.take, name="export_take"),
]

partnership_pages = [
    path("counts/", counts.show, name="counts"),
    path("journey/", journey.show, name="journey"),
    path("journey/<slug:code>/", journey.show, name="journey_of"),
    path("journey/<slug:code>/picture.svg", journey.picture, name="journey_picture"),
    path("lists/", lists.show, name="lists"),
    path("statistics/", releases.index, name="releases"),
    path("statistics/<slug:code>/", releases.show, name="release"),
    path("statistics/<slug:code>/file/<path:path>", releases.file, name="release_file"),
    path("publish/", publish.index, name="publish"),
    path("publish/<uuid:number>/", publish.release, name="publish_release"),
    path("publish/<uuid:number>/file/<path:path>", publish.file, name="publish_file"),
    path("publish/<uuid:number>/sealed/", publish.sealed, name="publish_sealed"),
    path("administration/", administration.index, name="administration"),
    path("administration/agencies/", administration.agency_pages, name="administration_agencies"),
    path("administration/people/", administration_people.people, name="administration_people"),
    path("administration/people/add/", administration_people.add_person, name="administration_add_person"),
    path(
        "administration/people/<uuid:practitioner_id>/",
        administration_people.person,
        name="administration_person",
    ),
    path("administration/record/", record.state, name="administration_record"),
    path("administration/work/", administration_people.work, name="administration_work"),
]

protection_pages = [
    path("sites/", sites.index, name="sites"),
    path("sites/<uuid:site_id>/", sites.show, name="site"),
    path("sites/keeping/", place_keeping.show, name="place_keeping"),
    path("rotas/", rotas.index, name="rotas"),
    path("rotas/<uuid:rota_id>/", rotas.show, name="rota"),
    path("responses/", responses.index, name="responses"),
    path("responses/<uuid:response_id>/", responses.show, name="response"),
    path("tension/", responses.tension, name="tension"),
    path("promises/", responses.promised, name="promises"),
    path("protect/<slug:code>/", protection.act, name="protect"),
    path("protect/<slug:code>/<uuid:target>/", protection.act, name="protect_one"),
    path("before-and-after/", before_after.show, name="before_after"),
    path("commitments/", commitments.show, name="commitments"),
    path("warning/<str:token>/", commitments.warning, name="warning"),
]

incident_pages = [
    path("incidents/", incidents.show, name="incidents"),
    path("incidents/record/", record_incident.show, name="incident_record"),
    path("incidents/import/", incident_import.show, name="incident_import"),
    path("incidents/pairs/", incident_pairs.show, name="incident_pairs"),
    path("incidents/pairs/<uuid:first>/<uuid:second>/", incident_pairs.one, name="incident_pair"),
    path("incidents/figures/", unusual.figures, name="incident_figures"),
    path("incidents/<uuid:number>/", incidents.one, name="incident"),
    path("incidents/<uuid:number>/correct/", record_incident.mend, name="incident_correct"),
    path("unusual/", unusual.show, name="unusual"),
    path("unusual/events/", unusual.event, name="unusual_event"),
    path("unusual/series/<slug:area>/<str:strand>/", unusual.series, name="unusual_series"),
    path("unusual/<uuid:number>/", unusual.alarm, name="unusual_alarm"),
]

urlpatterns = [
    *incident_pages,
    *protection_pages,
    *public_pages,
    *account_pages,
    *report_pages,
    *case_pages,
    *rights_pages,
    *partnership_pages,
]
