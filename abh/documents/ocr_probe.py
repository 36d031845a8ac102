"""Takes on limits and becomes another program, so that its children inherit them.

Run as a file: limits as JSON, then the command. It imports nothing of the product.
"""

from __future__ import annotations

import json
import os
import resource
import sys


def main() -> None:
    """Become the command; 127 when it is not there."""
    limits = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"], limits["seconds"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)
    try:
        os.execvp(sys.argv[2], sys.argv[2:])
    except OSError:
        sys.exit(127)


if __name__ == "__main__":
    main()
