"""Jinja as cheap as pages with a thousand calls need it; what templates say stays the same."""

from __future__ import annotations

from types import FunctionType, MethodType
from typing import Any

from jinja2 import Environment
from jinja2.runtime import Context, Macro


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


def install(environment: Environment) -> None:
    """Make templates of ``environment`` run in the lean context; before the first is loaded."""
    environment.context_class = LeanContext
