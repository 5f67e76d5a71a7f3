"""``python -m wecom.sandbox --port 8001 [--data FILE] [--seed FILE] [--portal URL]``"""

import argparse
import os

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m wecom.sandbox", description="企业微信沙盒：本机的替身服务"
    )
    parser.add_argument("--port", type=int, default=8001, help="端口，只在 127.0.0.1 上监听")
    parser.add_argument("--data", default="", help="保存消息和人员的文件，重启后还在；不写就只在内存里")
    parser.add_argument("--seed", default="", help="人员名单（JSON）；不写就用内置的十二个人")
    parser.add_argument("--portal", default="http://127.0.0.1:8000", help="平台的网址")
    args = parser.parse_args()
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
