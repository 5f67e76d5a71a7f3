"""What the demo university learns: texts in ``*.toml``, written for it, and the code that loads them (``domain.md`` §8.2–8.6)."""
