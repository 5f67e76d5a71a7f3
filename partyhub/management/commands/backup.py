from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from partyhub.backups import BackupError
from partyhub.backups.backup import make_backup, newest, prove
from partyhub.backups.sealed_stream import read_key


class Command(BaseCommand):
    help = "备份数据库和受保护文件；平台可以照常使用。保留最近 7 天、5 周、12 个月。"

    def add_arguments(self, parser):
        parser.add_argument("--key-file", type=Path, help="用这个文件里的密钥加密备份")
        parser.add_argument(
            "--verify", action="store_true", help="做完以后恢复到一个临时数据库，核对行数、文件和审计链尾"
        )
        parser.add_argument("--verify-only", action="store_true", help="不做新的，只核对最近一个备份")

    def handle(self, *, key_file, verify, verify_only, **options):
        try:
            key = read_key(key_file) if key_file else None
            path = newest() if verify_only else make_backup(key=key)
            self.stdout.write(f"备份：{path}（{path.stat().st_size / 1_000_000:.1f} MB）")
            if verify or verify_only:
                manifest = prove(path, key=key)
                rows = sum(manifest["rows"].values())
                self.stdout.write(
                    f"已恢复到临时数据库核对：{len(manifest['rows'])} 张表共 {rows} 行，全部一致。"
                )
        except BackupError as error:
            raise CommandError(str(error)) from error
