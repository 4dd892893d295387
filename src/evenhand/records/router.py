"""Send each model to the database role that may touch it."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

SIGN_IN_APPS = {"auth", "contenttypes", "sessions", "account", "mfa", "axes", "socialaccount"}
SIGN_IN_MODELS = {"user", "invitation", "apikey", "signinmemory"}


class RoleRouter:
    """Sign-in tables through the sign-in role, sealed equality answers through theirs, the rest through the application's."""

    def _alias(self, model: type[Model]) -> str:
        meta = model._meta
        if meta.app_label in SIGN_IN_APPS or meta.model_name in SIGN_IN_MODELS:
            return "signin"
        return "default"

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return self._alias(model)

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return self._alias(model)

    def allow_relation(self, first: Model, second: Model, **hints: Any) -> bool | None:
        return self._alias(first._meta.model) == self._alias(second._meta.model) or None

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "admin"
