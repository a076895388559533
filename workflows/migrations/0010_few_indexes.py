"""Writing a run costs less: no index twice, and what is updated all the time stays in its page and is tidied soon."""

import django.db.models.deletion
from django.db import migrations, models

OFTEN = "autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02"
TIDY = f"""
ALTER TABLE run SET ({OFTEN});
ALTER TABLE step_run SET (autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE workspace_lane SET (fillfactor = 50, {OFTEN});
ALTER TABLE run_number SET (fillfactor = 50, {OFTEN});
"""
UNTIDY = """
ALTER TABLE run RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE step_run RESET (autovacuum_analyze_scale_factor);
ALTER TABLE workspace_lane RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE run_number RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('workflows', '0009_agent_studio'),
        ('workspaces', '0003_retention'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='workspacelane',
            name='workspace_lane_turn',
        ),
        migrations.AlterField(
            model_name='run',
            name='agent',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workflows.agent'),
        ),
        migrations.AlterField(
            model_name='run',
            name='workflow',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='workflows.workflow'),
        ),
        migrations.AlterField(
            model_name='run',
            name='workspace',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workspaces.workspace'),
        ),
        migrations.AlterField(
            model_name='steprun',
            name='run',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='workflows.run'),
        ),
        migrations.RunSQL(TIDY, UNTIDY),
    ]
