"""A notebook cell's output: a picture for everyone, the stepper where scripts are allowed."""

from __future__ import annotations

import base64
import json
from html import escape
from string import Template

from autograd.draw.wording import clean
from autograd.stepper import document

_CELL = Template(
    '<div class="glassgrad"><img alt="$alt" src="data:image/svg+xml;base64,$image" '
    'style="max-width:100%"><script>$script</script></div>'
)
_SCRIPT = Template(
    "(function(){var own=document.currentScript,"
    'box=own?own.parentNode:document.querySelector("div.glassgrad:not(.live)");'
    'if(!box)return;box.className="glassgrad live";'
    'var frame=document.createElement("iframe");'
    'frame.setAttribute("sandbox","allow-scripts");frame.title=$title;'
    'frame.style.cssText="display:block;width:100%;height:${height}px;border:0";'
    "frame.srcdoc=$page;box.replaceChildren(frame)})()"
)


def cell(page: str, picture: str, *, alt: str, title: str, height: int) -> str:
    """One ``text/html`` that is safe to show in a notebook that is not trusted.

    A sanitiser that drops the script leaves the image. The script replaces the image by
    a frame that may run scripts and nothing else: the page's keys and styles stay inside.

    Args:
        page: the stepper's page.
        picture: the graph as SVG.
        alt: what the picture shows, in words.
        title: the title of the frame.
        height: the height of the frame in pixels.
    """
    script = _SCRIPT.substitute(title=quoted(clean(title)), height=height, page=quoted(page))
    image = base64.b64encode(picture.encode()).decode()
    return _CELL.substitute(alt=escape(document.clean(alt)), image=image, script=script)


def quoted(text: str) -> str:
    """Text as a JavaScript string in which no ``</script>`` can end the script.

    >>> quoted("</script>")
    '"\\\\u003c/script>"'
    """
    written = json.dumps(text, ensure_ascii=False).replace("<", "\\u003c")
    return written.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
