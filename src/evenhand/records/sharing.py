"""Questions to partners, onward referrals, access grants, and whether the person was told."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from evenhand.records.case_row import CaseRow


class InformationRequest(CaseRow):
    """One question to one partner about one person, one fact and its basis."""

    agency = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+")
    asked_of = models.ForeignKey(
        "records.Practitioner", on_delete=models.PROTECT, related_name="+", null=True
    )
    basis = models.CharField(max_length=60)
    asked_at = models.DateTimeField(default=timezone.now)
    replied_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    sealed = models.BinaryField()
    sealed_reply = models.BinaryField(null=True)

    class Meta:
        db_table = "information_request"
        indexes = [models.Index(fields=["case"], name="information_request_case_ix")]


class OnwardReferral(CaseRow):
    """A hand-over to another service: open until its receiver accepts it or returns it; over when the consent it rests on ends."""

    agency = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+", null=True)
    service = models.CharField(max_length=60)
    state = models.CharField(max_length=12, default="offered")
    basis = models.CharField(max_length=60, blank=True, default="")
    ended_at = models.DateTimeField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "onward_referral"
        indexes = [models.Index(fields=["case"], name="onward_referral_case_ix")]


class Grant(CaseRow):
    """Sight of one part of a case for one practitioner, for a time, with a reason."""

    practitioner = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    of_part = models.CharField(max_length=16)
    until = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "access_grant"
        indexes = [
            models.Index(fields=["case"], name="grant_case_ix"),
            models.Index(
                fields=["practitioner"],
                name="grant_ends_ix",
                condition=models.Q(revoked_at=None) & ~models.Q(until=None),
            ),
        ]


class Telling(CaseRow):
    """That the person was told, or why not yet: reason, owner, review date, who independently agreed."""

    told = models.BooleanField()
    review_on = models.DateField(null=True)
    owner = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+", null=True)
    agreed_by = models.UUIDField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "telling"
        indexes = [models.Index(fields=["case"], name="telling_case_ix")]


class Alert(CaseRow):
    """Danger now: what was done at once, by whom, and the second look that followed."""

    acted_at = models.DateTimeField()
    looked_again_at = models.DateTimeField(null=True)
    looked_again_by = models.UUIDField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "alert"
        indexes = [models.Index(fields=["case"], name="alert_case_ix")]
