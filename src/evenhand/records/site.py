"""A site to protect: when people gather there, whom to ring, what is planned and promised. It lists no congregant."""

from __future__ import annotations

from django.db import models

from evenhand.records.area_row import AreaRow


class Site(AreaRow):
    """A place of worship, a school, a centre; its name and address are sealed under its own key."""

    kind = models.CharField(max_length=40)
    tradition = models.CharField(max_length=40, blank=True, default="")
    closed_on = models.DateField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "site"
        indexes = [models.Index(fields=["area"], name="site_area_ix")]


class SiteContact(AreaRow):
    """Somebody who answers for a site and may be rung; a handful at most, and never a member of a congregation as such."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    ended_on = models.DateField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "site_contact"
        indexes = [models.Index(fields=["site"], name="site_contact_site_ix")]


class SiteTime(AreaRow):
    """When people gather: each day, on a weekday, at a festival that moves, or once; with the priority people gave it.

    `day_offset` counts from the day on which a festival begins, its eve where it has one. A window that closes before it
    opens goes on after midnight.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(
        max_length=12, choices=[(code, code) for code in ("daily", "weekly", "festival", "once")]
    )
    weekday = models.IntegerField(null=True)
    festival = models.CharField(max_length=40, blank=True, default="")
    day_offset = models.IntegerField(default=0)
    every_day = models.BooleanField(default=False)
    on_day = models.DateField(null=True)
    opens = models.TimeField()
    closes = models.TimeField()
    minutes = models.IntegerField()
    visits = models.IntegerField(default=1)
    priority = models.IntegerField(default=2)
    from_on = models.DateField()
    ended_on = models.DateField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "site_time"
        indexes = [models.Index(fields=["site"], name="site_time_site_ix")]


class SiteWeakness(AreaRow):
    """What makes a site vulnerable, for those who need it alone."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    mended_on = models.DateField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "site_weakness"
        indexes = [models.Index(fields=["site"], name="site_weakness_site_ix")]


class ProtectionPlan(AreaRow):
    """What is done for a site from one day to another, and the officer who is named to it."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    officer = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    from_on = models.DateField()
    to_on = models.DateField()
    review_on = models.DateField()
    ended_on = models.DateField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "protection_plan"
        indexes = [models.Index(fields=["site"], name="protection_plan_site_ix")]


class PatrolRota(AreaRow):
    """A rota for an area: the shifts it was made for, its proof, and whether somebody agreed to it."""

    begins_on = models.DateField()
    days = models.IntegerField()
    settings = models.JSONField()
    proof = models.JSONField()
    agreed_by = models.UUIDField(null=True)
    agreed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "patrol_rota"


class PatrolVisit(AreaRow):
    """A visit or a reassurance patrol at a site: planned, then done or not, in whose words."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    rota = models.ForeignKey(PatrolRota, on_delete=models.PROTECT, related_name="+", null=True)
    time = models.ForeignKey(SiteTime, on_delete=models.PROTECT, related_name="+", null=True)
    kind = models.CharField(max_length=20, default="patrol")
    crew = models.CharField(max_length=60, blank=True, default="")
    need = models.CharField(max_length=20, blank=True, default="")
    """Which window of the rota's question it answers."""
    starts_at = models.DateTimeField()
    minutes = models.IntegerField()
    cancelled_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.UUIDField(null=True)
    took_place = models.BooleanField(null=True)
    sealed_done = models.BinaryField(null=True)

    class Meta:
        db_table = "patrol_visit"
        indexes = [models.Index(fields=["site", "starts_at"], name="patrol_visit_site_ix")]


class SiteWarning(AreaRow):
    """What a contact is told, by which officer, and that they have read it: by a link that opens nothing else."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    contact = models.ForeignKey(SiteContact, on_delete=models.PROTECT, related_name="+")
    officer = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    token_hash = models.BinaryField()
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    sealed = models.BinaryField()
    sealed_answer = models.BinaryField(null=True)

    class Meta:
        db_table = "site_warning"
        indexes = [models.Index(fields=["site"], name="site_warning_site_ix")]


class GrantApplication(AreaRow):
    """An application of a site to a protection scheme."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    scheme = models.CharField(max_length=40)

    class Meta:
        db_table = "grant_application"
        indexes = [models.Index(fields=["site"], name="grant_application_site_ix")]


class GrantStep(AreaRow):
    """How far an application has come: a step, its day, and words; the latest says where it stands."""

    application = models.ForeignKey(GrantApplication, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=40)
    on_day = models.DateField()
    due_on = models.DateField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "grant_step"
        indexes = [models.Index(fields=["application"], name="grant_step_application_ix")]
