from django.db import models


class Column(models.Model):
    """A kind of reading (栏目), such as 百科 or 党的知识. The first ones come with the installation."""

    name = models.CharField("名称", max_length=20, unique=True)
    position = models.PositiveSmallIntegerField("排序", default=0)
    is_open = models.BooleanField("启用", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "栏目"
        ordering = ["position", "pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
