"""Reads the text layer of one PDF inside a process of its own: hostile files kill only the probe.

Run as a file with the data on standard input and limits as JSON in the first argument; prints the
text. It imports nothing of the product, so that it starts fast and knows no secrets.
"""

from __future__ import annotations

import json
import resource
import sys


def main() -> int:
    """Print at most ``characters`` of text; ends with 1 for what is no readable PDF."""
    limits = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"], limits["seconds"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = sys.stdin.buffer.read()
    import pypdfium2

    left = limits["characters"]
    parts = []
    try:
        for page in pypdfium2.PdfDocument(data):
            text = page.get_textpage().get_text_range()[:left]
            parts.append(text)
            left -= len(text)
            if left <= 0:
                break
    except (pypdfium2.PdfiumError, MemoryError):
        return 1
    sys.stdout.buffer.write("\n".join(parts).encode("utf-8", "replace"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
