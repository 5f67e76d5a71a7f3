"""What the people of the demo college do with the content. Scores follow from the stored answers by the rules."""

import datetime as dt
import random
from dataclasses import dataclass, field
from functools import cache

from django.db import connection
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from accounts.demo.load import featured
from accounts.models import Audience, Branch, Membership, User
from accounts.roles import Stage
from learning.actions.quizzes import TAKERS
from learning.analysis import refresh_statistics
from learning.demo.desk import Desk
from learning.models import (
    Answer,
    Assignee,
    Assignment,
    Attempt,
    AttemptEvent,
    Completion,
    Course,
    Item,
    LessonProgress,
    Mistake,
    QuestionVersion,
    Quiz,
    QuizQuestion,
    Reading,
    Subscription,
)
from learning.rules import schedule
from learning.rules.attempts import key_free_at, option_order, outcome
from learning.rules.drawing import questions_for
from learning.rules.grading import RIGHT, keys_of, points
from learning.rules.quizzes import period_of, title_of

BATCH = 2000
OPENED = 0.35
TOOK_PART = (0.3, 0.35, 0.12)  # of the three month-end quizzes, the open one last
HALF_DONE = 2  # the course in whose middle those are whom a newcomer tries first
DAY = dt.timedelta(days=1)
_Kind = QuestionVersion.Kind


@dataclass
class Learners:
    """Fills lists and writes each with one call, because there are thousands of them."""

    desk: Desk
    rng: random.Random
    attempts: list[Attempt] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    mistakes: dict[tuple[int, int], schedule.Place] = field(default_factory=dict)

    def study(self) -> None:
        """Everything learners leave behind."""
        now, college = self.desk.plan.now, self.desk.college
        self.people = list(self.desk.party.people().order_by("number"))
        self.tried = {person["userid"] for person in featured()}
        self.skill = {
            person.pk: 0.7 if person.number in self.tried else self.rng.choice((0.45, 0.75, 0.95, 0.98))
            for person in self.people
        }
        self.home = dict(
            Membership.objects.filter(person__in=self.desk.party.people().values("pk"), until=None)
            .filter(side=Membership.Side.PARTY)
            .values_list("person", "branch_name")
        )
        self._read()
        self._subscribe()
        takers = Audience.objects.obtain([college], stages=TAKERS)
        learning = [person for person in self.people if person.stage in TAKERS]
        for number, month in enumerate(self.desk.plan.months):
            quiz = self._month_end(month, now)
            self._take_part(quiz, takers, learning, TOOK_PART[number])
        self._take_courses()
        self._write()

    # Reading

    def _read(self) -> None:
        today = timezone.localdate(self.desk.plan.now)
        rows = []
        people = {
            audience.pk: list(audience.people().values_list("pk", flat=True))
            for audience in (self.desk.party, self.desk.everybody)
        }
        for item in Item.objects.filter(is_demo=True, sent_at__isnull=False):
            day = timezone.localdate(item.sent_at)
            for person in people[item.audience_id]:
                opened = None
                if self.rng.random() < OPENED:
                    opened = min(today, day + DAY * self.rng.choice((0, 0, 0, 1, 1, 2, 4)))
                rows.append((item.pk, person, True, opened and opened.isoformat()))
        # 60,000 rows without a model for each: the whole demo should be there in seconds
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {Reading._meta.db_table} (item_id, person_id, is_recipient, opened_on)"  # noqa: S608
                " VALUES (%s, %s, %s, %s)",
                rows,
            )

    def _subscribe(self) -> None:
        topics = list(self.desk.topics.values())[:5]
        Subscription.objects.bulk_create(
            Subscription(topic=topic, person=person)
            for person in self.people[::6]
            for topic in self.rng.sample(topics, 2)
        )

    # Month-end quizzes

    def _month_end(self, month: dt.date, now: dt.datetime) -> Quiz:
        period = period_of(month)
        opens, closes = self.desk.plan.window(month)
        quiz = Quiz.objects.create(
            kind=Quiz.Kind.MONTH_END,
            branch=self.desk.college,
            period=period,
            title=title_of(period),
            audience=self.desk.everybody,
            opens_at=opens,
            closes_at=closes,
            is_demo=True,
        )
        Quiz.objects.filter(pk=quiz.pk).update(created_at=min(opens, now) - 3 * DAY)
        versions = QuestionVersion.objects.filter(
            state=QuestionVersion.State.APPROVED,
            question__item__in=Item.objects.sent_in(period).filter(sent_at__lt=opens),
        )
        first = {
            version.question.item_id: version
            for version in versions.select_related("question").order_by("-pk")
        }
        QuizQuestion.objects.bulk_create(
            QuizQuestion(quiz=quiz, position=position, version=version, item_id=item)
            for position, (item, version) in enumerate(sorted(first.items()), 1)
        )
        return quiz

    def _take_part(self, quiz: Quiz, takers: Audience, people: list[User], share: float) -> None:
        versions = [row.version for row in quiz.questions.select_related("version__question")]
        last = min(quiz.closes_at, self.desk.plan.now)
        assignment = self._assignment(quiz.branch, takers, quiz.closes_at, quiz.opens_at - 3 * DAY, quiz=quiz)
        done = {}
        is_open = quiz.closes_at > self.desk.plan.now
        for person in people:
            if not self._does(person, share, not is_open):
                continue
            closed = quiz.opens_at + (last - quiz.opens_at) * self.rng.uniform(0.1, 0.98)
            attempt = self._sit(quiz, person, versions, closed, hard=versions[0])
            done[person.pk] = attempt.closed_at
        self._enter(assignment, people, done)

    def _sit(
        self,
        quiz: Quiz,
        person: User,
        versions: list[QuestionVersion],
        closed: dt.datetime,
        *,
        hard: QuestionVersion | None = None,
    ) -> Attempt:
        """A closed sitting. ``hard`` is a question that misleads those who know more."""
        begun = closed - dt.timedelta(seconds=self.rng.randint(150, 540))
        if quiz.opens_at:
            begun = max(begun, quiz.opens_at)
        attempt = Attempt(
            quiz=quiz,
            person=person,
            number=1,
            branch_name=self.home.get(person.pk, ""),
            state=Attempt.State.CLOSED,
            started_at=begun,
            ends_at=quiz.closes_at,
            closed_at=closed,
            closed_by=Attempt.ClosedBy.PERSON,
            key=f"demo-{len(self.attempts)}",
        )
        noted, graded = key_free_at(quiz) or _evening(closed), []
        for position, version in enumerate(self.rng.sample(versions, len(versions)), 1):
            skill = self.skill[person.pk]
            knows = self.rng.random() < (1.2 - skill if version is hard else skill)
            value = _answer(version, knows, self.rng)
            answer = Answer(
                attempt=attempt,
                position=position,
                version=version,
                order=option_order(version, self.rng, same_order=False),
                value=value,
                sequence=1,
                saved_at=closed,
                points=points(version, value),
            )
            graded.append(answer.points)
            self.answers.append(answer)
            if answer.points < RIGHT:
                self.mistakes.setdefault((person.pk, version.question_id), _noted(noted, version.question_id))
        attempt.score, attempt.full, attempt.passed = outcome(graded, quiz.pass_percent)
        self.attempts.append(attempt)
        return attempt

    def _does(self, person: User, share: float, expected: bool) -> bool:
        """Chance, but for those whom a newcomer tries first: they did what is over and have the rest before them."""
        chance = self.rng.random() < share
        return expected if person.number in self.tried else chance

    # Courses

    def _take_courses(self) -> None:
        activists = [person for person in self.people if person.stage in {Stage.ACTIVIST, Stage.TARGET}]
        now, courses = self.desk.plan.now, self.desk.courses
        completed: dict[int, dict[int, dt.datetime]] = {}
        progress: list[LessonProgress] = []
        for number, (course, share) in enumerate(zip(courses, (0.4, 0.2, 0.15, 0.08, 0.12), strict=True)):
            completed[course.pk] = self._complete(course, activists, share, progress)
            begun = {row.person_id for row in progress if row.course_id == course.pk}
            lessons = list(course.current.lessons.all())
            in_the_middle = [person for person in activists[number::7] if person.number not in self.tried]
            if number == HALF_DONE:
                in_the_middle += [person for person in self.people if person.number in self.tried]
            for person in in_the_middle:
                if person.pk not in begun:
                    progress += _progress(person, course, lessons[: 1 + number % 3], now - 4 * DAY)
        LessonProgress.objects.bulk_create(progress, batch_size=BATCH)
        LessonProgress.objects.filter(course__is_demo=True).update(opened_at=F("finished_at"))
        self._confirm(courses[0])
        office = self.desk.college.offices.filter(kind="college_admin").select_related("person").first()
        everybody = Audience.objects.obtain([self.desk.college], stages=[Stage.ACTIVIST, Stage.TARGET])
        assignment = self._assignment(
            self.desk.college, everybody, _evening(now + 10 * DAY), now - 6 * DAY,
            course=courses[HALF_DONE], by=office and office.person,
        )  # fmt: skip
        self._enter(assignment, activists, completed[courses[HALF_DONE].pk])
        self._assign_in_a_branch(courses[4], completed[courses[4].pk])

    def _complete(
        self, course: Course, people: list[User], share: float, progress: list[LessonProgress]
    ) -> dict[int, dt.datetime]:
        """A part of ``people`` finishes all lessons and passes the self-test."""
        version, now = course.current, self.desk.plan.now
        lessons = list(version.lessons.all())
        stock = list(questions_for(version, timezone.localdate(now)))
        done, completions = {}, []
        for person in people:
            if not self._does(person, share, course == self.desk.courses[0]):
                continue
            at = now - DAY * self.rng.uniform(2, 70)
            attempt = self._sit(version.quiz, person, self.rng.sample(stock, version.test_draw), at)
            progress += _progress(person, course, lessons, at - dt.timedelta(minutes=20))
            if attempt.passed:
                done[person.pk] = at
                completions.append(
                    Completion(
                        person=person,
                        course=course,
                        version=version,
                        branch_name=self.home.get(person.pk, ""),
                        completed_at=at,
                    )
                )
        Completion.objects.bulk_create(completions)
        return done

    def _confirm(self, course: Course) -> None:
        """The college office has confirmed the older half of the first course."""
        office = self.desk.college.offices.filter(kind="organizer").order_by("pk").first()
        if office is None:
            return
        long_ago = self.desk.plan.now - 35 * DAY
        Completion.objects.filter(course=course, completed_at__lt=long_ago).update(
            confirmed_at=long_ago + DAY, confirmed_by=office.person
        )

    def _assign_in_a_branch(self, course: Course, done: dict[int, dt.datetime]) -> None:
        branch = Branch.objects.filter(is_demo=True, name="本科生第一党支部").first()
        if branch is None:
            return
        office = branch.offices.filter(kind="secretary").select_related("person").first()
        audience, now = Audience.objects.obtain([branch]), self.desk.plan.now
        assignment = self._assignment(
            branch,
            audience,
            _evening(now + 5 * DAY),
            now - 4 * DAY,
            course=course,
            by=office and office.person,
        )
        self._enter(assignment, list(audience.people()), done)

    # Study tasks

    def _assignment(self, branch: Branch, audience: Audience, due_at, at, *, by=None, **task) -> Assignment:
        assignment = Assignment.objects.create(
            branch=branch, audience=audience, due_at=due_at, created_by=by, is_demo=True, **task
        )
        Assignment.objects.filter(pk=assignment.pk).update(created_at=at)
        assignment.created_at = at
        return assignment

    def _enter(self, assignment: Assignment, people: list[User], done: dict[int, dt.datetime]) -> None:
        Assignee.objects.bulk_create(
            (
                Assignee(assignment=assignment, person=person, done_at=done.get(person.pk))
                for person in people
            ),
            batch_size=BATCH,
        )
        Assignee.objects.filter(assignment=assignment).update(added_at=assignment.created_at)

    # Writing

    def _write(self) -> None:
        Attempt.objects.bulk_create(self.attempts, batch_size=BATCH)
        Answer.objects.bulk_create(self.answers, batch_size=BATCH)
        kinds = AttemptEvent.Kind
        AttemptEvent.objects.bulk_create(
            (
                AttemptEvent(attempt=attempt, kind=kind)
                for attempt in self.attempts
                for kind in (kinds.STARTED, kinds.SUBMITTED)
            ),
            batch_size=BATCH,
        )
        for kind, moment in ((kinds.STARTED, "started_at"), (kinds.SUBMITTED, "closed_at")):
            at = Attempt.objects.filter(pk=OuterRef("attempt")).values(moment)
            AttemptEvent.objects.filter(kind=kind, attempt__quiz__is_demo=True).update(at=Subquery(at))
        Mistake.objects.bulk_create(
            (
                Mistake(person_id=person, question_id=question, card=place.card, due_at=place.due_at)
                for (person, question), place in self.mistakes.items()
            ),
            batch_size=BATCH,
        )
        refresh_statistics()


@cache
def _noted(at: dt.datetime, question: int) -> schedule.Place:
    return schedule.after_mistake(schedule.NOWHERE, at, question)


def _progress(person: User, course: Course, lessons, at: dt.datetime) -> list[LessonProgress]:
    """``lessons`` finished one after the other, the last at ``at``."""
    return [
        LessonProgress(
            person=person,
            course=course,
            lesson_key=lesson.key,
            finished_at=at - dt.timedelta(minutes=9) * (len(lessons) - place),
        )
        for place, lesson in enumerate(lessons, 1)
    ]


def _answer(version: QuestionVersion, knows: bool, rng: random.Random) -> list[str]:
    """What somebody answers who knows it, or does not."""
    if version.kind == _Kind.FILL:
        return [forms[0] if knows else "不知道" for forms in version.answer]
    if knows:
        return list(version.answer)
    keys = keys_of(version)
    if version.kind == _Kind.MULTIPLE:
        return sorted(rng.sample(keys, rng.randint(1, len(keys) - 1)))
    return [rng.choice([key for key in keys if key not in version.answer])]


def _evening(moment: dt.datetime) -> dt.datetime:
    return timezone.localtime(moment).replace(hour=22, minute=0, second=0, microsecond=0)
