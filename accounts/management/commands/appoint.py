"""Give an office from the command line: how the first administrator of an installation comes to be."""

from django.core.management.base import BaseCommand, CommandError

from accounts.actions.offices import give_office
from accounts.models import Branch, User
from accounts.rights import OFFICES
from core.errors import DomainError


class Command(BaseCommand):
    help = "任命职务，用于第一位管理员。之后的任免请在后台办理。"

    def add_arguments(self, parser):
        parser.add_argument("number", help="学号或工号")
        parser.add_argument("kind", choices=OFFICES, help="职务，例如 university_admin")
        parser.add_argument("--branch", type=int, help="组织编号；不写就是学校党委")
        parser.add_argument("--reason", default="安装时任命", help="依据，写进审计日志")

    def handle(self, *, number, kind, branch, reason, **options):
        try:
            office = give_office(
                person=self._person(number), kind=kind, branch=self._branch(branch), by=None, reason=reason
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{office.person}：{office}，自 {office.since:%Y-%m-%d}")

    def _person(self, number: str) -> User:
        person = User.objects.filter(number=number).first()
        if person is None:
            raise CommandError(f"没有学号或工号为 {number} 的人员。")
        return person

    def _branch(self, pk: int | None) -> Branch:
        branches = Branch.objects.current()
        branch = branches.filter(pk=pk).first() if pk else branches.filter(parent=None).first()
        if branch is None:
            raise CommandError("没有这个组织。先建好学校党委，或用 --branch 写上组织编号。")
        return branch
