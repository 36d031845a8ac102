"""Ways of writing code that open holes are refused everywhere; see docs/decisions.

What is right in spite of it carries its reason in the table below, or ``nosec`` with a reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from abh.settings import ROOT

# Modules that write or time things of no person and are never reached by a page.
BESIDE = ("abh/bench/", "abh/demo/", "abh/simulate/")
ALLOWED = {
    # ``which`` is one of the conditions that this module itself writes out.
    ("abh/workflows/kampagne.py", "SQL aus Stücken"),
}
REASON = re.compile(r"# nosec\b[^#]*[:,] ?\S|# nosec B\d+")


def name_of(node: ast.expr) -> str:
    """Return the dotted name of a called thing, "" where it has none."""
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


def is_made(node: ast.expr) -> bool:
    """Return whether a text is put together here from something that is no constant."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return not (_constant(node.left) and _constant(node.right))
    if isinstance(node, ast.Call) and name_of(node.func).endswith("format"):
        given = [*node.args, *(word.value for word in node.keywords)]
        return not all(_constant(each) or _identifier(each) for each in given)
    return False


def _identifier(node: ast.expr) -> bool:
    # psycopg's own way to put a name into a statement.
    return isinstance(node, ast.Call) and name_of(node.func) == "sql.Identifier"


def _constant(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _constant(node.left) and _constant(node.right)
    # A name in capitals is a constant of the module.
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id.isupper())


def _only_capitals(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) and all(
        isinstance(part, ast.Constant)
        or (isinstance(part, ast.FormattedValue) and _constant_name(part.value))
        for part in node.values
    )


def _constant_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id.lstrip("_").isupper()


def fault_of(call: ast.Call) -> str:
    """Return what is wrong with a call, "" for nothing."""
    name = name_of(call.func)
    last = name.rpartition(".")[2]
    first = call.args[0] if call.args else None
    keywords = {word.arg: word.value for word in call.keywords}
    shell = keywords.get("shell")
    loader = keywords.get("Loader")
    if last in ("text", "execute", "exec_driver_sql", "scalar", "scalars", "literal_column"):
        if first is not None and is_made(first) and not _only_capitals(first):
            return "SQL aus Stücken"
    elif name in ("Markup", "markupsafe.Markup"):
        if first is not None and not isinstance(first, ast.Constant):
            return "Markup um Veränderliches"
    elif shell is not None and not (isinstance(shell, ast.Constant) and shell.value is False):
        return "shell"
    elif name in ("os.system", "os.popen", "eval", "exec", "render_template_string"):
        return name
    elif name in ("yaml.load", "yaml.unsafe_load", "yaml.full_load"):
        if loader is None or not name_of(loader).endswith(("SafeLoader", "StrictLoader")):
            return "yaml.load"
    elif name.startswith(("pickle.load", "marshal.load", "shelve.open")):
        return name
    elif (
        last in ("utcnow", "utcfromtimestamp")
        or last == "now"
        and name.startswith("datetime")
        and not (call.args or keywords)
    ):
        return "Zeit ohne Zone"
    return ""


def faults(path: str, source: str) -> Iterator[str]:
    """Yield the faults of a module with their lines."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and (fault := fault_of(node)):
            beside = path.startswith(BESIDE) and fault == "SQL aus Stücken"
            if beside or (path, fault) in ALLOWED:
                continue
            said = lines[node.lineno - 1 : (node.end_lineno or node.lineno)]
            if not any(REASON.search(line) for line in said):
                yield f"{path}:{node.lineno} {fault}"


def test_no_module_writes_what_opens_holes() -> None:
    found = [
        fault
        for path in sorted((ROOT / "abh").rglob("*.py"))
        for fault in faults(str(path.relative_to(ROOT)), path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        'session.execute(text(f"SELECT {x}"))',
        'text("SELECT " + x)',
        'text("SELECT %s" % x)',
        'session.scalar(text("SELECT {}".format(x)))',
        "Markup(x)",
        'Markup(f"<b>{x}</b>")',
        "subprocess.run(x, shell=True)",
        "subprocess.run(x, shell=y)",
        "os.system(x)",
        "yaml.load(x)",
        "yaml.load(x, Loader=yaml.Loader)",
        "pickle.loads(x)",
        "eval(x)",
        "render_template_string(x)",
        "datetime.now()",
        "datetime.utcnow()",
        "datetime.datetime.now()",
    ],
)
def test_each_of_them_is_seen(line: str) -> None:
    assert len([*faults("abh/x.py", line)]) >= 1


@pytest.mark.parametrize(
    "line",
    [
        'text("SELECT 1")',
        'text("SELECT " "1")',
        'text(f"{_ACTIVE} AND x")',
        'Markup("<b>{}</b>").format(x)',
        "subprocess.run([x], shell=False)",
        "yaml.load(x, Loader=SafeLoader)",
        "datetime.now(UTC)",
        "Markup(svg)  # nosec B704: drawn by us",
    ],
)
def test_and_nothing_else(line: str) -> None:
    assert [*faults("abh/x.py", line)] == []


UNSAFE = re.compile(
    r"\|\s*safe\b|autoescape\s+false|\bon[a-z]+=\"|<script(?![^>]*nonce)|javascript:"
)


def test_no_template_switches_escaping_off_or_runs_inline_scripts() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "abh").rglob("*.html"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if UNSAFE.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    ["{{ x|safe }}", "{{ x | safe }}", '<a onclick="x">', "<script>x", 'href="javascript:x"'],
)
def test_each_unsafe_line_is_seen(line: str) -> None:
    assert UNSAFE.search(line)


def test_every_page_that_asks_for_a_new_window_gives_it_no_way_back() -> None:
    bare = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "abh").rglob("*.html"))
        for tag in re.findall(r"<a [^>]*target=\"_blank\"[^>]*>", path.read_text("utf-8"))
        if "noopener" not in tag
    ]
    assert bare == []


def test_the_rules_look_at_the_whole_house() -> None:
    assert len([*Path(ROOT / "abh").rglob("*.py")]) > 400
