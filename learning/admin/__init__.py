from learning.admin import columns, courses, duty, items, questions, topics

__all__ = ["columns", "courses", "duty", "items", "questions", "topics"]
