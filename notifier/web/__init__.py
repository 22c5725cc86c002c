"""The pages: studies, signing up, the links in mails, health. GET and HEAD change nothing; a press of a button is a POST that acts.

Nothing here tells anybody what a person follows: a page of a link shows the masked address and nothing else, and a
link that is not ours gets one page, whatever is wrong with it.
"""

from notifier.web.app import make_app
from notifier.web.site import Pages
