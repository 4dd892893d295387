"""Django looks here for models: each noun has its own file."""

from evenhand.records.agency import Agency, Area, Team
from evenhand.records.api_key import ApiKey
from evenhand.records.break_glass import BreakGlass
from evenhand.records.case import Case, CasePart, CountedCase, Person
from evenhand.records.clock import Clock, Deconfliction, Hold, Task
from evenhand.records.correction import Correction
from evenhand.records.decision import Decision
from evenhand.records.draft import Draft, ImportedRow
from evenhand.records.duty import Alarm, Duty, Heartbeat, Notice
from evenhand.records.equality import MonitoringAnswer, PublishedCount
from evenhand.records.evidence import Document, Evidence, Note
from evenhand.records.identity import ForeignReference, Identity, PersonMerge
from evenhand.records.incident import (
    ImportRun,
    Incident,
    IncidentBar,
    IncidentPair,
    IncidentVersion,
    TriggerEvent,
)
from evenhand.records.invitation import Invitation
from evenhand.records.keeping import (
    Disclosure,
    ErasureNotice,
    ErasureOrder,
    KeepingDay,
    KeepingReview,
    Restriction,
    Tombstone,
)
from evenhand.records.kept_out import KeptOut, Relation
from evenhand.records.ledger import EntryOf, LedgerEntry
from evenhand.records.look import Look
from evenhand.records.meeting import AgendaItem, Interest, Meeting, PanelView, Seat
from evenhand.records.own_key import KeyWrap, OwnKey
from evenhand.records.place_keeping import PlaceKeeping
from evenhand.records.practitioner import AudienceGroup, Practitioner, RoleHolding
from evenhand.records.release import ReleaseCells, ReleaseFile, SealedLook, StatisticalRelease
from evenhand.records.report import Report, Reporter
from evenhand.records.response import (
    Commitment,
    CommitmentStep,
    ImpactAssessment,
    Response,
    TensionSummary,
)
from evenhand.records.rights import ExportApproval, ExportRequest, RightsCase, RightsEntry, RightsRequest
from evenhand.records.sealing import (
    LedgerAlarm,
    LedgerBatch,
    LedgerCheckpoint,
    LedgerCosignature,
    LedgerEpoch,
    LedgerLeaf,
    LedgerLog,
    LedgerTile,
)
from evenhand.records.sharing import Alert, Grant, InformationRequest, OnwardReferral, Telling
from evenhand.records.sign_in_memory import SignInMemory
from evenhand.records.site import (
    GrantApplication,
    GrantStep,
    PatrolRota,
    PatrolVisit,
    ProtectionPlan,
    Site,
    SiteContact,
    SiteTime,
    SiteWarning,
    SiteWeakness,
)
from evenhand.records.support import Action, Commission, Consent, Need, Plan, ProviderSession
from evenhand.records.user import User
from evenhand.records.watch import (
    AlarmAnswer,
    AlarmEpisode,
    AlarmRevision,
    IncidentFigure,
    WatchArea,
    WatchRun,
    WatchSeries,
)

__all__ = [
    "Action",
    "Agency",
    "AgendaItem",
    "Alarm",
    "AlarmAnswer",
    "AlarmEpisode",
    "AlarmRevision",
    "Alert",
    "ApiKey",
    "Area",
    "AudienceGroup",
    "BreakGlass",
    "Case",
    "CasePart",
    "Clock",
    "Commission",
    "Commitment",
    "CommitmentStep",
    "Consent",
    "Correction",
    "CountedCase",
    "Decision",
    "Deconfliction",
    "Disclosure",
    "Document",
    "Draft",
    "Duty",
    "EntryOf",
    "ErasureNotice",
    "ErasureOrder",
    "Evidence",
    "ExportApproval",
    "ExportRequest",
    "ForeignReference",
    "Grant",
    "GrantApplication",
    "GrantStep",
    "Heartbeat",
    "Hold",
    "Identity",
    "ImpactAssessment",
    "ImportRun",
    "ImportedRow",
    "Incident",
    "IncidentBar",
    "IncidentFigure",
    "IncidentPair",
    "IncidentVersion",
    "InformationRequest",
    "Interest",
    "Invitation",
    "KeepingDay",
    "KeepingReview",
    "KeptOut",
    "KeyWrap",
    "LedgerAlarm",
    "LedgerBatch",
    "LedgerCheckpoint",
    "LedgerCosignature",
    "LedgerEntry",
    "LedgerEpoch",
    "LedgerLeaf",
    "LedgerLog",
    "LedgerTile",
    "Look",
    "Meeting",
    "MonitoringAnswer",
    "Need",
    "Note",
    "Notice",
    "OnwardReferral",
    "OwnKey",
    "PanelView",
    "PatrolRota",
    "PatrolVisit",
    "Person",
    "PersonMerge",
    "PlaceKeeping",
    "Plan",
    "Practitioner",
    "ProtectionPlan",
    "ProviderSession",
    "PublishedCount",
    "Relation",
    "ReleaseCells",
    "ReleaseFile",
    "Report",
    "Reporter",
    "Response",
    "Restriction",
    "RightsCase",
    "RightsEntry",
    "RightsRequest",
    "RoleHolding",
    "SealedLook",
    "Seat",
    "SignInMemory",
    "Site",
    "SiteContact",
    "SiteTime",
    "SiteWarning",
    "SiteWeakness",
    "StatisticalRelease",
    "Task",
    "Team",
    "Telling",
    "TensionSummary",
    "Tombstone",
    "TriggerEvent",
    "User",
    "WatchArea",
    "WatchRun",
    "WatchSeries",
]  # fmt: skip
