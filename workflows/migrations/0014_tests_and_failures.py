"""The few tests and failures among many runs are found at once, however many there are."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workflows', '0013_sample_agents'),
        ('workspaces', '0004_first_steps'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='run',
            index=models.Index(condition=models.Q(('kind', 'test')), fields=['workspace', '-id'], name='run_tests'),
        ),
        migrations.AddIndex(
            model_name='run',
            index=models.Index(condition=models.Q(('status', 'failed')), fields=['workspace', '-id'], name='run_failed'),
        ),
    ]
