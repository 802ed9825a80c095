"""What DynamoDB's expressions say is read once; the embedded AWS reads them anew for every item it looks at.

It looks at a whole partition for each page of a list, so that was three quarters of what a list took.
"""

from functools import lru_cache

from ministack.services import dynamodb

KEPT = 1024  # expressions; the product sends some dozens


def read_expressions_once() -> None:
    """Both are functions of the text alone, and whoever asks leaves the tokens as they are."""
    dynamodb._tokenize = lru_cache(KEPT)(dynamodb._tokenize)
    dynamodb._condition_syntax_error = lru_cache(KEPT)(dynamodb._condition_syntax_error)
