"""What is a function of a text alone is read once; the embedded AWS reads it anew for every item it looks at.

Expressions, held against each item, were three quarters of what a list took; the lengths of numbers, of which
an aggregate has hundreds, a third of what a time series did.
"""

from functools import lru_cache

from ministack.services import dynamodb

KEPT = 1024  # expressions; the product sends some dozens
NUMBERS = 65_536


def read_expressions_once() -> None:
    """Whoever asks for the tokens leaves them as they are."""
    dynamodb._tokenize = lru_cache(KEPT)(dynamodb._tokenize)
    dynamodb._condition_syntax_error = lru_cache(KEPT)(dynamodb._condition_syntax_error)
    dynamodb._number_size_bytes = lru_cache(NUMBERS, typed=True)(dynamodb._number_size_bytes)
