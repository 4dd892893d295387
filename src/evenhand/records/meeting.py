"""A panel meeting: who sits, what is on the agenda, who had to leave, what each agency thought."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from evenhand.records.case_row import CaseRow


class Meeting(models.Model):
    """One sitting of the panel of one council or table."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    where = models.CharField(max_length=200, blank=True, default="")
    chair = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    called_by = models.UUIDField()
    called_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    aud = ArrayField(models.IntegerField(), default=list, editable=False)

    class Meta:
        db_table = "meeting"

    def __str__(self) -> str:
        return f"{self.agency_id} {self.starts_at}"


class Seat(models.Model):
    """A member of a meeting, whom they speak for, and whether they came."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="+")
    practitioner = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=40, default="panel_member")
    attended = models.BooleanField(null=True)
    aud = ArrayField(models.IntegerField(), default=list, editable=False)

    class Meta:
        db_table = "seat"
        constraints = [models.UniqueConstraint(fields=["meeting", "practitioner"], name="seat_once")]

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.practitioner_id}"


class AgendaItem(CaseRow):
    """A case on the agenda of a meeting, and what was decided there."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="+")
    position = models.IntegerField(default=0)
    decision = models.ForeignKey("records.Decision", on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        db_table = "agenda_item"
        indexes = [models.Index(fields=["case"], name="agenda_item_case_ix")]
        constraints = [models.UniqueConstraint(fields=["meeting", "case"], name="agenda_once")]


class PanelView(CaseRow):
    """What one agency's member thought of a case: adopt, not adopt, defer, or dissent, in their words."""

    item = models.ForeignKey(AgendaItem, on_delete=models.PROTECT, related_name="+")
    practitioner = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+")
    view = models.CharField(max_length=20)
    sealed = models.BinaryField()

    class Meta:
        db_table = "panel_view"
        indexes = [models.Index(fields=["case"], name="panel_view_case_ix")]


class Interest(CaseRow):
    """A declared conflict: from then on the case does not exist for that person."""

    practitioner = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    until = models.DateField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "interest"
        indexes = [models.Index(fields=["case"], name="interest_case_ix")]
