"""What each route of the API answers, for its documentation: nothing else needs the models of answers."""

from collections.abc import Mapping
from typing import Any, Final

from pipeline_health.api import answers, jobs, numbers, pipeline_answers, words

ROUTES: Final[Mapping[str, Mapping[str, Any]]] = {
    "/health": {"tags": ["Service"], "response_model": answers.Health},
    "/config": {"tags": ["Service"], "response_model": answers.Config},
    "/builds": {"tags": ["Builds"], "response_model": answers.Builds},
    "/builds/latest": {"tags": ["Builds"], "response_model": answers.Build, "responses": words.NOT_FOUND},
    "/builds/{id}": {
        "tags": ["Builds"],
        "response_model": answers.BuildWithLogs,
        "responses": words.NOT_FOUND,
    },
    "/pipelines": {"tags": ["Pipelines"], "response_model": answers.Pipelines},
    "/pipelines/{id}": {
        "tags": ["Pipelines"],
        "response_model": pipeline_answers.OnePipeline,
        "responses": words.NOT_FOUND,
    },
    "/changes": {"tags": ["Pipelines"], "response_model": answers.Changes},
    "/metrics/summary": {"tags": ["Metrics"], "response_model": numbers.Summary},
    "/metrics/timeseries": {"tags": ["Metrics"], "response_model": numbers.Timeseries},
    "/metrics/pipelines": {"tags": ["Metrics"], "response_model": numbers.PipelineMetrics},
    "/metrics/jobs": {"tags": ["Metrics"], "response_model": jobs.JobMetrics},
}
