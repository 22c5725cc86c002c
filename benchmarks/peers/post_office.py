"""django-post_office: mails are queued as context, and `send_queued_mail` renders and sends them. Documented at
https://github.com/ui/django-post_office; `as it comes` leaves every setting as it is.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

from benchmarks.peers.likeness import of_person

#: Processes, threads of each, and mails taken at once.
AS_IT_COMES, TUNED = (1, None, None), (2, 10, 1000)


def send(
    like: str, folder: str, port: int, count: int, processes: int, threads: int | None, at_once: int | None
) -> dict[str, Any]:
    """Queue so many mails and send them all; the seconds of each part."""
    wanted = json.loads(Path(like).read_text(encoding="utf-8"))
    post_office = {"THREADS_PER_PROCESS": threads, "BATCH_SIZE": at_once}
    _set_up(Path(folder), port, {name: value for name, value in post_office.items() if value is not None})
    from django.core.management import call_command
    from post_office.models import STATUS, Email, EmailTemplate

    template = EmailTemplate.objects.create(
        name="update", subject="Update {{ number }}", content=wanted["text"], html_content=wanted["html"]
    )
    began = time.perf_counter()
    _queue(template, wanted["words"], count)
    queued = time.perf_counter()
    call_command("send_queued_mail", processes=processes, verbosity=0)
    sent = time.perf_counter()
    if Email.objects.filter(status=STATUS.sent).count() != count:
        raise RuntimeError("not all went")
    return {"mails": count, "assembling": queued - began, "sending": sent - queued}


def _queue(template: Any, words: dict[str, str], count: int) -> None:
    from post_office import mail

    for number in range(count):
        mail.send(
            f"reader{number}@example.net",
            "Trial updates <updates@example.org>",
            template=template,
            context={"number": number, "words": of_person(words, number)},
            render_on_delivery=True,
        )


def _set_up(folder: Path, port: int, post_office: dict[str, Any]) -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    os.environ["TMPDIR"] = str(folder)  # its lock file goes there
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "post_office.db"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=["post_office"],
        EMAIL_BACKEND="post_office.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        POST_OFFICE=post_office,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        USE_TZ=True,
    )
    django.setup()
    call_command("migrate", verbosity=0)
