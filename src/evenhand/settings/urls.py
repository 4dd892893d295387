"""Put the doors beside one another: pages at the root, the machine door under /api/."""

from __future__ import annotations

from django.urls import include, path

from evenhand.web import urls as web

handler400, handler403, handler404, handler500 = (
    web.handler400,
    web.handler403,
    web.handler404,
    web.handler500,
)
urlpatterns = [path("api/", include("evenhand.api.urls")), *web.urlpatterns]
