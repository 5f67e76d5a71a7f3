from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import OperationalError, connection
from redis import Redis, RedisError


class Command(BaseCommand):
    help = "确认 PostgreSQL 和 Redis 都在回应；不在就失败。"
    requires_system_checks = ()

    def handle(self, *args, **options):
        if connection.vendor != "postgresql" or not settings.REDIS_URL:
            raise CommandError("请用 DATABASE_URL 和 REDIS_URL 指向 PostgreSQL 和 Redis。")
        try:
            connection.ensure_connection()
            Redis.from_url(settings.REDIS_URL, socket_timeout=5).ping()
        except (OperationalError, RedisError) as error:
            raise CommandError(f"PostgreSQL 或 Redis 没有回应，这一轮测试不能跳过：{error}") from error
