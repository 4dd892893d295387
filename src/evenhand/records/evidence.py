"""Evidence, notes and documents: what a decision rests on."""

from __future__ import annotations

from django.db import models

from evenhand.records.case_row import CaseRow


class Evidence(CaseRow):
    """One thing said or seen: a fact or an opinion, with its source and its date."""

    kind = models.CharField(max_length=10, choices=[("fact", "fact"), ("opinion", "opinion")])
    about_on = models.DateField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "evidence"
        indexes = [models.Index(fields=["case"], name="evidence_case_ix")]


class Note(CaseRow):
    """A note for the case, for the writer's agency, or for the writer alone."""

    scope = models.CharField(max_length=10, choices=[(s, s) for s in ("case", "agency", "personal")])
    sealed = models.BinaryField()

    class Meta:
        db_table = "note"
        indexes = [models.Index(fields=["case"], name="note_case_ix")]


class Document(CaseRow):
    """A file kept with the case, encrypted under its key; the name is sealed too."""

    size = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    checked = models.CharField(max_length=40)
    sealed = models.BinaryField()

    class Meta:
        db_table = "document"
        indexes = [models.Index(fields=["case"], name="document_case_ix")]
