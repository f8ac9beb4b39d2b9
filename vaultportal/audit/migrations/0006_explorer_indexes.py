"""What the explorer filters by. Empty values, which most entries have, stand in none of them."""

from django.db import migrations, models

from vaultportal.audit.online import AddIndexOnline


def by(name: str) -> AddIndexOnline:
    """The newest entries with a value of the column."""
    condition = models.Q((name, ""), _negated=True)
    index = models.Index(fields=[name, "-id"], condition=condition, name=f"audit_entry_by_{name}")
    return AddIndexOnline("auditentry", index)


class Migration(migrations.Migration):
    atomic = False  # entries are written while the indexes are built

    dependencies = [("audit", "0005_failed_export")]

    operations = [
        AddIndexOnline(
            "auditentry",
            models.Index(fields=["action", "-id"], name="audit_entry_by_action"),
        ),
        by("target_name"),
        by("reason"),
        by("address"),
    ]
