"""The registry as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """The one application beside Django's own and the lockout."""

    name = "proband.registry"
    label = "registry"
    default_auto_field = "django.db.models.BigAutoField"
