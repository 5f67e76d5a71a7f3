"""Importing into the bank and exporting from it: all or nothing, and nothing twice."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from core.audit.models import AuditEntry
from core.errors import Invalid, Missing, TooMany
from core.files import ProtectedFile
from learning.actions import question_files as actions
from learning.actions.question_files import export_questions, import_questions, keep_upload, preview
from learning.bank import gift
from learning.models import Question, QuestionVersion
from tests.factories import UserFactory
from tests.granting import grant
from tests.learning.factories import QuestionVersionFactory

GOOD = """// [id:DZ-1] [tag:依据：党章第五条]
几名介绍人？{=两名 ~一名 ####两名正式党员。}

预备党员有表决权。{F}

年满 {=十八 =18} 岁
"""
BAD = GOOD + "\n没有答案的一题\n"


@pytest.fixture
def editor(org):
    person = UserFactory(name="宣传委员", branch=org.a1)
    grant(person, "publicity_officer", org.a1)
    return person


def upload(by, text, name="题目.txt"):
    return keep_upload(content=text.encode(), name=name, by=by)


def brought_in(by, branch, text, **more):
    return import_questions(file=upload(by, text), form="", branch=branch, by=by, **more)


def test_a_file_becomes_drafts_once(org, editor):
    done = brought_in(editor, org.a1, GOOD)
    assert (done.added, done.changed, done.same, done.left_out) == (3, 0, 0, 0)
    assert set(QuestionVersion.objects.values_list("state", "author")) == {("draft", editor.pk)}
    version = QuestionVersion.objects.get(question__code="DZ-1")
    assert (version.answer, version.explanation, version.basis) == (["A"], "两名正式党员。", "党章第五条")
    again = brought_in(editor, org.a1, GOOD)
    assert (again.added, again.changed, again.same) == (0, 0, 3)
    assert QuestionVersion.objects.count() == 3
    entries = AuditEntry.objects.filter(action="learning.questions_imported", actor=editor)
    assert entries.count() == 2


def test_a_file_with_a_problem_is_imported_only_when_asked_to(org, editor):
    with pytest.raises(Invalid, match="1 处问题"):
        brought_in(editor, org.a1, BAD)
    assert not Question.objects.exists()
    assert brought_in(editor, org.a1, BAD, only_good=True).left_out == 1
    assert Question.objects.count() == 3


def test_nothing_is_half_imported(org, editor, monkeypatch):
    made = []

    def break_at_the_third(**fields):
        made.append(fields)
        if len(made) == 3:
            raise RuntimeError
        return add(**fields)

    add = actions.add_question
    monkeypatch.setattr(actions, "add_question", break_at_the_third)
    with pytest.raises(RuntimeError):
        brought_in(editor, org.a1, GOOD)
    assert not Question.objects.exists()
    assert not AuditEntry.objects.filter(action__startswith="learning.question").exists()


def test_the_same_code_changes_the_question_into_its_next_version(org, editor):
    version = QuestionVersionFactory(question__branch=org.a1, question__code="DZ-1")
    done = brought_in(editor, org.a1, GOOD)
    assert (done.added, done.changed) == (2, 1)
    numbers = version.question.versions.order_by("number").values_list("number", "state", "stem")
    assert list(numbers) == [(1, "approved", version.stem), (2, "draft", "几名介绍人？")]


def test_codes_of_other_branches_are_other_questions(org, editor):
    QuestionVersionFactory(question__branch=org.b1, question__code="DZ-1")
    assert brought_in(editor, org.a1, GOOD).added == 3


def test_twins_and_retired_questions_are_problems(org, editor):
    QuestionVersionFactory(
        question__branch=org.a1, question__code="DZ-1", question__retired_at="2026-01-01T00:00+08:00"
    )
    file = upload(editor, GOOD + "\n预备党员有表决权。{T}\n")
    _, problems = preview(file=file, form="gift", branch=org.a1, by=editor)
    assert [(problem.line, problem.text) for problem in problems] == [
        (2, "编号 DZ-1 的题目已经停用，要用请换一个编号。"),
        (8, "和第 4 行是同一道题。"),
    ]


def test_uploads_and_branches_of_others_do_not_exist(org, cast, editor):
    file = upload(editor, GOOD)
    grant(cast.teacher, "publicity_officer", org.a1)
    with pytest.raises(Missing):
        import_questions(file=file, form="", branch=org.a1, by=cast.teacher)
    with pytest.raises(Missing):
        import_questions(file=file, form="", branch=org.b1, by=editor)
    with pytest.raises(Missing):
        export_questions(by=editor, form="excel", branch=org.b1)


@pytest.mark.parametrize("form", ["excel", "gift", "moodle_xml"])
def test_an_export_imported_again_changes_nothing(org, editor, form):
    brought_in(editor, org.a1, GOOD)
    file = export_questions(by=editor, form=form, branch=org.a1)
    with file.file.open("rb") as stored:
        content = stored.read()
    kept = keep_upload(content=content, name=file.name, by=editor)
    done = import_questions(file=kept, form="", branch=org.a1, by=editor)
    assert (done.added, done.changed, done.same) == (0, 0, 3)
    assert "宣传委员" in content.decode(errors="ignore") or form == "excel"


def test_what_a_format_cannot_hold_is_told_before(org, editor):
    brought_in(editor, org.a1, GOOD)
    with pytest.raises(Invalid, match="DZ-1：Aiken 不带解析、依据、编号"):
        export_questions(by=editor, form="aiken", branch=org.a1)
    file = export_questions(by=editor, form="aiken", branch=org.a1, partly=True)
    assert file.name.endswith(".aiken.txt")


def test_exports_are_narrowed_counted_and_limited(org, editor, monkeypatch):
    for category in ("党章", "党史"):
        QuestionVersionFactory(question__branch=org.a1, question__category=category)
    file = export_questions(by=editor, form="gift", branch=org.a1, category="党史")
    with file.file.open("rb") as stored:
        assert len(gift.read(stored.read()).drafts) == 1
    with pytest.raises(Invalid, match="没有可以导出"):
        export_questions(by=editor, form="gift", branch=org.a1, category="别的")
    monkeypatch.setattr(actions, "EXPORTS_PER_HOUR", 1)
    with pytest.raises(TooMany):
        export_questions(by=editor, form="gift", branch=org.a1)


@pytest.mark.parametrize("count", [1, 3])
def test_a_preview_costs_the_same_however_long(org, editor, count, django_assert_num_queries):
    text = "\n\n".join(f"// [id:Q{number}]\n第 {number} 题。{{T}}" for number in range(count))
    brought_in(editor, org.a1, text)
    file = upload(editor, text)
    editor.has_right("learning.write_content", org.a1)
    with django_assert_num_queries(3):  # right, questions, versions
        rows, _ = preview(file=file, form="gift", branch=org.a1, by=editor)
    assert [row.state for row in rows] == ["same"] * count


# Pages


@pytest.fixture
def desk(client, editor):
    client.force_login(editor)
    return client


def sent(desk, branch, text, form=""):
    url = reverse("admin:learning_question_list_step", args=["import"])
    file = SimpleUploadedFile("题目.txt", text.encode())
    return desk.post(url, {"file": file, "form": form, "branch": branch.pk})


def test_the_pages_lead_from_the_file_to_the_questions(org, desk):
    page = sent(desk, org.a1, BAD).url
    response = desk.get(page)
    assertContains(response, "新增 3 题")
    assertContains(response, "没有答案：GIFT 的答案要写在")
    assertContains(desk.post(page), "1 处问题", status_code=422)
    assert not Question.objects.exists()
    assertRedirects(desk.post(page, {"only_good": "on"}), reverse("admin:learning_question_changelist"))
    assert Question.objects.count() == 3


def test_the_preview_belongs_to_the_uploader_and_his_branches(org, cast, desk, client):
    page = sent(desk, org.a1, GOOD).url
    assert desk.get(page.replace(f"branch={org.a1.pk}", f"branch={org.b1.pk}")).status_code == 404
    assert desk.get(page.replace(f"branch={org.a1.pk}", "branch=x")).status_code == 404
    grant(cast.teacher, "publicity_officer", org.a1)
    client.force_login(cast.teacher)
    assert client.get(page).status_code == 404


def test_an_upload_that_is_too_big_is_refused(org, desk, monkeypatch):
    monkeypatch.setattr(actions, "MAX_BYTES", 10)
    assert sent(desk, org.a1, GOOD).status_code == 422
    assert not ProtectedFile.objects.exists()


def test_the_export_and_the_template_come_as_files(org, editor, desk):
    brought_in(editor, org.a1, GOOD)
    url = reverse("admin:learning_question_list_step", args=["export"])
    assert desk.get(url).status_code == 200
    response = desk.post(url, {"form": "excel", "branch": org.a1.pk})
    assert response.status_code == 302
    download = desk.get(response.url)
    assert download.status_code == 200
    assert download.getvalue().startswith(b"PK")
    assertContains(desk.post(url, {"form": "aiken", "branch": org.a1.pk}), "Aiken 放不下", status_code=422)
    assert desk.get(reverse("admin:learning_question_template")).content.startswith(b"PK")
