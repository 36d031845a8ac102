"""Whether a login of a company wants mails about letters and messages; each for itself."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from abh.access.policy import Power, policy
from abh.fastlane import briefmeldung
from abh.web import session as web
from abh.web.forms import Form
from abh.web.i18n import gettext as _
from abh.web.pages import firma_rahmen

blueprint = firma_rahmen.firm_blueprint("firma_mitteilungen", __name__)


@blueprint.get("/firma/mitteilungen")
@policy(Power.FASTLANE_COMPANY)
def page() -> str:
    """Show where mails go, and the switch."""
    who, session = firma_rahmen.acting(), web.reading()
    wanted = briefmeldung.wants_mail(session, who)
    return render_template(
        "firma/mitteilungen.html",
        who=who,
        form=Form({"mails": "1"} if wanted else {}),
        address=briefmeldung.address_of(session, who),
    )


@blueprint.post("/firma/mitteilungen")
@policy(Power.FASTLANE_COMPANY)
def choose() -> Response:
    """Switch the mails of this login on or off."""
    who = firma_rahmen.acting()
    with web.unit_of_work() as session:
        briefmeldung.choose(session, web.house(), who, wanted=request.form.get("mails") == "1")
    flash(_("Gespeichert."), "success")
    return redirect(url_for("firma_mitteilungen.page"), 303)
