"""Lambda calls a function that SNS has an event for, and calls it again where that fails; so here.

The embedded AWS calls it once, although it knows the retries and destinations of asynchronous calls.
"""

import json
from typing import Any

from ministack.services import lambda_svc, sns


def retry_deliveries() -> None:
    sns._deliver_to_lambda = _deliver


def _deliver(endpoint: str, envelope: str, _topic: str, subscription: str, *_: Any) -> None:
    function, config, name = lambda_svc._get_func_record_for_ref(endpoint)
    if not function or not config:
        raise LookupError(f"SNS has an event for {name}, which is not there")
    record = {
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription,
        "EventSource": "aws:sns",
        "Sns": json.loads(envelope),
    }
    lambda_svc.invoke_async_with_retry(function, {"Records": [record]})
