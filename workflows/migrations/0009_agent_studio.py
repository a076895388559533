"""Changes of an agent's draft are kept, and a published version of an agent never changes either."""

import django.db.models.deletion
import workspaces.ids
from django.conf import settings
from django.db import migrations, models

FREEZE = """
CREATE FUNCTION agent_version_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a published version never changes' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER agent_version_frozen BEFORE UPDATE OF definition, sha256 ON workflows_agentversion
  FOR EACH ROW WHEN (OLD.definition IS DISTINCT FROM NEW.definition OR OLD.sha256 IS DISTINCT FROM NEW.sha256)
  EXECUTE FUNCTION agent_version_frozen();
"""
THAW = "DROP TRIGGER agent_version_frozen ON workflows_agentversion; DROP FUNCTION agent_version_frozen();"


class Migration(migrations.Migration):

    dependencies = [
        ('workflows', '0008_pruned_runs'),
        ('workspaces', '0002_guards'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='agent',
            name='references',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='agentversion',
            name='references',
            field=models.JSONField(default=dict),
        ),
        migrations.CreateModel(
            name='AgentChange',
            fields=[
                ('id', models.UUIDField(default=workspaces.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('revision', models.PositiveIntegerField()),
                ('place', models.CharField(blank=True, max_length=44)),
                ('operation', models.CharField(max_length=30)),
                ('before', models.JSONField(null=True)),
                ('details', models.JSONField(null=True)),
                ('by_name', models.CharField(max_length=254)),
                ('tab', models.CharField(blank=True, max_length=64)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='workflows.agent')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workspaces.workspace')),
            ],
            options={
                'db_table': 'agent_change',
                'constraints': [models.UniqueConstraint(fields=('agent', 'revision'), name='agent_change_once')],
            },
        ),
        migrations.RunSQL(FREEZE, THAW),
    ]
