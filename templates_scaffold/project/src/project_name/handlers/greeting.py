"""A form: what is wrong with it is shown beside it, what is right ends in a redirect."""

from .base import BaseHandler

LONGEST_NAME = 80


class GreetingHandler(BaseHandler):
    def get(self) -> None:
        self.render("greeting.html", name="", error="")

    def post(self) -> None:
        name = self.get_body_argument("name", "")
        error = self.error_in(name)
        if error:
            self.set_status(422)
            self.render("greeting.html", name=name, error=error)
        else:
            # % if i18n
            self.flash(self.locale.translate("Hello, %s!") % name)
            # % else
            # %| self.flash(f"Hello, {name}!")
            # % endif
            self.redirect(self.reverse_url("home"), status=303)

    def error_in(self, name: str) -> str:
        if not name:
            return self.locale.translate("Please enter a name.")
        if len(name) > LONGEST_NAME:
            # % if i18n
            return self.locale.translate("Please use no more than %d characters.") % LONGEST_NAME
            # % else
            # %| return f"Please use no more than {LONGEST_NAME} characters."
            # % endif
        return ""
