from django.core.management.base import BaseCommand, CommandError

from core.audit.seal import Head, verify


def head(text: str) -> Head:
    number, _, digest = text.partition(":")
    return Head(int(number), digest)


class Command(BaseCommand):
    help = "检查审计日志的哈希链：有没有被改、被删、被塞进记录。"

    def add_arguments(self, parser):
        parser.add_argument(
            "--head",
            action="append",
            type=head,
            default=[],
            metavar="序号:摘要",
            help="以前记下的链尾（在日志或备份清单里），可以写多个。",
        )

    def handle(self, *, head, **options):
        verdict = verify(*head)
        if verdict.fault:
            raise CommandError(verdict.fault)
        self.stdout.write(f"审计日志完整，共 {verdict.head.number} 条。链尾：{verdict.head}")
