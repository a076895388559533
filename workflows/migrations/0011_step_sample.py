"""A person may choose what stands for a step's output; it goes with the run that it was taken from."""

import django.db.models.deletion
import workspaces.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workflows', '0010_few_indexes'),
        ('workspaces', '0003_retention'),
    ]

    operations = [
        migrations.CreateModel(
            name='StepSample',
            fields=[
                ('id', models.UUIDField(default=workspaces.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('step_id', models.CharField(max_length=44)),
                ('action', models.CharField(max_length=90)),
                ('output', models.JSONField(null=True)),
                ('by_name', models.CharField(max_length=254)),
                ('at', models.DateTimeField()),
                ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='kept_samples', to='workflows.run')),
                ('workflow', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='samples', to='workflows.workflow')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workspaces.workspace')),
            ],
            options={
                'db_table': 'step_sample',
                'constraints': [models.UniqueConstraint(fields=('workflow', 'step_id'), name='step_sample_once')],
            },
        ),
    ]
