"""The tests; compiled modules are kept, whatever the shell says.

Without them every worker rewrites the asserts of all tests anew, and every program that a test
starts compiles the whole house. Here, because this is loaded before everything else of ours.
"""

import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
