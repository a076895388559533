"""A run that is moved to another version keeps its place among those with its order key."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workflows', '0011_step_sample'),
    ]

    operations = [
        migrations.AddField(
            model_name='run',
            name='order_place',
            field=models.UUIDField(null=True),
        ),
    ]
