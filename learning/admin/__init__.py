from learning.admin import assignments, columns, courses, duty, items, questions, quizzes, topics

__all__ = ["assignments", "columns", "courses", "duty", "items", "questions", "quizzes", "topics"]
