"""``python -m wecom.sandbox --port 8001 [--data FILE] [--seed FILE] [--portal URL]``"""

import argparse
import os
import signal
import threading

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels


def end_with_input() -> None:
    """Stop when whoever started this is gone, however it went."""
    while os.read(0, 1024):  # not sys.stdin: its lock would be inherited by the serving process
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m wecom.sandbox", description="企业微信沙盒：本机的替身服务"
    )
    parser.add_argument("--port", type=int, default=8001, help="端口，只在 127.0.0.1 上监听")
    parser.add_argument("--data", default="", help="保存消息和人员的文件，重启后还在；不写就只在内存里")
    parser.add_argument("--seed", default="", help="人员名单（JSON）；不写就用内置的十二个人")
    parser.add_argument("--portal", default="http://127.0.0.1:8000", help="平台的网址")
    parser.add_argument("--until-eof", action="store_true", help="标准输入关闭时退出，测试用")
    args = parser.parse_args()
    if args.until_eof:
        threading.Thread(target=end_with_input, daemon=True).start()
    os.environ["SANDBOX_DATA"], os.environ["SANDBOX_SEED"] = args.data, args.seed
    os.environ["SANDBOX_PORTAL"] = args.portal
    Granian(
        "wecom.sandbox.server:start",
        address="127.0.0.1",
        port=args.port,
        interface=Interfaces.WSGI,
        factory=True,
        blocking_threads=8,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main()
