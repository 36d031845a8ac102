"""Jinja as cheap as pages with a thousand calls need it; what templates say stays the same."""

from __future__ import annotations

from types import FunctionType, MethodType
from typing import Any

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape


class LeanContext(Context):
    """A context that knows macros and plain functions at first sight.

    The library asks every callable anew what it wants to be given, which costs more than most of
    our macros. Anything else goes the library's way.
    """

    def call(__self, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # kwargs may be "self"
        kind = type(__obj)
        if kind is FunctionType or kind is MethodType:
            if not hasattr(__obj, "jinja_pass_arg"):
                if kwargs:
                    kwargs.pop("_block_vars", None)
                    kwargs.pop("_loop_vars", None)
                return __obj(*args, **kwargs)
        elif kind is Macro:
            if kwargs:
                kwargs.pop("_block_vars", None)
                kwargs.pop("_loop_vars", None)
            return __obj(__self.eval_ctx, *args, **kwargs)
        return super().call(__obj, *args, **kwargs)


def html(value: Any) -> str:
    """Return what ``markupsafe.escape`` does, as text that is written and never escaped again.

    The library wraps each of a page's two thousand values in an object; the page is only joined.
    """
    kind = type(value)
    if kind is Markup:
        return value
    if kind is str:
        if value.isalnum():
            return value
        return (
            value.replace("&", "&amp;")
            .replace(">", "&gt;")
            .replace("<", "&lt;")
            .replace("'", "&#39;")
            .replace('"', "&#34;")
        )
    return escape(value)


class LeanCode(CodeGenerator):
    """Writes ``html`` where the library writes ``escape`` around a printed value."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:
        """Let the code of every template know ``html``."""
        self.writeline("from abh.web.jinja import html")
        super().visit_Template(node, frame)

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
            return
        self.write("html(")
        if finalize.src is not None:
            self.write(finalize.src)


def install(environment: Environment) -> None:
    """Make templates of ``environment`` lean; before the first of them is loaded."""
    environment.context_class = LeanContext
    environment.code_generator_class = LeanCode
