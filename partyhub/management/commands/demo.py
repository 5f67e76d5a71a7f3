"""`manage.py demo`: the invented university every screen can be tried with."""

import secrets

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from accounts.demo import load
from accounts.models import Office
from learning.demo import load as learning


class Command(BaseCommand):
    help = "装入演示大学“云溪大学”；--remove 把演示数据全部移走。"

    def add_arguments(self, parser):
        parser.add_argument("--if-empty", action="store_true", help="已有演示数据时什么也不做")
        parser.add_argument("--remove", action="store_true", help="移走演示数据")

    def handle(self, *args, if_empty: bool, remove: bool, **options):
        if remove:
            learning.remove()
            self.stdout.write(f"已移走 {load.remove()} 名演示人员和他们的组织、宿舍、职务、学习内容。")
            return
        if load.exists():
            if not if_empty:
                raise CommandError("演示数据已经在了。要重来，先执行 manage.py demo --remove。")
            learning.load()  # an installation from before there was learning
            return
        if not settings.EMBEDDED:
            raise CommandError("演示数据只装在单机演示环境里，不进生产环境。")
        self.stdout.write("正在装入演示大学“云溪大学”……")
        counts = load.load() | learning.load()
        load.write_seed()
        self._give_password()
        self.stdout.write(
            "已装入：" + "，".join(f"{name} {number}" for name, number in counts.items()) + "。"
        )

    def _give_password(self) -> None:
        """A password of its own for every installation: the demo secretary can also sign in without WeCom."""
        password = secrets.token_urlsafe(9)
        office = (
            Office.objects.filter(kind="secretary", branch__name="本科生第一党支部")
            .select_related("person")
            .get()
        )
        office.person.set_password(password)
        office.person.save(update_fields=["password"])
        path = settings.VAR_DIR / "demo-password.txt"
        path.write_text(f"账号 {office.person.number}\n密码 {password}\n", encoding="utf-8")
        path.chmod(0o600)
