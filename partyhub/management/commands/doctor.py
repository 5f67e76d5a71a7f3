"""`manage.py doctor`: look at the installation and at WeCom step by step, and say what is missing (target A2)."""

import contextlib
import logging
import sys
from collections.abc import Iterator

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.core.management import BaseCommand, CommandError
from django.utils.translation import gettext, override

from partyhub import health
from wecom.diagnosis import Step
from wecom.diagnosis import steps as wecom_steps

REMEDIES = {
    "database": "看 DATABASE_URL 是否写对，数据库是否在运行。",
    "migrations": "运行 python manage.py migrate。",
    "disk": "清理磁盘，或把 PARTYHUB_VAR 移到大一些的盘上。",
    "scheduler": "启动定时任务（celery beat），只能有一个。",
    "outbox": "启动后台任务（celery worker），再看后台的“消息发送”。",
    "backup": "运行 python manage.py backup --verify，并放进每天的定时任务。",
}
TITLES = {
    "database": "数据库可以写入",
    "migrations": "数据库结构是最新的",
    "disk": "磁盘有余量",
    "scheduler": "定时任务在运行",
    "outbox": "消息没有积压",
    "backup": "有验证过的备份",
}


class Command(BaseCommand):
    help = "逐项检查安装和企业微信连接，用中文说明缺什么、怎么补。有必须处理的问题时以非零状态结束。"

    def add_arguments(self, parser):
        parser.add_argument("--no-wecom", action="store_true", help="只检查安装，不连接企业微信")

    def handle(self, *args, no_wecom: bool, **options):
        self.stdout.write(
            f"Python {sys.version.split()[0]}，{'单机演示' if settings.EMBEDDED else '生产'}环境"
        )
        failed = self._show("安装", installation())
        if not no_wecom:
            where = "（沙盒）" if settings.WECOM_SANDBOX_URL else ""
            with _silent("wecom"):  # its log line for every call would stand between the steps
                failed += self._show(f"企业微信{where}", wecom_steps())
        if failed:
            raise CommandError(f"有 {failed} 项需要处理。")
        self.stdout.write(self.style.SUCCESS("都好了。"))

    def _show(self, title: str, steps: Iterator[Step]) -> int:
        """Print each step as it is done; returns how many failed."""
        self.stdout.write(f"\n{title}")
        failed = 0
        for step in steps:
            mark = {True: "✓", False: "✗", None: "–"}[step.ok]
            number = f"（错误码 {step.errcode}）" if step.errcode is not None else ""
            self.stdout.write(f"  {mark} {step.title}{'：' if step.detail else ''}{step.detail}{number}")
            if step.ok is not True and step.remedy:
                self.stdout.write(f"      → {step.remedy}")
            failed += step.ok is False
            self.stdout.flush()
        return failed


@contextlib.contextmanager
def _silent(name: str) -> Iterator[None]:
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def installation() -> Iterator[Step]:
    """What the portal itself needs; what is only advisable here comes as ``None``."""
    yield _assets()
    yield _words()
    yield _cache()
    for finding in health.findings():
        ok = True if finding.ok else (False if finding.required else None)
        yield Step(TITLES[finding.name], ok, finding.detail, remedy=REMEDIES[finding.name])


def _assets() -> Step:
    missing = [
        name for name in ("vendor/weui.min.css", "css/portal.css", "js/portal.js") if not finders.find(name)
    ]
    return Step("页面样式已安装", not missing, "、".join(missing), remedy="运行 make setup。")


def _words() -> Step:
    with override("zh-hans"):
        ok = gettext("Type to search") != "Type to search"
    return Step("后台中文词条已编译", ok, remedy="运行 make setup。")


def _cache() -> Step:
    try:
        cache.set("doctor", "here", 10)
        ok, detail = cache.get("doctor") == "here", ""
    except Exception as error:
        ok, detail = False, type(error).__name__
    return Step(
        "缓存可以读写", ok, detail, remedy="运行 python manage.py createcachetable，或检查 REDIS_URL。"
    )
