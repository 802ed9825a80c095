"""One module per function: what it does, its stores and channels passed in."""
