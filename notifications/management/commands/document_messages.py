from django.conf import settings
from django.core.management.base import BaseCommand

from notifications import handbook


class Command(BaseCommand):
    help = "Write docs/messages.md from the message catalogue."

    def handle(self, *args, **options):
        path = settings.BASE_DIR / "docs" / "messages.md"
        path.write_text(handbook.text(), encoding="utf-8")
        self.stdout.write(f"{path.relative_to(settings.BASE_DIR)}: {len(handbook.KINDS)} kinds")
