"""Page modules, one per audience; each exposes ``blueprint`` and is listed in ``abh.web.app``."""
