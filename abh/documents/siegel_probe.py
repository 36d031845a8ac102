"""Checks the signatures of one PDF inside a process of its own: hostile files kill only the probe.

Run as a file; standard input is one line of JSON (limits, trusted certificates in Base64), then
the file. Prints what was found as JSON.
"""

from __future__ import annotations

import base64
import json
import logging
import resource
import sys
from dataclasses import asdict
from pathlib import Path


def main() -> int:
    """Print a list of findings; ends with 1 for what cannot be checked."""
    head = json.loads(sys.stdin.buffer.readline())
    resource.setrlimit(resource.RLIMIT_AS, (head["memory"], head["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (head["seconds"], head["seconds"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Isolated from the environment, Python does not know where the product lies.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from abh.documents.siegel import check_signatures
    from abh.kernel.errors import DomainError

    # What pyHanko tells about each fault of a certificate is in the findings already.
    logging.disable(logging.CRITICAL)
    data = sys.stdin.buffer.read()
    try:
        found = check_signatures(data, [base64.b64decode(root) for root in head["roots"]])
    except DomainError as error:
        sys.stderr.write(str(error))
        return 1
    rows = [
        {**asdict(one), "signed_at": one.signed_at.isoformat() if one.signed_at else None}
        for one in found
    ]
    sys.stdout.write(json.dumps(rows, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
