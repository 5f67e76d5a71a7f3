from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import F

from accounts.models import User
from core.audit.log import record


class Command(BaseCommand):
    help = "立即结束所有人（或一个人）的登录，例如发现信息泄露时。"

    def add_arguments(self, parser):
        parser.add_argument("--person", metavar="学号或工号", help="只结束这个人的登录")

    @transaction.atomic
    def handle(self, *, person, **options):
        people = User.objects.filter(number=person) if person else User.objects.all()
        ended = people.update(session_epoch=F("session_epoch") + 1)
        if not ended:
            raise CommandError(f"没有学号或工号是 {person} 的人。")
        if not person:
            Session.objects.all().delete()
        record(None, "core.sessions_ended", people.first() if person else None)
        self.stdout.write(f"已结束 {ended} 人的登录，他们需要重新登录。")
