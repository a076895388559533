"""What a person chose as the sample of what a step gives."""

from django.db import models

from workflows.models.run import Run
from workflows.models.workflow import Workflow
from workspaces.models import Tenant, TenantQuerySet


class StepSample(Tenant):
    """Stands for a step's output in tests, in the `/` picker and in previews."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="samples", db_index=False)
    step_id = models.CharField(max_length=44)
    action = models.CharField(max_length=90)
    """What the step was then: a sample does not fit what replaced it."""
    output = models.JSONField(null=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="kept_samples", null=True)
    """Where it was taken from: it goes when that run's data go."""
    by_name = models.CharField(max_length=254)
    at = models.DateTimeField()

    objects = TenantQuerySet["StepSample"].as_manager()

    class Meta:
        db_table = "step_sample"
        constraints = [models.UniqueConstraint(fields=["workflow", "step_id"], name="step_sample_once")]

    def __str__(self) -> str:
        return f"{self.workflow_id} {self.step_id}"
