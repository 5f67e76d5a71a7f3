"""`manage.py run`: the whole portal on one machine, with nothing else installed."""

import os
import socket
import sys
import time
import urllib.error
import urllib.request

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command

from partyhub.supervisor import Child, Supervisor

READY_WITHIN = 60.0  # seconds
DEMO_PASSWORD = settings.VAR_DIR / "demo-password.txt"


class Command(BaseCommand):
    help = "启动平台（网页、后台任务、定时任务、企业微信沙盒），按 Ctrl-C 全部停止。"

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")), help="网页端口")
        parser.add_argument(
            "--sandbox-port",
            type=int,
            default=int(os.environ.get("SANDBOX_PORT", "8001")),
            help="企业微信沙盒端口",
        )

    def handle(self, *args, port: int, sandbox_port: int, **options):
        if not settings.EMBEDDED:
            raise CommandError("run 只用于单机演示。生产环境请看 docs/deployment.md。")
        for number, option in ((port, "PORT"), (sandbox_port, "SANDBOX_PORT")):
            self._require_free_port(number, option)
        self._prepare()
        portal, sandbox = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}"
        supervisor = Supervisor(self._children(port, sandbox_port, portal, sandbox), self._say)
        sys.exit(supervisor.run(lambda: self._welcome(portal, sandbox)))

    def _require_free_port(self, port: int, option: str) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise CommandError(
                    f"端口 {port} 被别的程序占用。关掉它，或者换一个端口：make run {option}={port + 10}"
                ) from None

    def _prepare(self) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        call_command("demo", if_empty=True)

    def _children(self, port: int, sandbox_port: int, portal: str, sandbox: str) -> list[Child]:
        logs = settings.VAR_DIR / "log"
        logs.mkdir(exist_ok=True)
        seed = settings.VAR_DIR / "sandbox"
        seed.mkdir(exist_ok=True)
        environment = os.environ | {"SITE_URL": portal, "WECOM_SANDBOX_URL": sandbox, "PYTHONUNBUFFERED": "1"}
        python = sys.executable
        commands = {
            "企业微信沙盒": [
                python, "-m", "wecom.sandbox", "--port", str(sandbox_port), "--portal", portal,
                "--data", str(seed / "state.json"), "--seed", str(seed / "seed.json"),
            ],
            "网页": [
                python, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
                "--workers", "1", "--blocking-threads", "4", "--no-ws", "partyhub.wsgi:application",
            ],
            "后台任务": [python, "-m", "celery", "-A", "partyhub", "worker", "--pool", "solo", "--loglevel", "WARNING"],
            "定时任务": [
                python, "-m", "celery", "-A", "partyhub", "beat", "--loglevel", "WARNING",
                "--pidfile", "", "--max-interval", "5",
            ],
        }  # fmt: skip
        names = {"企业微信沙盒": "sandbox", "网页": "web", "后台任务": "worker", "定时任务": "beat"}
        return [
            Child(name, command, logs / f"{names[name]}.log", environment)
            for name, command in commands.items()
        ]

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()  # at once, also when the output goes to a file

    def _welcome(self, portal: str, sandbox: str) -> None:
        for address in (f"{portal}/livez", sandbox):
            if not self._answers(address):
                raise CommandError(
                    f"{address} 在 {READY_WITHIN:.0f} 秒内没有回应。原因在 {settings.VAR_DIR / 'log'} 里。"
                )
        self._say(
            "\n平台已经启动，按 Ctrl-C 停止。\n\n"
            f"  企业微信工作台（沙盒）  {sandbox}/\n"
            f"  平台网页               {portal}/\n"
            f"  工作后台               {portal}/admin/\n"
            f"  日志                   {settings.VAR_DIR / 'log'}\n\n"
            "先打开沙盒，选一个人，再点工作台上的“学生党支部”。\n"
            f"不经过企业微信登录：{portal}/sign-in/choice/，演示书记的账号和密码在 {DEMO_PASSWORD}。\n"
        )

    def _answers(self, address: str) -> bool:
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(address, timeout=2):  # noqa: S310 - our own loopback address
                    return True
            except urllib.error.HTTPError:
                return True
            except OSError:
                time.sleep(0.2)
        return False
