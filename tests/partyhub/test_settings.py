"""What a real installation may be started with, and that ``.env.example`` tells all of it."""

import os
import re
import secrets
import subprocess
import sys

import pytest
from django.conf import settings

READ = re.compile(r'(?:env\.\w+|flag|choice|address)\(\s*"([A-Z][A-Z_]*)"')
NAMED = re.compile(r"^(?:# )?([A-Z][A-Z_]*)=", re.MULTILINE)

KEY = secrets.token_urlsafe(48)
GOOD = {
    "PARTYHUB_MODE": "production",
    "SECRET_KEY": KEY,
    "SITE_URL": "https://party.example.edu.cn",
    "ALLOWED_HOSTS": "party.example.edu.cn",
    "DATABASE_URL": "postgres:///partyhub",
    "REDIS_URL": "redis://127.0.0.1:6379/9",
    "WECOM_CORP_ID": "ww0123456789abcdef",
    "WECOM_AGENT_ID": "1000002",
    "WECOM_SECRET": "not-a-real-one",
}


def check(tmp_path, **changes):
    """`manage.py check --deploy` of an installation with these variables; it connects to nothing."""
    installed = {
        name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "VIRTUAL_ENV"}
    }
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.BASE_DIR,
        env=installed | GOOD | {"PARTYHUB_VAR": str(tmp_path)} | changes,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_example_names_exactly_what_the_settings_read():
    read = set(READ.findall((settings.BASE_DIR / "partyhub" / "settings.py").read_text(encoding="utf-8")))
    named = set(NAMED.findall((settings.BASE_DIR / ".env.example").read_text(encoding="utf-8")))
    assert {"SECRET_KEY", "SITE_URL", "DATABASE_URL", "WECOM_SCHEDULE"} <= read
    assert named == read


@pytest.mark.parametrize("hosts", [GOOD["ALLOWED_HOSTS"], ""], ids=["hosts", "host of SITE_URL"])
def test_a_real_installation_starts_without_a_warning(tmp_path, hosts):
    result = check(tmp_path, ALLOWED_HOSTS=hosts)
    assert (result.returncode, result.stdout.strip()) == (
        0,
        "System check identified no issues (0 silenced).",
    ), result.stderr


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"DEBUG": "true"}, "生产环境不能打开 DEBUG。"),
        ({"SECRET_KEY": "x" * 49}, "SECRET_KEY 没有设置或短于 50 个字符。"),
        ({"SECRET_KEY": "x" * 60}, "SECRET_KEY 太容易猜"),
        ({"SECRET_KEY": "django-insecure-" + KEY}, "SECRET_KEY 太容易猜"),
        ({"ALLOWED_HOSTS": "party.example.edu.cn,*"}, "ALLOWED_HOSTS 不能写 *，要写真实的域名。"),
        ({"SITE_URL": ""}, "SITE_URL 没有设置"),
        ({"SITE_URL": "party.example.edu.cn"}, "要以 http:// 或 https:// 开头。"),
        ({"PARTYHUB_MODE": "prod"}, "PARTYHUB_MODE='prod': 只能是 embedded、production 之一。"),
        ({"WECOM_SANDBOX_URL": "http://127.0.0.1:8001"}, "企业微信指向了演示用的模拟服务。"),
    ],
)
def test_a_careless_installation_is_refused_in_words(tmp_path, changes, sentence):
    result = check(tmp_path, **changes)
    assert result.returncode == 1
    assert sentence in result.stderr
