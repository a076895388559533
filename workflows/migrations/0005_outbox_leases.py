"""Who is sending a row of the outbox, and which ones were given up."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workflows", "0004_events_order_and_children")]

    operations = [
        migrations.RemoveIndex(
            model_name="outbox",
            name="outbox_unsent",
        ),
        migrations.AddField(
            model_name="outbox",
            name="created_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AddField(
            model_name="outbox",
            name="given_up_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="outbox",
            name="lease_token",
            field=models.UUIDField(null=True),
        ),
        migrations.AddIndex(
            model_name="outbox",
            index=models.Index(
                condition=models.Q(("given_up_at__isnull", True), ("sent_at__isnull", True)),
                fields=["available_at"],
                name="outbox_unsent",
            ),
        ),
    ]
