"""Learning under load: what a course page, a quiz and a saved answer cost, the month-end rush, the month-end itself.

Costs are processor time of the server and its database for one unit, divided by that of a plain view
(``tests/benchmarks/plain.py``) that only reads or writes, under the same server in the same run.
"""

import json
import re
import resource
import statistics
import subprocess
import sys
import threading
import time

import requests
from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from tests.benchmarks.cpu import spent
from tests.benchmarks.measure import ROOT, served, session_of

PORTAL = "partyhub.wsgi:application"
QUESTIONS, LESSONS = 20, 30
PAIRS, QUIZZES, PLAIN = 150, 40, 300
LEARNERS, RUSH_SECONDS = 8, 60
ATTEMPTS = (10_000, 1_000_000)


class Learner:
    """A signed-in phone: one connection, the CSRF token of the page it looks at, a count of its changes."""

    def __init__(self, address: str, user):
        self.address = address.rstrip("/")
        self.user = user
        self.http = requests.Session()
        self.http.cookies[settings.SESSION_COOKIE_NAME] = session_of(user)
        self.token = ""
        self.times: list[float] = []
        self.bad: list[int] = []
        self.told: dict[int, str] = {}

    def get(self, path: str) -> requests.Response:
        return self._ask("GET", path)

    def post(self, path: str, **data) -> requests.Response:
        return self._ask("POST", path, {"csrfmiddlewaretoken": self.token} | data)

    def take(self, quiz) -> requests.Response:
        """Open, start, hand in all answers in one request, look at the score."""
        self.get(reverse("learning:quiz", args=[quiz.pk]))
        paper = self.post(reverse("learning:quiz", args=[quiz.pk]))
        queue = [{"q": n, "a": ["B"], "sequence": 1, "mark": False} for n in range(1, QUESTIONS + 1)]
        return self._hand_in(paper, json.dumps(queue))

    def take_slowly(self, quiz) -> requests.Response:
        """The same, answer by answer."""
        self.get(reverse("learning:quiz", args=[quiz.pk]))
        paper = self.post(reverse("learning:quiz", args=[quiz.pk]))
        for position in range(1, QUESTIONS + 1):
            self.save(paper, position, "B")
        return self._hand_in(paper, "")

    def save(self, paper: requests.Response, position: int, value: str) -> None:
        answer = self.post(
            paper.url.removeprefix(self.address), q=position, a=value, sequence=1, before="", accept="json"
        )
        if answer.status_code == 200:
            self.told[position] = value

    def _hand_in(self, paper: requests.Response, queue: str) -> requests.Response:
        form = {"q": QUESTIONS, "sequence": 0, "before": "[[], false]", "key": str(self.user.pk)}
        return self.post(paper.url.removeprefix(self.address), **form, queue=queue, go="submit")

    def _ask(self, method: str, path: str, data: dict | None = None) -> requests.Response:
        wants_json = bool(data) and data.pop("accept", "") == "json"
        headers = {"Referer": self.address, "Accept": "application/json" if wants_json else "text/html"}
        began = time.perf_counter()
        answer = self.http.request(method, self.address + path, data=data, headers=headers, timeout=60)
        self.times.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            self.bad.append(answer.status_code)
        if found := re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.text):
            self.token = found[1]
        return answer


def costs(branches, users) -> dict:
    """Processor milliseconds for a pair of course pages, a quiz and a saved answer, and the same of the plain views."""
    from tests.learning.factories import month_end_quiz, published_course

    university = branches[0].parent.parent
    course = published_course(university, lessons=LESSONS)
    quiz = month_end_quiz(university, questions=QUESTIONS)
    lesson = course.current.lessons.first()
    pair = [
        reverse("learning:course", args=[course.pk]),
        reverse("learning:lesson", args=[course.pk, lesson.key]),
    ]
    with served(PORTAL) as (address, group):
        reader = Learner(address, users[2])
        read = per_unit(group, PAIRS, lambda _: [reader.get(path) for path in pair])
        fast = [Learner(address, user) for user in users[10 : 10 + QUIZZES + 1]]
        quick = per_unit(group, QUIZZES, lambda n: fast[n].take(quiz))
        slow = [Learner(address, user) for user in users[100 : 100 + QUIZZES + 1]]
        slowly = per_unit(group, QUIZZES, lambda n: slow[n].take_slowly(quiz))
        bad = sum(len(one.bad) for one in [reader, *fast, *slow])
    _make_plain_table()
    with served("tests.benchmarks.plain:application") as (address, group):
        plain = Learner(address, users[3])
        select, insert, answers = (
            per_unit(group, PLAIN, lambda _, path=path: plain.get(path))
            for path in ("/select/", "/insert/", "/answers/")
        )
        bad += len(plain.bad)
    save = (slowly - quick) / QUESTIONS
    return {
        "course_and_lesson_ms": read, "plain_select_ms": select, "pair_to_select": round(read / (2 * select), 1),
        "quiz_ms": quick, "plain_20_answers_ms": answers, "quiz_to_plain": round(quick / answers, 1),
        "save_ms": round(save, 2), "plain_insert_ms": insert, "save_to_insert": round(save / insert, 1),
        "not_200": bad,
    }  # fmt: skip


def _make_plain_table() -> None:
    key = "bigserial PRIMARY KEY" if connection.vendor == "postgresql" else "integer PRIMARY KEY"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS plain_answer")
        cursor.execute(f"CREATE TABLE plain_answer (id {key}, person bigint, position int, value text)")


def per_unit(group: int, units: int, act) -> float:
    """Processor milliseconds of the server and the database for one ``act``; the first call warms up."""
    act(units)
    before = spent(group)
    for number in range(units):
        act(number)
    return round((spent(group) - before) * 1000 / units, 2)


def rush(branches, users) -> dict:
    """Eight learners at once, each the next person as soon as one is done; then every told answer is looked up."""
    from learning.models import Answer
    from tests.learning.factories import month_end_quiz

    quiz = month_end_quiz(branches[0].parent.parent, questions=QUESTIONS, period="2000-01")
    waiting = iter(users[200:])
    taken, guard = [], threading.Lock()

    def go_on(address: str, until: float) -> None:
        while time.perf_counter() < until:
            with guard:
                learner = Learner(address, next(waiting))
                connection.close()  # signing in took one from the pool, which is smaller than the crowd
            learner.take_slowly(quiz)
            with guard:
                taken.append(learner)

    with served(PORTAL) as (address, _):
        until = time.perf_counter() + RUSH_SECONDS
        threads = [threading.Thread(target=go_on, args=[address, until]) for _ in range(LEARNERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    times = sorted(one for learner in taken for one in learner.times)
    told = {(learner.user.pk, place): value for learner in taken for place, value in learner.told.items()}
    stored = {
        (person, place): value[0] if value else ""
        for person, place, value in Answer.objects.filter(attempt__quiz=quiz).values_list(
            "attempt__person", "position", "value"
        )
    }
    return {
        "quizzes": len(taken), "requests": len(times), "per_second": round(len(times) / RUSH_SECONDS, 1),
        "p50_ms": round(statistics.median(times), 1), "p95_ms": round(times[int(len(times) * 0.95)], 1),
        "not_200": sum(len(learner.bad) for learner in taken), "answers_told": len(told),
        "answers_lost": sum(stored.get(key) != value for key, value in told.items()),
        "not_graded": quiz.attempts_made.exclude(state="closed").count(),
    }  # fmt: skip


def month_end(branches, users) -> dict:
    """Assembling the quiz and telling everybody, in a process of its own, whose peak memory counts.

    Everybody is an activist here, so that everybody is asked and told.
    """
    type(users[0]).objects.update(stage="activist")
    code = f"from tests.benchmarks.learning import assemble; assemble({branches[0].parent.parent.pk})"
    command = [sys.executable, "-c", "import django; django.setup(); " + code]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def assemble(university: int) -> None:
    from accounts.models import Branch
    from learning.actions.quizzes import announce_quizzes, assemble_quiz
    from learning.models import Quiz
    from notifications.models import Recipient
    from tests.learning.factories import ItemFactory, QuestionVersionFactory

    branch = Branch.objects.get(pk=university)
    last_month = timezone.now() - timezone.timedelta(days=timezone.localdate().day + 10)
    for _ in range(10):
        item = ItemFactory(branch=branch, sent_at=last_month)
        QuestionVersionFactory(question__branch=branch, question__item=item, paragraph=1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    began = time.perf_counter()
    quiz = assemble_quiz(branch=branch, period=last_month.strftime("%Y-%m"))
    assembled = time.perf_counter()
    now = timezone.now()
    Quiz.objects.filter(pk=quiz.pk).update(opens_at=now, closes_at=now + timezone.timedelta(days=2))
    announce_quizzes()
    found = {
        "assignees": quiz.assignment.assignees.count(),
        "recipients": Recipient.objects.filter(message__kind="quiz_open").count(),
        "assemble_seconds": round(assembled - began, 1),
        "tell_seconds": round(time.perf_counter() - assembled, 1),
        "memory_before_mb": before,
        "memory_peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    sys.stdout.write(json.dumps(found) + "\n")


def lists(branches, users) -> dict:
    """The pages that list attempts, at ten thousand and at a million of them: milliseconds a page."""
    from django.test import Client

    from tests.learning.factories import month_end_quiz

    quiz = month_end_quiz(branches[0].parent.parent, questions=5, period="2000-02")
    client, found, made = Client(), {}, 0
    client.force_login(users[2])
    pages = {name: reverse(f"learning:{name}") for name in ("home", "items", "record")}
    for wanted in ATTEMPTS:
        fill(quiz, users, made, wanted)
        made = wanted
        for name, path in pages.items():
            found[f"{name}_ms_at_{wanted}"] = round(per_page(client, path), 2)
    for name in pages:
        few, many = (found[f"{name}_ms_at_{wanted}"] for wanted in ATTEMPTS)
        found[f"{name}_ratio"] = round(many / few, 2)
    return found


def fill(quiz, users, made: int, wanted: int) -> None:
    """Closed attempts until there are ``wanted``, spread over all people."""
    from learning.models import Attempt

    now = timezone.now()
    for start in range(made, wanted, 10_000):
        Attempt.objects.bulk_create(
            Attempt(
                quiz=quiz, person=users[n % len(users)], number=n // len(users) + 1, state="closed", started_at=now,
                closed_at=now, closed_by="person", score=4, full=5, passed=True,
            )
            for n in range(start, min(start + 10_000, wanted))
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def per_page(client, path: str) -> float:
    times = []
    for _ in range(30):
        began = time.perf_counter()
        assert client.get(path).status_code == 200, path
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)
