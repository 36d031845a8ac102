import pathlib, re
from abh.access.actor import applicant_actor
from abh.workflows import service
from tests import factories
OUT = pathlib.Path("/tmp/b8")
STATIC = pathlib.Path(__file__).parents[4] / "abh/web/static"
def keep(name, text):
    text = re.sub(r'href="/static/([^"?]+)[^"]*"', lambda m: f'href="file://{STATIC}/{m[1]}"', text)
    (OUT / f"{name}.html").write_text(text)
def test_keep(visitor, session, house):
    kinds = [k for k in factories.EVIDENCE if k != "hochschulabschluss"]
    made = factories.file_case(session, house, applicant_actor(), evidence=kinds)
    session.commit()
    clerk = factories.staff(session, "SG1", rank="SB")
    service.take_step(session, house, clerk, made.vorgang_id, "nachfordern", expected_version=None)
    session.commit()
    visitor.post(f"/status/{made.token}/frage", {"thema": "arbeit", "frage": "Darf ich?"}, of=f"/status/{made.token}?lang=de")
    for lang in ("de", "en", "ar"):
        keep(f"status-{lang}", visitor.get(f"/status/{made.token}?lang={lang}").text)
