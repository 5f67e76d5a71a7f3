"""The back office of courses: every button calls its action, and ends where the rights end."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.roles import Stage
from core.audit.models import AuditEntry
from core.errors import Conflict, Invalid, Missing, TooMany
from core.files import ProtectedFile
from learning.actions.completions import confirm_completions, export_completions
from learning.models import Completion, Course, CourseVersion, Media
from tests.factories import UserFactory
from tests.granting import grant
from tests.learning.factories import published_course
from tests.learning.files import mp4, pdf, png
from tests.learning.test_course_editing import desk, draft  # noqa: F401

pytestmark = pytest.mark.django_db


def page(model, row=None, then=""):
    name = f"admin:learning_{model}_" + ("change" if row else "changelist")
    return (reverse(name, args=[row.pk]) if row else reverse(name)).replace("change/", "") + then


def press(client, person, address, **sent):
    client.force_login(person)
    return client.post(address, sent)


def newest():
    return CourseVersion.objects.latest("pk")


def completion(person, course, **fields):
    return Completion.objects.create(
        person=person,
        course=course,
        version=course.current,
        branch_name="本科生第一党支部",
        completed_at=timezone.now(),
        **fields,
    )


def refusals(response):
    return [sentence for errors in response.context["form"].errors.values() for sentence in errors]


@pytest.fixture
def office(org, cast):
    cast.admin = UserFactory(name="范学院", kind="teacher", grade=None)
    grant(cast.admin, "college_admin", org.college_a)
    cast.secretary = UserFactory(name="书记", kind="teacher", grade=None)
    grant(cast.secretary, "secretary", org.a1)
    return cast


def test_a_course_from_the_first_button_to_the_last(client, org, desk):  # noqa: F811
    response = press(
        client,
        desk.writer,
        page("course", then="do/add/"),
        branch=org.a1.pk,
        headline="安全",
        series="party_school",
    )
    version = newest()
    assert response["Location"] == reverse("admin:learning_courseversion_change", args=[version.pk])
    words = {"headline": "安全课", "test_draw": 0, "test_pass": 60, "blueprint": "", "summary": "短"}
    press(client, desk.writer, page("courseversion", version, "do/change/"), **words)
    lesson = {"headline": "第一节", "kind": "text", "minutes": 5, "body": "<p>文</p><script>1</script>"}
    press(client, desk.writer, page("courseversion", version, "do/lesson/"), **lesson)
    film = {"headline": "第二节", "kind": "video", "minutes": 9, "body": "<p>稿</p>"}
    film["file"] = SimpleUploadedFile("a.mp4", mp4())
    press(client, desk.writer, page("courseversion", version, "do/lesson/"), **film)
    first, second = version.lessons.all()
    assert (first.body, second.media.kind) == ("<p>文</p>", "video")
    press(client, desk.writer, page("lesson", second, "do/move/"), to=1)
    press(client, desk.writer, page("lesson", first, "do/change/"), **lesson | {"headline": "改名"})
    assert list(version.lessons.values_list("title", flat=True)) == ["第二节", "改名"]
    press(client, desk.writer, page("courseversion", version, "do/submit/"))
    shown = client.get(page("courseversion", version, "change/")).content.decode()
    assert "改名" in shown
    client.force_login(desk.second)
    seen = client.get(page("courseversion", version, "do/approve/")).context["form"].initial["seen"]
    press(client, desk.second, page("courseversion", version, "do/approve/"), seen=seen)
    course = Course.objects.get()
    assert (course.current, course.current.title, course.series) == (version, "安全课", "party_school")
    assert client.get(page("course")).status_code == 200
    press(client, desk.writer, page("course", course, "do/version/"))
    assert newest().number == 2
    press(client, desk.writer, page("lesson", newest().lessons.first(), "do/remove/"))
    assert newest().lessons.count() == 1
    press(client, desk.writer, page("course", course, "do/withdraw/"), reason="过时")
    assert Course.objects.get().withdraw_reason == "过时"


def test_a_reviewer_publishes_only_what_he_has_read(client, desk, draft):  # noqa: F811
    press(client, desk.writer, page("courseversion", draft, "do/submit/"))
    client.force_login(desk.second)
    address = page("courseversion", draft, "do/approve/")
    seen = client.get(address).context["form"].initial["seen"]
    lesson = {"headline": "改了", "kind": "text", "minutes": 5, "body": "<p>别的</p>"}
    press(client, desk.writer, page("lesson", draft.lessons.first(), "do/change/"), **lesson)
    press(client, desk.writer, page("courseversion", draft, "do/submit/"))
    response = press(client, desk.second, address, seen=seen)
    assert response.status_code == 409
    assert refusals(response) == ["这一版刚才改过了，请重新看一遍再审核。"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("党章,容易,3\n纪律，较难，2\n\n", [("党章", 1, 3), ("纪律", 3, 2)]),
        (",适中,1", [("", 2, 1)]),
        ("", []),
    ],
)
def test_a_blueprint_is_written_as_lines(client, desk, draft, text, kept):  # noqa: F811
    words = {"headline": "课", "test_draw": 5, "test_pass": 60, "blueprint": text}
    press(client, desk.writer, page("courseversion", draft, "do/change/"), **words)
    lines = [(line["category"], line["difficulty"], line["count"]) for line in newest().blueprint]
    assert lines == kept
    if kept:
        form = client.get(page("courseversion", draft, "do/change/")).context["form"]
        assert form.initial["blueprint"].replace("，", ",").split() == text.replace("，", ",").split()


@pytest.mark.parametrize(
    "text", ["党章,容易", "党章,难,3", "党章,容易,x", "党章,容易,-1", "党章,容易,3,4", "党章,容易,99999"]
)
def test_a_line_that_is_none_is_named(client, desk, draft, text):  # noqa: F811
    words = {"headline": "课", "test_draw": 5, "test_pass": 60, "blueprint": f"党章,容易,1\n{text}"}
    response = press(client, desk.writer, page("courseversion", draft, "do/change/"), **words)
    assert response.status_code == 422
    assert refusals(response) == ["第 2 行要写成“分类,难度,题数”，难度是容易、适中、较难。"]


def test_files_are_uploaded_with_a_reason_when_not(client, org, desk):  # noqa: F811
    address = page("media", then="do/upload/")
    sent = {"branch": org.a1.pk, "alt": ""}
    response = press(client, desk.writer, address, file=SimpleUploadedFile("x.png", png()), **sent)
    assert refusals(response) == ["请写替代文字：看不到图片的人会听到它。"]
    response = press(client, desk.writer, address, file=SimpleUploadedFile("x.pdf", b"<html>"), **sent)
    assert "看不出这是什么文件" in refusals(response)[0]
    press(client, desk.writer, address, file=SimpleUploadedFile("x.pdf", pdf(2)), **sent)
    assert Media.objects.get().pages == 2
    assert (
        client.get(reverse("admin:learning_media_change", args=[Media.objects.get().pk])).status_code == 200
    )


def test_foreign_courses_do_not_exist(client, desk, draft):  # noqa: F811
    client.force_login(desk.foreign)
    lesson = draft.lessons.first()
    for address in [
        page("course", draft.course, "change/"),
        page("courseversion", draft, "change/"),
        page("lesson", lesson, "change/"),
        page("courseversion", draft, "do/lesson/"),
        page("lesson", lesson, "do/remove/"),
        page("course", draft.course, "do/place/"),
    ]:
        assert client.get(address).status_code == 404
        assert client.post(address).status_code in {403, 404}
    assert draft.lessons.count() == 3


@pytest.mark.parametrize("lessons", [1, 3])
def test_pages_cost_the_same(client, org, desk, lessons, django_assert_max_num_queries):  # noqa: F811
    courses = [published_course(org.a1, lessons=lessons, questions=lessons) for _ in range(lessons)]
    client.force_login(desk.writer)
    with django_assert_max_num_queries(14):
        client.get(page("course"))
    with django_assert_max_num_queries(35):
        client.get(page("courseversion", courses[0].current, "change/"))


# Completions


def test_the_college_confirms_one_and_all(client, org, office):
    school = published_course(org.a1)
    rows = [completion(person, school) for person in (office.activist, office.member, office.league)]
    press(client, office.admin, page("completion", rows[0], "do/confirm/"))
    assert Completion.objects.get(pk=rows[0].pk).confirmed_by == office.admin
    address = page("completion", then="do/confirm/")
    response = press(client, office.admin, address, count=3)
    assert refusals(response) == ["现在有 2 条没确认，和填的 3 条对不上。"]
    press(client, office.admin, address, count=2)
    assert not Completion.objects.filter(confirmed_at=None).exists()
    assert AuditEntry.objects.filter(action="learning.completions_confirmed").count() == 3


def test_confirming_ends_where_the_right_ends(org, office):
    course, foreign = published_course(org.a1), published_course(org.b1)
    mine, theirs = completion(office.activist, course), completion(office.stranger, foreign)
    everything = Completion.objects.all()
    with pytest.raises(Missing):
        confirm_completions(completions=everything, by=office.secretary)
    assert confirm_completions(completions=everything, by=office.admin) == 1
    assert Completion.objects.get(pk=theirs.pk).confirmed_at is None
    with pytest.raises(Conflict):
        confirm_completions(completions=Completion.objects.filter(pk=mine.pk), by=office.admin)


def test_nobody_confirms_his_own(org, office):
    grant(office.teacher, "organizer", org.college_a)
    completion(office.teacher, published_course(org.a1))
    with pytest.raises(Conflict):
        confirm_completions(completions=Completion.objects.all(), by=office.teacher)


def sheet(file):
    with file.file.open() as content:
        return list(load_workbook(io.BytesIO(content.read())).active.iter_rows(values_only=True))


def test_an_export_says_who_when_and_why(org, office):
    office.activist.name = "=HYPERLINK(1)"
    office.activist.save()
    course = published_course(org.a1, title="@SUM(A1)")
    completion(office.activist, course)
    completion(office.stranger, published_course(org.b1))
    file = export_completions(by=office.secretary, form="completions", reason="党校结业")
    watermark, headings, *lines = sheet(file)
    assert watermark[0].startswith(f"书记（{office.secretary.number}）导出")
    assert "用途：党校结业" in watermark[0]
    assert headings[:2] == ("学号或工号", "姓名")
    assert [line[1] for line in lines] == ["=HYPERLINK(1)"]
    with file.file.open() as content:
        cells = load_workbook(io.BytesIO(content.read())).active["B3":"D3"][0]
    assert {cell.data_type for cell in cells} == {"s"}
    assert ProtectedFile.objects.get().owner == office.secretary
    entry = AuditEntry.objects.get(action="learning.completions_exported")
    assert (entry.actor, entry.reason) == (office.secretary, "党校结业")


def test_an_export_is_limited(org, office):
    completion(office.activist, published_course(org.a1))
    with pytest.raises(Invalid, match="用途"):
        export_completions(by=office.secretary, form="completions", reason="x")
    with pytest.raises(Missing):
        export_completions(by=office.secretary, form="completions", reason="党校结业", branch=org.b1)
    with pytest.raises(Invalid, match="没有可以导出的人"):
        export_completions(by=office.member, form="completions", reason="党校结业")
    for _ in range(10):
        export_completions(by=office.secretary, form="completions", reason="党校结业")
    with pytest.raises(TooMany):
        export_completions(by=office.secretary, form="completions", reason="党校结业")


def test_the_party_school_person_by_person(client, org, office):
    courses = [published_course(org.college_a) for _ in range(5)]
    Course.objects.update(series="party_school")
    completion(office.activist, courses[0], confirmed_at=timezone.now(), confirmed_by=office.admin)
    completion(office.activist, courses[3])
    other = UserFactory(stage=Stage.TARGET, branch=org.a1)
    file = export_completions(by=office.secretary, form="party_school", reason="党校结业")
    lines = {line[0]: line for line in sheet(file)[2:]}
    assert lines.keys() == {office.activist.number, other.number}
    assert lines[office.activist.number][-2:] == ("2", "1")
    assert lines[other.number][-2:] == ("0", "0")
    client.force_login(office.secretary)
    shown = client.get(reverse("admin:learning_completion_school")).content.decode()
    assert office.activist.name in shown
    assert office.stranger.name not in shown


def test_the_list_is_scoped_and_filtered(client, org, office):
    mine = completion(office.activist, published_course(org.a1))
    completion(office.stranger, published_course(org.b1))
    client.force_login(office.secretary)
    address = page("completion")
    rows = client.get(address).context["cl"].queryset
    assert list(rows) == [mine]
    assert list(client.get(f"{address}?confirmed=yes").context["cl"].queryset) == []
    assert list(client.get(f"{address}?course={mine.course_id}").context["cl"].queryset) == [mine]
    assert list(client.get(f"{address}?course=x").context["cl"].queryset) == []
    client.force_login(office.member)
    assert client.get(address).status_code == 302


def test_the_export_button_leads_to_the_file(client, org, office):
    completion(office.activist, published_course(org.a1))
    address = page("completion", then="do/export/")
    response = press(client, office.secretary, address, form="completions", reason="党校结业")
    assert response["Location"] == ProtectedFile.objects.get().get_absolute_url()
