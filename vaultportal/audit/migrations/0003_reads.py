"""Two partial indexes that hold the reads of plaintext and the reads without, by time."""

from django.db import migrations

from vaultportal.audit.online import IndexOnline

# Word for word as in ``audit/reads.py``: the database uses an index only for the very condition.
IS_MASKED = """position('"custom":"masked"'::bytea in body) > 0"""
BARE = r"""encode(body, 'escape') ~ '"properties":\[[^]]*"[^".]*"[],]'"""
PLAIN = f"""
outcome = 'success' AND action IN (
    'secret.read', 'secret.export', 'secret.link_open', 'object.read', 'token.read', 'blob.decrypt'
) AND (action <> 'object.read' OR ({BARE} AND NOT {IS_MASKED}))
"""
COVERED = f"""
outcome = 'success' AND action IN ('object.read', 'token.search')
AND (action <> 'object.read' OR NOT ({BARE} AND NOT {IS_MASKED}))
"""


def index(name: str, condition: str) -> IndexOnline:
    """By time, with the reason beside it, so that counting needs no entry."""
    return IndexOnline(name, f"audit_auditentry (at) INCLUDE (reason) WHERE {condition}")


class Migration(migrations.Migration):
    atomic = False  # entries are written while the indexes are built

    dependencies = [("audit", "0002_append_only")]

    operations = [
        index("audit_entry_plain_reads", PLAIN),
        index("audit_entry_covered_reads", COVERED),
    ]
