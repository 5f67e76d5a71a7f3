"""Temporary files: kept by WeCom for three days."""

from typing import Literal

from wecom.app import App, field

Kind = Literal["image", "voice", "video", "file"]


class Media(App):
    def upload(self, *, name: str, content: bytes, kind: Kind = "file") -> str:
        """Hand over a file and return its media id. Bytes, not a stream: a repeat must send the same again."""
        return field(
            self.post("media/upload", params={"type": kind}, files={"media": (name, content)}),
            "media_id",
            str,
        )

    def fetch_media(self, media_id: str) -> bytes:
        """The content of an uploaded file, at most 21 MB."""
        return self.download("media/get", {"media_id": media_id})
