"""Accounts of a hospital's own provider that open accounts here."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models


class Migration(migrations.Migration):
    """The table of what is bound to what."""

    dependencies = [("registry", "0007_tokens")]
    operations: list[Any] = [
        migrations.CreateModel(
            name="HospitalAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", models.CharField(max_length=64, unique=True)),
                ("issuer", models.CharField(max_length=255)),
                ("subject", models.CharField(max_length=255)),
                ("bound", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.AddConstraint(
            model_name="hospitalaccount",
            constraint=models.UniqueConstraint(fields=("issuer", "subject"), name="one_account_of_each_subject"),
        ),
    ]  # fmt: skip
