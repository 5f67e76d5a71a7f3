from learning.admin import columns, duty, items, questions, topics

__all__ = ["columns", "duty", "items", "questions", "topics"]
