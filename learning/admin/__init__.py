from learning.admin import columns, duty, items, topics

__all__ = ["columns", "duty", "items", "topics"]
