"""Importing questions in a real browser: a file with a problem, looked at, then taken without it."""

import pytest

from learning.models import Question
from tests.factories import UserFactory
from tests.granting import grant

FILE = """::介绍人::发展党员要有几名介绍人？{=两名 ~一名 ~三名 ####两名正式党员作介绍人。}

预备党员有表决权｛Ｆ｝

年满 {=十八 =18} 岁的中国公民可以申请入党。

这一题没有答案
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_a_file_is_looked_at_before_it_is_imported(tab, org, width, dark):
    editor = UserFactory(name="程立", branch=org.a1)
    grant(editor, "publicity_officer", org.a1)
    browser = tab(editor, width=width, dark=dark).go("/admin/learning/question/do/import/")
    page = browser.page
    page.locator("input[type=file]").set_input_files(
        {"name": "题目.txt", "mimeType": "text/plain", "buffer": FILE.encode()}
    )
    page.get_by_label("所属组织").select_option(label=org.a1.name)
    page.get_by_role("button", name="上传并核对").click()
    page.get_by_text("新增 3 题").wait_for()
    assert browser.violations(tags=["wcag2a", "wcag2aa"]) == []
    assert browser.overhang() <= 0
    if (width, dark) == (1280, False):
        browser.shoot("question-import")
    page.get_by_label("只导入没有问题的题目").check()
    page.get_by_role("button", name="导入", exact=True).click()
    page.get_by_text("已导入：新增 3 题").wait_for()
    assert Question.objects.count() == 3
