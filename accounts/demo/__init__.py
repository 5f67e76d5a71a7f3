"""云溪大学, an invented university (``domain.md`` §8.1). Made by seeded code; nobody in it exists."""
