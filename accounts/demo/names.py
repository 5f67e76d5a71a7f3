"""Invented names, and the few that test a screen."""

import random

from accounts.models import User

SURNAMES = list(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文"
)
WOMEN = list("予安晓禾知夏若溪念慈书瑶清妍语桐佳宁思琪雨萱亦菲心怡可欣梦洁静姝文茵诗涵悦然沐晴子衿映雪采薇")
MEN = list("景行浩然子墨明轩承宇嘉树立诚志远思齐博文俊驰泽楷彦霖一鸣昊天晨阳向东致知云舟弘毅修远望舒启明")


class Names:
    """Hands out names; two equal ones only where the demo wants them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.taken: set[str] = set()

    def next(self, gender: str) -> str:
        pool = WOMEN if gender == User.Gender.FEMALE else MEN
        while True:
            length = 1 if self.rng.random() < 0.12 else 2
            name = self.rng.choice(SURNAMES) + "".join(self.rng.sample(pool, length))
            if name not in self.taken:
                self.taken.add(name)
                return name
