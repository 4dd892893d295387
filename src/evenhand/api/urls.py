"""All addresses of the machine door, under /api/v1/."""

from __future__ import annotations

from django.urls import path

from evenhand.api import case, disclosures, incidents, refer, worklist
from evenhand.api.door import api

api.add_router("", refer.router)
api.add_router("", case.router)
api.add_router("", worklist.router)
api.add_router("", disclosures.router)
api.add_router("", incidents.router)

urlpatterns = [path("v1/", api.urls)]
