"""Live sources: what each publisher sends, fetched whole or not at all, and put together as a History."""
