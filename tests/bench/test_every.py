"""What any route asks of DynamoDB does not grow with the builds that are stored."""

import pytest
from fastapi.routing import APIRoute

from bench.every import QUESTIONS, Question, asked
from bench.history import NOW
from bench.served import served
from functions.metrics import api

FEW, MANY = 1_000, 5_000
ASK_NOTHING = {"/health", "/config", "/docs", "/docs/{name}"}
LISTS = ("/builds", "/pipelines?", "/changes", "/cctray", "/export", "/metrics/openmetrics")


@pytest.mark.xdist_group("history")  # which is made once
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.url)
def test_a_route_takes_as_many_requests_of_few_builds_and_of_many(question: Question) -> None:
    told = asked(question, (FEW, MANY), rounds=0)
    few, many = told.spent[FEW], told.spent[MANY]
    assert 1 <= few.sent <= question.requests
    assert 1 <= many.sent <= question.requests
    if question.flat:
        assert few.requests == many.requests
    if question.flat and question.url.startswith(LISTS):
        assert many.reads <= few.reads + 0.5  # where a page's bytes end up just above a unit


def test_every_route_is_asked() -> None:
    known = (*api.app.routes, *api.outputs().routes)
    routes = {route.path: route.path_regex for route in known if isinstance(route, APIRoute)}
    paths = [question.url.partition("?")[0] for question in QUESTIONS]
    unasked = {path for path, form in routes.items() if not any(map(form.fullmatch, paths))}
    assert unasked == ASK_NOTHING


def test_a_question_that_is_refused_is_no_figure() -> None:
    with served(NOW) as at, pytest.raises(RuntimeError, match="422"):
        at.get("/builds?limit=0")
