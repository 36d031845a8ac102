"""The web application for a WSGI server: ``gunicorn wsgi:app``; never starts the scheduler."""

from abh.settings import load_settings, make_clock
from abh.web.app import create_app, make_services

settings = load_settings()
app = create_app(settings, services=make_services(settings, clock=make_clock(settings)))
