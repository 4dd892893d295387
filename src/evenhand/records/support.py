"""Consent, plan, needs, actions and provider sessions: support, which rests on consent."""

from __future__ import annotations

from django.db import models

from evenhand.records.case_row import CaseRow


class Consent(CaseRow):
    """What was asked and answered: given, refused, withdrawn or lapsed, by whom and how."""

    state = models.CharField(max_length=12)
    by = models.CharField(max_length=12, default="self")
    on = models.DateField()
    decision = models.ForeignKey("records.Decision", on_delete=models.PROTECT, related_name="+")
    sealed = models.BinaryField()

    class Meta:
        db_table = "consent"
        indexes = [models.Index(fields=["case"], name="consent_case_ix")]


class Plan(CaseRow):
    """A support plan: how, when and by whom consent is asked, what support, who is responsible (s.36(5))."""

    decision = models.ForeignKey("records.Decision", on_delete=models.PROTECT, related_name="+")
    review_on = models.DateField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "plan"
        indexes = [models.Index(fields=["case"], name="plan_case_ix")]


class Need(CaseRow):
    """One need of the person; each is met, declined or reasoned before the case can end."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+", null=True)
    state = models.CharField(max_length=12, default="open")
    sealed = models.BinaryField()

    class Meta:
        db_table = "need"
        indexes = [models.Index(fields=["case"], name="need_case_ix")]


class Action(CaseRow):
    """Something an agency takes on under the plan; its receiver accepts it or returns it."""

    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="+", null=True)
    owner = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, default="asked")
    due_on = models.DateField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "action"
        indexes = [models.Index(fields=["case"], name="action_case_ix")]


class Commission(CaseRow):
    """Sessions asked of an intervention provider, so that delivered can be held against commissioned."""

    agency = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+")
    sessions = models.IntegerField()
    every_days = models.IntegerField(default=14)
    from_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        db_table = "commission"
        indexes = [models.Index(fields=["case"], name="commission_case_ix")]


class ProviderSession(CaseRow):
    """One session: held or not, when, and what the provider says of it."""

    commission = models.ForeignKey(Commission, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    delivered = models.BooleanField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "provider_session"
        indexes = [models.Index(fields=["case"], name="provider_session_case_ix")]
