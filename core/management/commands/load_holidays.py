from django.core.management.base import BaseCommand

from core.calendar import is_provisional, load_holidays


class Command(BaseCommand):
    help = "把某一年的法定节假日和调休写进校历；已有的日子保持不变，可以重复执行。"

    def add_arguments(self, parser):
        parser.add_argument("year", type=int, help="公历年份，例如 2026")

    def handle(self, *, year, **options):
        new = load_holidays(year=year)
        self.stdout.write(f"{year} 年：新增 {new} 天。")
        if is_provisional(year):
            self.stdout.write(
                f"{year} 年的放假安排还没有公布，先按周一到周五和固定假日计算；公布后升级 chinesecalendar 再执行一次。"
            )
