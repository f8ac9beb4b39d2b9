"""The heads of the sixteen chains, and triggers that refuse whoever would rewrite the trail."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail is append-only: % of % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$
"""

# Heads move with each entry; the MAC of the newest entry tells whether one was moved by hand.
REFUSED = {
    "audit_auditentry": "UPDATE OR DELETE OR TRUNCATE",
    "audit_checkpoint": "UPDATE OR DELETE OR TRUNCATE",
    # Not its sealed half: that is sealed anew when keys are rotated.
    "audit_signingkey": "UPDATE OF id, public OR DELETE OR TRUNCATE",
    "audit_audithead": "DELETE OR TRUNCATE",
}

# A head is updated with each entry: room in its page keeps the update off the index, and the few
# dead versions are cleaned up early.
HEADS = """
ALTER TABLE audit_audithead SET (
    fillfactor = 10, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0
)
"""


def guard(table: str, changes: str) -> migrations.RunSQL:
    """Attach the refusal of ``changes`` to ``table``."""
    return migrations.RunSQL(
        f"CREATE TRIGGER audit_append_only BEFORE {changes} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
        f"DROP TRIGGER audit_append_only ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(HEADS, migrations.RunSQL.noop),
        migrations.RunSQL(
            "INSERT INTO audit_audithead (shard, seq, mac) "
            "SELECT shard, 0, decode(repeat('00', 32), 'hex') FROM generate_series(0, 15) AS shard",
            "DELETE FROM audit_audithead",
        ),
        migrations.RunSQL(REFUSE, "DROP FUNCTION audit_refuse()"),
        *(guard(table, changes) for table, changes in REFUSED.items()),
    ]
