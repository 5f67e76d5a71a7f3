"""The doctor says in Chinese what is missing, with WeCom's error number, and ends with its own status."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


def doctor(**options):
    out = StringIO()
    try:
        call_command("doctor", stdout=out, **options)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


def test_a_working_installation_is_told_so(sandbox):
    text, refusal = doctor()
    assert "✓ 数据库可以写入" in text
    assert "✓ 设置齐全" in text
    assert refusal == "", text


def test_a_wrong_secret_is_named_with_its_number(sandbox, settings):
    settings.WECOM_SECRET = "not-the-secret-of-this-app"
    text, refusal = doctor()
    assert "40001" in text
    assert refusal.endswith("项需要处理。")


def test_an_address_that_is_not_trusted_is_named_with_its_number(sandbox):
    sandbox.fault("*", errcode=60020)
    text, refusal = doctor()
    assert "60020" in text
    assert refusal


def test_missing_settings_are_listed_before_anything_is_tried(settings):
    settings.WECOM_SECRET = ""
    text, refusal = doctor()
    assert "还缺 WECOM_SECRET" in text
    assert refusal


def test_assets_that_were_not_installed_are_named(settings, tmp_path):
    settings.STATICFILES_DIRS = [tmp_path]
    from django.contrib.staticfiles import finders

    finders.get_finder.cache_clear()
    text, _ = doctor(no_wecom=True)
    finders.get_finder.cache_clear()
    assert "✗ 页面样式已安装：vendor/weui.min.css" in text
    assert "→ 运行 make setup。" in text
