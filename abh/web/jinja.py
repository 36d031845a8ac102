"""Jinja as cheap as pages with a thousand calls need it; what templates say stays the same."""

from __future__ import annotations

from types import FunctionType, MethodType
from typing import Any

from jinja2 import Environment, Template, nodes
from jinja2.compiler import CodeGenerator, Frame, optimizeconst
from jinja2.environment import TemplateModule
from jinja2.idtracking import VAR_LOAD_RESOLVE
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, Macro, markup_join
from jinja2.utils import missing
from markupsafe import Markup, _escape_inner, escape  # what escape() does before it wraps

# Functions of every page that no template and no page gives another meaning. Their calls are
# written directly; what the second ones return is HTML already.
_KNOWN = frozenset({"_", "ngettext", "url_for", "field_id"})
_SAY_HTML = frozenset({"_", "ngettext"})
# Names that mean the method of a dict even where the dict has such a key.
_OF_DICT = frozenset(dir(dict))


class LeanContext(Context):
    """A context that knows macros and plain functions at first sight.

    The library asks every callable anew what it wants to be given, which costs more than most of
    our macros. Anything else goes the library's way.
    """

    def call(__self, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # kwargs may be "self"
        kind = type(__obj)
        if kind is FunctionType or kind is MethodType:
            if not hasattr(__obj, "jinja_pass_arg"):
                return __obj(*args, **kwargs)
        elif kind is Macro and __self.eval_ctx.autoescape:
            return _expand(__obj, args, kwargs)
        return super().call(__obj, *args, **kwargs)


def markup(text: str) -> Markup:
    """Return ``text``, which is HTML, as such; the library's own way asks what it is first."""
    return str.__new__(Markup, text)


def _expand(macro: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Markup:
    """Return what ``macro`` says where HTML is written, as ``Macro.__call__`` binds arguments."""
    room = macro._argument_count
    if macro.catch_kwargs or macro.catch_varargs or len(args) > room:
        return macro(EvalContext(macro._environment), *args, **kwargs)
    bound = [*args]
    for name in macro.arguments[len(args) :]:
        bound.append(kwargs.pop(name, missing))
    if macro.caller and not macro.explicit_caller:
        caller = kwargs.pop("caller", None)
        bound.append(macro._environment.undefined("No caller") if caller is None else caller)
    if kwargs:
        raise TypeError(f"macro {macro.name!r} takes no keyword argument {next(iter(kwargs))!r}")
    return str.__new__(Markup, macro._func(*bound))


class LeanTemplate(Template):
    """A template that knows that the functions of all templates are the same."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        # The library compares the names of all of them at each import.
        return self._module or super()._get_default_module(ctx)


def html(value: Any) -> str:
    """Return what ``markupsafe.escape`` does, as text that is written and never escaped again.

    The library wraps each of a page's two thousand values in an object; the page is only joined.
    """
    kind = type(value)
    if kind is Markup:
        return value
    if kind is str:
        return _escape_inner(value)
    return escape(value)


def look(environment: Environment, obj: Any, name: str) -> Any:
    """Return ``obj.name`` as ``environment.getattr`` does; rows are dicts and found at once."""
    if type(obj) is dict:
        if name in obj and name not in _OF_DICT:
            return obj[name]
    else:
        try:
            return getattr(obj, name)
        except AttributeError:
            pass
    return environment.getattr(obj, name)


def joined(parts: tuple[Any, ...]) -> str:
    """Return what ``~`` makes of ``parts``: text, or HTML if one of them is."""
    for part in parts:
        if type(part) is not str:
            return markup_join(parts)
    return "".join(parts)


class LeanCode(CodeGenerator):
    """Writes the functions of this module where the library writes slower ones of its own."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:
        """Let the code of every template know the functions."""
        self.writeline("from abh.web.jinja import html, joined, look")
        for name in sorted(_KNOWN & self.environment.globals.keys()):
            self.writeline(f"known_{name} = environment.globals[{name!r}]")
        super().visit_Template(node, frame)

    def _known(self, node: nodes.Expr, frame: Frame, names: frozenset[str]) -> str:
        """Return which of the functions ``names`` is called here, "" if none of them."""
        called = node.node if isinstance(node, nodes.Call) else None
        if not isinstance(called, nodes.Name) or called.name not in names:
            return ""
        load = frame.symbols.find_load(frame.symbols.find_ref(called.name) or "")
        is_global = load is not None and load[0] == VAR_LOAD_RESOLVE
        return called.name if is_global and called.name in self.environment.globals else ""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
            return
        self.write("(" if self._known(node, frame, _SAY_HTML) else "html(")
        if finalize.src is not None:
            self.write(finalize.src)

    @optimizeconst
    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        """Write a call; without the variables of loops, which only a context is asked for."""
        name = self._known(node, frame, _KNOWN) if node.args else ""
        if name:
            self.write(f"known_{name}(")
            self.visit(node.args[0], frame)
            rest = nodes.Call(node.node, node.args[1:], node.kwargs, node.dyn_args, node.dyn_kwargs)
            self.signature(rest, frame)
        else:
            self.write("context.call(")
            self.visit(node.node, frame)
            self.signature(node, frame, {"caller": "caller"} if forward_caller else None)
        self.write(")")

    @optimizeconst
    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        """Write the look at an attribute."""
        self.write("look(environment, ")
        self.visit(node.node, frame)
        self.write(f", {node.attr!r})")

    @optimizeconst
    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        """Write the joining of texts."""
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super().visit_Concat(node, frame)
            return
        self.write("joined((")
        for arg in node.nodes:
            self.visit(arg, frame)
            self.write(", ")
        self.write("))")


def install(environment: Environment) -> None:
    """Make templates of ``environment`` lean; before the first of them is loaded."""
    environment.context_class = LeanContext
    environment.code_generator_class = LeanCode
    environment.template_class = LeanTemplate
