"""What cannot be seen in a single setting: refused or warned about when the portal starts."""

import base64
import binascii

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's name

AES_KEY_LENGTH = 43


@register()
def check_wecom(**kwargs: object) -> list[CheckMessage]:
    """All checks of the WeCom settings, ``wecom.E001`` to ``wecom.W006``."""
    return [*_sandbox(), *_application(), *_callback(), *_site()]


def _sandbox() -> list[CheckMessage]:
    if settings.WECOM_SANDBOX_URL and not settings.DEBUG:
        return [
            Error(
                "企业微信指向了演示用的模拟服务。",
                hint="正式环境不要设置 WECOM_SANDBOX_URL：任何人都能在模拟服务里冒充别人登录。",
                id="wecom.E001",
            )
        ]
    return []


def _application() -> list[CheckMessage]:
    needed = {
        name: bool(getattr(settings, name)) for name in ("WECOM_CORP_ID", "WECOM_AGENT_ID", "WECOM_SECRET")
    }
    missing = [name for name, is_set in needed.items() if not is_set]
    if len(missing) == len(needed):
        return [
            Warning(
                "没有设置企业微信，只能用密码登录，消息只进站内信箱。",
                hint="按 docs/wecom.md 设置 WECOM_CORP_ID、WECOM_AGENT_ID 和 WECOM_SECRET。",
                id="wecom.W002",
            )
        ]
    if missing:
        return [
            Error(
                f"企业微信只设置了一半，还缺 {'、'.join(missing)}。",
                hint="三项都在管理后台：企业 ID 在“我的企业”，AgentId 和 Secret 在应用详情页。",
                id="wecom.E003",
            )
        ]
    return []


def _callback() -> list[CheckMessage]:
    token, key = settings.WECOM_CALLBACK_TOKEN, settings.WECOM_CALLBACK_AES_KEY
    if bool(token) != bool(key):
        return [
            Error(
                "接收消息只设置了一半：WECOM_CALLBACK_TOKEN 和 WECOM_CALLBACK_AES_KEY 要一起设置。",
                hint="两项都在应用详情页“接收消息 → API 接收”里。",
                id="wecom.E004",
            )
        ]
    if key and not is_aes_key(key):
        return [
            Error(
                f"WECOM_CALLBACK_AES_KEY 不是 {AES_KEY_LENGTH} 个字母和数字。",
                hint="从应用详情页“接收消息 → API 接收”重新复制 EncodingAESKey，不要带空格或等号。",
                id="wecom.E005",
            )
        ]
    return []


def _site() -> list[CheckMessage]:
    if settings.EMBEDDED or settings.SITE_URL.startswith("https://"):
        return []
    return [
        Warning(
            "SITE_URL 不是 https。企业微信里的登录和扫码都要求 https 和备案过的域名。",
            hint="给站点配置证书，再把 SITE_URL 改成 https:// 开头。",
            id="wecom.W006",
        )
    ]


def is_aes_key(key: str) -> bool:
    """Whether ``key`` has the 43 characters that are 32 bytes in Base64."""
    try:
        return len(key) == AES_KEY_LENGTH and len(base64.b64decode(f"{key}=", validate=True)) == 32
    except (binascii.Error, ValueError):
        return False
