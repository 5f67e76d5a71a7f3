from learning.models.assignment import Assignee, Assignment, Nudge
from learning.models.attempt import Answer, Attempt, AttemptEvent
from learning.models.column import Column
from learning.models.correction import Correction
from learning.models.course import Completion, Course, CourseVersion, Lesson, LessonProgress
from learning.models.item import DutyWeek, Item, Reading
from learning.models.media import Media
from learning.models.mistake import Mistake
from learning.models.question import Question, QuestionVersion
from learning.models.quiz import Quiz, QuizQuestion
from learning.models.statistic import ItemStatistic
from learning.models.topic import Subscription, Topic

__all__ = [
    "Answer",
    "Assignee",
    "Assignment",
    "Attempt",
    "AttemptEvent",
    "Column",
    "Completion",
    "Correction",
    "Course",
    "CourseVersion",
    "DutyWeek",
    "Item",
    "ItemStatistic",
    "Lesson",
    "LessonProgress",
    "Media",
    "Mistake",
    "Nudge",
    "Question",
    "QuestionVersion",
    "Quiz",
    "QuizQuestion",
    "Reading",
    "Subscription",
    "Topic",
]
