"""The web application for a WSGI server: ``gunicorn wsgi:app``; never starts the scheduler."""

import atexit
import gc

import click

from abh import preflight
from abh.documents import layout  # noqa: F401 - loaded before the workers are forked
from abh.settings import make_clock
from abh.web import erststart
from abh.web.app import create_app, make_services

# gunicorn starts a worker that ends with any other code again and again; by this one it ends too.
GUNICORN_BOOT_ERROR = 3

settings = preflight.or_exit(code=GUNICORN_BOOT_ERROR, setup=True)
services = make_services(settings, clock=make_clock(settings))
erststart.announce(services, echo=click.echo)
app = create_app(settings, services=services)

# What is loaded now stays: without it the collector looks through a quarter of a million objects
# of the program after every few pages, and by its usual measure it begins far too often.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 10, 10)
# At the end everything is let go again, or libraries report what they believe to be leaks.
atexit.register(gc.unfreeze)
