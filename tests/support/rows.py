"""Did anything change? A fingerprint of every row, but for what signing in itself leaves behind."""

from django.db import connection

UNIMPORTANT = {"django_session", "django_migrations"}
"""And the columns that say when somebody was last here."""
MOMENTS = ("last_login", "last_used_at")


def fingerprint() -> dict[str, str]:
    """Table → digest of its rows in any order."""
    tables = [table for table in connection.introspection.table_names() if table not in UNIMPORTANT]
    without = " ".join(f"- '{column}'" for column in MOMENTS)
    parts = [
        f"SELECT '{table}', coalesce(md5(string_agg(md5((to_jsonb(t) {without})::text), '' "
        f"ORDER BY md5((to_jsonb(t) {without})::text))), '') FROM {connection.ops.quote_name(table)} t"
        for table in tables
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())
