"""The read API in words: what may be asked, how answers and refusals look. Pure; pydantic only."""
