"""What each setting means, with an example that a wrong value is answered with. `docs/reference/settings.md` is made of it."""

from collections.abc import Mapping
from typing import NamedTuple


class Described(NamedTuple):
    """meaning: one or two sentences without a full stop at the end; unset: what happens while it is not set, where that needs words."""

    example: str
    meaning: str
    unset: str = ""


DESCRIBED: Mapping[str, Described] = {
    "database_url": Described(
        "sqlite:///notifier.db", "`postgresql+psycopg://user:pass@host/db` for more than one worker"
    ),
    "registry_url": Described("https://clinicaltrials.gov/api/v2", "base of the API"),
    "registry_requests_per_second": Described("1", "never more than this"),
    "registry_user_agent": Described(
        "my-site/1 (+https://example.org) python-httpx/0.28",
        "replaces the User-Agent whole, should the registry's edge refuse it",
        "names this program and httpx",
    ),
    "reread_studies": Described(
        "500", "followed studies that each pass reads again, because real changes come without a date"
    ),
    "new_study_within": Described("30d", "how long after its first posting a study counts as new"),
    "settle_minor": Described(
        "6h", "how long a minor edit waits, so that corrections come as one or as nothing"
    ),
    "watch_every": Described("30m", "how often the registry is asked whether it published"),
    "smtp_url": Described(
        "smtp+starttls://user:password@mail.example.org:587",
        "`smtp://` (loopback only, or with `?insecure=yes`), `smtp+starttls://user:pass@host:587`, `smtps://user:pass@host:465`",
        "mails are written as `.eml` files",
    ),
    "mail_dir": Described("mail", "where the files go"),
    "smtp_connections": Described("4", "lines to the mail server held at once"),
    "smtp_timeout": Described("60s", "for each command"),
    "smtp_final_timeout": Described("600s", "for the answer to the end of a mail"),
    "retry_after": Described(
        "15m,30m,1h,2h,4h,8h", "waits after each attempt that the mail server put off; the last one repeats"
    ),
    "give_up_after": Described(
        "5d",
        "a mail that is put off for longer is given up; what it would have told comes with the person's next mail",
    ),
    "stale_after": Described(
        "5d", "a mail that could not be sent for longer is no longer news: it is made anew instead"
    ),
    "unsure": Described(
        "resend_once",
        "when the line broke before the answer to a mail: `resend_once`, or `hold` it for an admin",
    ),
    "mail_from": Described("Trial updates <updates@example.org>", "From, and the domain of Message-IDs"),
    "mail_reply_to": Described("help@example.org", "a mailbox that a person reads"),
    "bounce_domain": Described(
        "bounces.example.org",
        "domain of the envelope sender and of unsubscribe mails; each address at it carries a signed tag",
    ),
    "webhook_ses": Described(
        "arn:aws:sns:eu-west-1:123456789012:returned",
        "the SNS topic whose reports `POST /webhooks/ses` takes; each is signed by Amazon",
        "that address answers 404",
    ),
    "webhook_postmark": Described(
        "a-password-of-your-own",
        "the password in the address that Postmark posts to, `https://notifier:PASSWORD@…/webhooks/postmark`",
        "that address answers 404",
    ),
    "webhook_mailgun": Described(
        "the-signing-key-of-your-account",
        "Mailgun's HTTP webhook signing key, with which it signs what it posts to `/webhooks/mailgun`",
        "that address answers 404",
    ),
    "dkim_keys": Described(
        "2027a:/etc/notifier/2027a.pem,2027b:/etc/notifier/2027b.pem",
        "signs every mail; comma separated `selector:file`, made by `notifier dkim new`; not needed where the mail server signs",
        "not signed",
    ),
    "dkim_domain": Described("example.org", "the domain that signs", "that of `NOTIFIER_MAIL_FROM`"),
    "organisation": Described(
        "Example Patients' Association", "in every mail's footer; needed before mail leaves this machine"
    ),
    "postal_address": Described(
        "1 Example Street, 8000 Aarhus C, Denmark",
        "in every mail's footer; needed before mail leaves this machine",
    ),
    "templates": Described(
        "/etc/notifier/templates",
        "a folder laid over the shipped templates, file by file; `da.po` in it replaces single sentences. See `docs/own-face.md`",
        "the shipped ones",
    ),
    "brand_name": Described(
        "Example Patients",
        "what the pages are called, and the head of every mail",
        "`NOTIFIER_ORGANISATION` names the pages",
    ),
    "brand_logo": Described(
        "/etc/notifier/logo.svg",
        "a picture at the head of every page: PNG, SVG, JPEG, GIF or WebP, at most 32,000 bytes; it is written into the pages",
        "no picture",
    ),
    "brand_accent": Described(
        "#0b5cad",
        "the colour of links and buttons: one that can be read on white, from which that of the dark scheme is made, or both: `#0b5cad,#7cc4fa`",
        "blue",
    ),
    "brand_help_line": Described(
        "Questions? Call us on 555 0100, weekdays 9 to 15.", "whom to ask: one line in every mail and page"
    ),
    "language": Described(
        "da",
        "of the mails to people for whom nobody said another, and of pages for browsers that ask for none of `en`, `da`, `de` or `es`",
    ),
    "time_zone": Described(
        "Europe/Copenhagen",
        "by whose clock daily and weekly mails come to people for whom nobody said another",
    ),
    "recipient_allowlist": Described(
        "me@example.org,example.net", "where set, only these addresses or domains are ever mailed"
    ),
    "public_url": Described("https://updates.example.org", "base of every link"),
    "web_listen": Described("127.0.0.1:8080", "where the pages are served; `off` for none"),
    "terms_url": Described(
        "https://example.org/terms", "terms of use, linked from the form", "a page of ours"
    ),
    "privacy_url": Described(
        "https://example.org/privacy",
        "what is kept of a person and why, linked from every page",
        "a page of ours",
    ),
    "form_origins": Described(
        "https://www.example.org",
        "other sites whose pages may post the sign-up form, such as `https://www.example.org`",
    ),
    "trusted_proxies": Described(
        "127.0.0.1,10.0.0.0/8",
        "addresses or networks of the proxies before us, whose `X-Forwarded-For` is believed; nobody else's is",
    ),
    "metrics_from": Described("127.0.0.1,10.0.0.5", "who may read `/metrics`"),
    "forms_per_network": Described(
        "20", "the most forms that cause a mail that one network may send in an hour"
    ),
    "forms_an_hour": Described("500", "the most in all"),
    "page_fetches_an_hour": Described(
        "300",
        "the most questions an hour that visitors cause at the registry: searches, and studies whose page is opened",
    ),
    "secret_keys": Described(
        "a-new-long-random-text,the-old-one-before-it",
        "comma separated, newest first; all verify, the first signs",
        "made once, kept in `notifier.key`",
    ),
    "address_keys": Described(
        "a-new-long-random-text,the-old-one-before-it",
        "long random texts that are kept where the database is not, comma separated, newest first: addresses are sealed with the first in the database and its backups; see `notifier database seal`",
        "addresses are stored as they are",
    ),
    "backup_within": Described(
        "26h",
        "that much time without `notifier backup` is something that an admin is told of, such as `26h`",
        "nobody is told",
    ),
    "erasures_file": Described(
        "notifier.erasures",
        "hashes of people who were erased, so that a restored backup forgets them too; or `off`",
        "`notifier.erasures`, beside an SQLite database",
    ),
    "model_url": Described(
        "http://127.0.0.1:11434/v1",
        "an OpenAI-compatible endpoint that may word the plain-language summary; checked against the record, or not used",
        "rules write",
    ),
    "model_name": Described("a-model", "the model there"),
    "model_key": Described("the-key-of-the-endpoint", "the key for it"),
    "model_timeout": Described("30s", "for each answer"),
    "model_calls_a_day": Described("200", "never more than this"),
    "brake_studies": Described(
        "20%",
        "a pass in which more than this share of the followed studies (and more than 50) changed is held",
    ),
    "brake_messages": Described(
        "5x", "a pass that would mail more than this multiple of the usual people (and more than 200) is held"
    ),
    "brake_event": Described(
        "20000", "one change that concerns more people than this is held, and the rest of its pass goes"
    ),
    "discreet": Described(
        "body",
        "what of a mail names no study, topic or number where a person chose nothing else: the `subject`, or the `body` too, which then says only that "
        "something changed, how much it matters, and a link to the text that works for seven days",
    ),
    "mails_a_day": Described(
        "10",
        "the most mails with news that one person gets in 24 hours; what is above waits, and comes as one mail",
    ),
    "mails_an_hour": Described(
        "500",
        "the most mails that go in any hour, of all workers together, as a mail provider allows; what is above waits, and what matters most goes first",
        "no limit",
    ),
    "admin": Described(
        "admin@example.org",
        "an address that is told, once and once when it is over, of what goes wrong for long",
        "the log alone",
    ),
    "canary": Described(
        "canary@example.org",
        "a mailbox of yours that follows along: a day on which it should have had mail and was sent none goes wrong",
    ),
    "blind_after": Described(
        "36h",
        "that much time without a whole look at the registry, weekends not counted, goes wrong for long",
    ),
    "fence_file": Described(
        "notifier.fence",
        "this machine's count of what it sent, to notice a restored or copied database; keep it on a disk that stays, or `off`",
        "`notifier.fence`, beside an SQLite database",
    ),
    "log_format": Described(
        "json", "`text` for eyes, or `json`: an object a line", "`text` on a terminal, else `json`"
    ),
    "log_level": Described("info", "`debug`, `info`, `warning`, `error`", "`info`; for commands `error`"),
    "clock": Described(
        "2027-01-11T12:00:00Z", "for rehearsals: the program's clock stands at this time (ISO 8601, UTC)"
    ),
}
