from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from partyhub.backups import BackupError
from partyhub.backups.backup import restore
from partyhub.backups.sealed_stream import read_key


class Command(BaseCommand):
    help = "从备份恢复数据库和受保护文件，覆盖现在的内容。"

    def add_arguments(self, parser):
        parser.add_argument("archive", type=Path, help="备份文件")
        parser.add_argument("--key-file", type=Path, help="备份时用的密钥文件")
        parser.add_argument("--yes", action="store_true", help="确认覆盖现在的数据库和文件")

    def handle(self, *, archive, key_file, yes, **options):
        if not yes:
            raise CommandError("恢复会覆盖现在的数据库和文件。确认要这样做，请加上 --yes。")
        try:
            manifest = restore(archive, key=read_key(key_file) if key_file else None)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"已恢复到 {manifest['made_at'][:19]} 的状态，共 {sum(manifest['rows'].values())} 行。"
        )
        self.stdout.write("所有人需要重新登录。消息发送已停止：请运营人员核对后，在后台恢复发送。")
