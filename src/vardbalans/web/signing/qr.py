"""A QR code as the address of a picture, drawn by the ``qrcode`` package of the extra ``sso``."""

import base64
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO

__all__ = ["picture_of"]


def picture_of(text: str) -> str | None:
    """Return *text* as a ``data:`` address of an SVG; None where the package is not installed."""
    if find_spec("qrcode") is None:
        return None
    drawn, image = BytesIO(), import_module("qrcode.image.svg").SvgPathFillImage
    import_module("qrcode").make(text, image_factory=image, border=2).save(drawn)
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode()
