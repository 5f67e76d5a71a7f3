"""The editors of the demo college and what they publish. History is written in bulk; what is on the desk now went
through the editors' own actions."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from accounts.models import Audience, Branch, User
from learning.actions import items as flow
from learning.actions.media import store_media
from learning.actions.questions import add_question
from learning.demo import documents, pictures, texts
from learning.demo.plan import Plan
from learning.demo.texts import Asked, Piece, Taught
from learning.models import (
    Column,
    Course,
    CourseVersion,
    DutyWeek,
    Item,
    Lesson,
    Media,
    Question,
    QuestionVersion,
    Quiz,
    Topic,
)
from learning.richtext import plain_text
from learning.rules.items import estimated_minutes
from learning.rules.weeks import monday_of

WEEK = dt.timedelta(days=7)
REVIEWED_BEFORE = dt.timedelta(days=3)
FOR_EVERYBODY = {"百科", "资讯"}
Place = dict  # the fields of a question that say what it belongs to


@dataclass
class Desk:
    """Whose content it is, and who writes and reviews it in turn."""

    plan: Plan
    college: Branch
    league: Branch
    editors: list[User]

    @classmethod
    def open(cls, plan: Plan) -> "Desk":
        college = Branch.objects.get(is_demo=True, name="商学院党委")
        league = Branch.objects.get(is_demo=True, name="商学院团委")
        held = User.objects.filter(offices__kind="editor", offices__branch=college, offices__until=None)
        return cls(plan, college, league, list(held.distinct().order_by("number")))

    def publish(self) -> None:
        """Everything but what learners do with it."""
        self.columns = {column.name: column for column in Column.objects.all()}
        self.party = Audience.objects.obtain([self.college])
        self.everybody = Audience.objects.obtain([self.college, self.league])
        self.topics = self._topics()
        self.courses = [self._course(number, taught) for number, taught in enumerate(texts.courses(), 1)]
        self._items()
        self._duty()

    def pair(self, turn: int) -> tuple[User, User]:
        """Author and reviewer: never the same person."""
        return self.editors[turn % len(self.editors)], self.editors[(turn + 1) % len(self.editors)]

    def _topics(self) -> dict[str, Topic]:
        found = Topic.objects.bulk_create(
            Topic(
                branch=self.college,
                name=entry["name"],
                intro=entry["intro"],
                since=dt.date(entry["since"], 1, 1),
                until=dt.date(entry.get("until", entry["since"]) + 1, 1, 1),
                position=position,
                is_demo=True,
            )
            for position, entry in enumerate(texts.topics(), 1)
        )
        return {topic.name: topic for topic in found}

    def _picture(self, name: str, picture: dict, alt: str) -> Media:
        return self._media(name, pictures.draw(picture), alt)

    def _media(self, name: str, content: bytes, alt: str = "") -> Media:
        media = store_media(content=content, name=name, branch=self.college, by=self.editors[0], alt=alt)
        media.is_demo = True
        media.save(update_fields=["is_demo"])
        return media

    # Courses

    def _course(self, number: int, taught: Taught) -> Course:
        author, reviewer = self.pair(number)
        published = self.plan.slots[0] - 12 * WEEK + number * WEEK
        course = Course.objects.create(
            branch=self.college,
            series=Course.Series.PARTY_SCHOOL,
            position=number,
            topic=self.topics.get(taught.topic),
            audience=self.everybody,
            is_demo=True,
        )
        version = CourseVersion(
            course=course,
            title=taught.title,
            summary=taught.summary,
            author=author,
            reviewer=reviewer,
            reviewed_at=published,
            published_at=published,
            state=CourseVersion.State.PUBLISHED,
        )
        version.save()
        lessons = [
            self._lesson(version, place, piece, course) for place, piece in enumerate(taught.lessons, 1)
        ]
        version.cover = lessons[0].images.get()
        version.save(update_fields=["cover"])
        asked = [(one, {"course": course}, "") for one in taught.questions]
        for lesson, piece in zip(lessons, taught.lessons, strict=True):
            place = {"course": course, "lesson_key": lesson.key}
            asked += [(one, place, lesson.body) for one in piece.questions]
        self._ask(asked, taught.title, author, reviewer, published)
        course.current = version
        course.save(update_fields=["current"])
        Quiz.objects.create(
            kind=Quiz.Kind.SELF_TEST,
            branch=self.college,
            course_version=version,
            title=f"{version.title}自测",
            attempts=0,
            pass_percent=version.test_pass,
            is_demo=True,
        )
        return course

    def _lesson(self, version: CourseVersion, place: int, piece: Piece, course: Course) -> Lesson:
        image = self._picture(f"{piece.title}.png", piece.picture, piece.alt)
        body = piece.illustrated(image.get_absolute_url())
        lesson = Lesson.objects.create(
            version=version,
            position=place,
            kind=piece.kind,
            title=piece.title,
            body=body,
            url=piece.url,
            media=self._media(f"{piece.title}.pdf", documents.write(piece.pdf)) if piece.pdf else None,
            minutes=estimated_minutes(plain_text(body)) + 2,
        )
        lesson.images.add(image)
        return lesson

    # Items

    def _items(self) -> None:
        pieces = [*chain.from_iterable(texts.months()), *texts.coming()]
        planned = list(zip(pieces, self.plan.slots, strict=False))
        sent = [(piece, slot) for piece, slot in planned if slot < self.plan.now]
        self._send([*sent, (texts.withdrawn(), self.plan.slots[14] + dt.timedelta(hours=3))])
        self._take_back(texts.withdrawn())
        self._lay_out([(piece, slot) for piece, slot in planned if slot >= self.plan.now])

    def _send(self, planned: list[tuple[Piece, dt.datetime]]) -> None:
        items = []
        for turn, (piece, at) in enumerate(planned):
            author, reviewer = self.pair(turn)
            items.append(
                Item(
                    **self._written(piece),
                    branch=self.college,
                    text=plain_text(piece.html),
                    minutes=estimated_minutes(plain_text(piece.html)),
                    author=author,
                    changed_by=author,
                    reviewer=reviewer,
                    reviewed_at=at - REVIEWED_BEFORE,
                    scheduled_at=at,
                    sent_at=at,
                    state=Item.State.SENT,
                    version=4,
                    is_demo=True,
                )
            )
        Item.objects.bulk_create(items)
        for item, (piece, at) in zip(items, planned, strict=True):
            asked = [(one, {"item": item, "topic": item.topic}, item.body) for one in piece.questions]
            self._ask(asked, piece.column, item.author, item.reviewer, at - REVIEWED_BEFORE)
        for item in items:
            Item.objects.filter(pk=item.pk).update(created_at=item.sent_at - WEEK, changed_at=item.sent_at)

    def _written(self, piece: Piece) -> dict:
        return {
            "column": self.columns[piece.column],
            "topic": self.topics.get(piece.topic),
            "title": piece.title,
            "summary": piece.summary,
            "body": piece.html,
            "cover": self._picture(f"{piece.title}.png", piece.picture, piece.alt) if piece.picture else None,
            "audience": self.everybody if piece.column in FOR_EVERYBODY else self.party,
        }

    def _take_back(self, piece: Piece) -> None:
        item = Item.objects.get(branch=self.college, title=piece.title)
        flow.withdraw_item(item=item, reason=piece.reason, by=item.reviewer)

    def _lay_out(self, planned: list[tuple[Piece, dt.datetime]]) -> None:
        """What has not gone out: two or three on the calendar, then approved, in review, given back and begun."""
        steps = _steps(len(planned))
        for turn, ((piece, at), step) in enumerate(zip(planned, steps, strict=True)):
            author, reviewer = self.pair(turn)
            written = self._written(piece) | {"audience": self.party}
            item = flow.draft_item(by=author, branch=self.college, **written)
            for one in piece.questions:
                add_question(
                    by=author,
                    branch=self.college,
                    item=item,
                    category=piece.column,
                    paragraph=one.paragraph_of(item.body),
                    **_content(one),
                    code=one.code,
                )
            if step != "draft":
                flow.submit_item(item=item, by=author)
            if step in {"scheduled", "approved"}:
                flow.approve_item(item=item, by=reviewer)
            if step == "scheduled":
                flow.schedule_item(item=item, at=at, by=author)
            if step == "returned":
                flow.return_item(item=item, by=reviewer, note="第二段请换成本校的做法，再补一句可以找谁问。")
        Item.objects.filter(branch=self.college).update(is_demo=True)
        Question.objects.filter(branch=self.college).update(is_demo=True)

    def _ask(
        self,
        asked: list[tuple[Asked, Place, str]],
        category: str,
        author: User,
        reviewer: User,
        at: dt.datetime,
    ) -> None:
        questions = Question.objects.bulk_create(
            Question(branch=self.college, code=one.code, category=category, is_demo=True, **place)
            for one, place, _ in asked
        )
        QuestionVersion.objects.bulk_create(
            QuestionVersion(
                question=question,
                paragraph=one.paragraph_of(body),
                state=QuestionVersion.State.APPROVED,
                author=author,
                reviewer=reviewer,
                reviewed_at=at,
                **_content(one),
            )
            for question, (one, _, body) in zip(questions, asked, strict=True)
        )

    def _duty(self) -> None:
        monday = monday_of(self.plan.now.date())
        DutyWeek.objects.bulk_create(
            DutyWeek(branch=self.college, monday=monday + week * WEEK, editor=self.pair(week)[0])
            for week in range(-8, 5)
        )


def _content(one: Asked) -> dict:
    names = ("kind", "stem", "options", "answer", "explanation", "basis", "valid_from")
    return {name: getattr(one, name) for name in names}


def _steps(count: int) -> Iterator[str]:
    """A state for each of ``count`` pieces, in the order in which they would go out."""
    rest = ["in_review", "returned", "draft"] if count > 4 else ["in_review", "draft"]
    scheduled = min(3, count - len(rest))
    yield from ["scheduled"] * scheduled
    approved = 1 if count - scheduled > len(rest) else 0
    yield from ["approved"] * approved
    yield from rest
    yield from ["draft"] * (count - scheduled - approved - len(rest))
