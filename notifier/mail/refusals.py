"""From a refusal to one reason, and to the one question that matters: is the address dead? Pure.

The one judge for both roads: what a server answers while we speak to it, and what a report says later, in which a local
server wraps a remote one's answer in statuses and words of its own. Structure comes first (the enhanced status codes of
RFC 3463 and where in the dialogue it was said), phrases second, and whatever speaks for the address wins: a mail too many
to a dead mailbox costs nothing, a living person who is not told any more is what this program is against.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class RefusalReason(StrEnum):
    """Why a mail came back, in stable words."""

    USER_UNKNOWN = "user unknown"
    HOST_UNKNOWN = "host unknown"
    TAKES_NO_MAIL = "takes no mail"  #: The domain says that it takes none at all (RFC 7505).
    MOVED = "moved"

    MAILBOX_FULL = "mailbox full"
    EXPIRED = "expired"  #: Tried for days, then given up.
    TIME_OUT = "time-out"
    NETWORK = "network"  #: No way to the server: routing, DNS, a refused connection.
    SUSPENDED = "suspended"  #: Blocked or dormant for now; such mailboxes come back.
    SYSTEM = "system"  #: A fault of a server or of a program on the way.
    TEMPORARY = "temporary"  #: The server said "later", and somebody gave up.
    UNCLEAR = "unclear"

    FILTERED = "filtered"  #: Refused once the mail's own words were seen, or by the person's own rules.
    POLICY = "policy"
    REPUTATION = "reputation"
    AUTHENTICATION = "authentication"  #: SPF, DKIM, DMARC.
    SENDER = "sender"  #: Our own address was refused.
    RELAYING = "relaying"
    SPAM = "spam"
    VIRUS = "virus"
    CONTENT = "content"
    PROTOCOL = "protocol"
    TOO_LARGE = "too large"
    TOO_MANY = "too many"  #: Faster, or more at once, than the server likes.
    GREYLISTED = "greylisted"
    REFUSED = "refused"  #: Without a word why.

    DELIVERED = "delivered"
    VACATION = "vacation"
    FEEDBACK = "feedback"
    NONE = "none"  #: Not a report.


#: (what it means, the words), the first that is found decides.
PHRASES: tuple[tuple[RefusalReason, tuple[str, ...]], ...] = (
    (
        # cPanel's rule for a domain without any DNS entry; it mentions black lists, but has not met one.
        RefusalReason.HOST_UNKNOWN,
        (r"the account or domain may not exist, they may be blacklisted",),
    ),
    (
        RefusalReason.MAILBOX_FULL,
        (
            r"mail ?box (?:is |was |size |has )*(?:full|exceed|over|too large)",
            r"mail ?box .{0,60}(?:is full|is over|exceeds|exceeded|over quota)",
            r"(?:account|user|recipient|inbox|maildir|mail folder|storage)\S* .{0,40}(?:is full|over ?quota|is over the maximum)",
            r"(?:over|exceed\w*|above|beyond|out of) (?:\S+ ){0,4}quota",
            r"quota .{0,40}(?:exceed|violat|full|reached|is over)",
            r"quota (?:has been )?exceed",
            r"over ?quota|mail ?quota|disk quota|quota ?full|overquota|quotaexceeded",
            r"(?:not enough|insufficient|no|out of|lack of) (?:\S+ ){0,2}(?:storage|disk|mailbox) ?space",
            r"(?:not enough|insufficient|no) space (?:left|on|for)",
            r"exceed\w* (?:\S+ ){0,3}(?:storage|mailbox size|mail storage|maximum storage|storage allocation|space)",
            r"too much mail data|mailfolder is full|storage allocation|max(?:imum)? message count|recipient storage full",
            r"mailbox_?full|mbox full|boite .{0,20}pleine|postfach .{0,20}voll|maximum allowed (?:disk|storage)",
            r"account(?:s)? (?:is|are) temporarily over|temporarily over (?:its )?quota|no space for mail",
        ),
    ),
    (
        RefusalReason.TOO_LARGE,
        (
            r"(?:message|mail|data|e-?mail|content|line|header) (?:\S+ ){0,4}(?:too (?:big|large|long)|exceed)",
            r"size (?:\S+ ){0,3}(?:exceed|limit)",
            r"exceed\S* (?:\S+ ){0,4}(?:message size|size limit|fixed maximum)",
            r"(?:maximum|max) (?:message|mail) size",
        ),
    ),
    (
        RefusalReason.TOO_MANY,
        (
            r"receiving (?:mail|messages) (?:at a rate|too quickly)",
            r"too (?:many|much) (?:\S+ ){0,3}(?:connections?|sessions?|messages|mails?|recipients|rcpt|errors|concurrent|load|hops|invalid)",
            r"(?:connection|sending|message|delivery|rate|hourly|daily|rcpt|recipient)s? (?:\S+ ){0,2}(?:limit|rate)\S* (?:\S+ ){0,3}(?:exceed|reach)",
            r"exceed\S* (?:\S+ ){0,4}(?:rate|connections?|hourly|daily|per hour|per day|messages sent)",
            r"rate.?limit|throttl|temporarily rate|too fast|slow down|unusual rate",
        ),
    ),
    (
        RefusalReason.GREYLISTED,
        (r"gr[ea]y ?-?list",),
    ),
    (
        RefusalReason.AUTHENTICATION,
        (
            r"\bdmarc\b|\bspf\b|\bdkim\b|\barc\b (?:fail|check)",
            r"authenticat(?:ion|ed) (?:\S+ ){0,4}(?:fail|require|check|information|policy)",
            r"unauthenticated|not (?:been )?authenticated|sender id|authentication-results",
            r"not allowed to send (?:\S+ ){0,2}(?:from|mail)",
            r"e-?mail address is not verified|failed the check in region",
        ),
    ),
    (
        RefusalReason.REPUTATION,
        (
            r"black ?-?list|block ?-?list|deny ?-?list|\brbl\b|\bdnsbl\b|\bdrbl\b|\bbl\.|spamhaus|spamcop|barracudacentral|sorbs|senderbase|senderscore|uceprotect|cloudmark|invaluement|abusix|\bpbl\b|\bxbl\b",
            r"reputation|poor score|blocked (?:by|using|due|because|for|from)|(?:is|been|was|were|are) (?:\S+ )?block(?:ed|ing)",
            r"client host (?:\S+ ){0,4}(?:rejected|blocked)|(?:ip|host|server|client|domain|network|sender)\S* (?:\S+ ){0,3}(?:blocked|banned|blacklisted|listed|is not accepted)",
            r"reverse dns|\bptr\b|rdns|\bhelo\b|\behlo\b|no dns|dynamic ip|mismatches client ip|unverif\w+ sending|forward.confirmed|use (?:the|your) (?:smtp|mail) server of your isp",
            r"connection (?:was )?(?:refused|rejected|dropped) (?:\S+ ){0,3}(?:due to|because|by policy)",
            r"bad (?:\S+ )?(?:ip|sender) |suspicious|low trust|not (?:in|on) (?:our|my|the) (?:white|allow)",
        ),
    ),
    (
        RefusalReason.VIRUS,
        (r"virus|malware|infected|trojan|worm\b|phish",),
    ),
    (
        RefusalReason.SPAM,
        (
            r"\bspam|unsolicited|\bube\b|\buce\b|junk ?-?mail|bulk ?-?mail|mass mail",
            r"content ?(?:filter|was rejected|rejected)|spam-?like|scored|looks like",
        ),
    ),
    (
        RefusalReason.RELAYING,
        (
            r"relay(?:ing)? (?:\S+ ){0,4}(?:den|not|prohibit|refus|reject|fail|disallow|is not|access)",
            r"(?:not|no|cannot|unable to|insecure mail) relay|open relay|rcpthosts|not a gateway|is not permitted to relay",
        ),
    ),
    (
        RefusalReason.SENDER,
        (
            r"(?:sender|from|originator|return.?path|envelope.from|mail from)(?: e-?mail)?(?: address| domain|:)? (?:\S+ ){0,4}(?:reject|refus|den|invalid|not exist|unknown|not allowed|not accept|not valid|unresolv|could not|disallow|is not)",
            r"domain of sender|sender(?:'s)? (?:address|domain|verif|callout|denied|rejected|not)|invalid (?:sender|from)|valid (?:sender|from:)",
            r"after mail from:|response to mail from|did not like our mail from|reply to mail from",
            r"sending (?:to/)?from an? address|unable to verify (?:the )?sender|verify failed for sender|allowlist|members only|not (?:a )?(?:member|subscriber|subscribed)|post(?:ing)? to (?:this|the) (?:list|group)|permission to post|moderat",
        ),
    ),
    (
        RefusalReason.POLICY,
        (
            r"polic(?:y|ies)|prohibited|not permitted|not authori[sz]ed|unauthori[sz]ed|access (?:is )?denied|permission",
            r"protocol violation|message rejected(?! due to unknown)|mail refused|rejected (?:for|due to) (?:administrative|local|security)",
            r"administrative(?:ly)? (?:prohibit|block|denied|refus)|security (?:reason|restriction|polic)|not accepted for|we do not accept|refused by",
            r"(?:delivery|mail|message|you)(?: is| are)? (?:not authori[sz]ed|restrict)|restricted|restriction|\btls\b|encryption|certificate",
            r"(?:header|subject|attachment|character set|mime|body|charset) (?:\S+ ){0,3}(?:error|reject|not allowed|invalid|missing|not accept|violat)|attachment|multiple addresses in from",
            r"not (?:rfc|compliant)|rfc ?-?(?:\d{3,4}|compliant|ignorant)|bare (?:lf|cr|line)",
        ),
    ),
    (
        RefusalReason.SUSPENDED,
        (
            r"(?:mail ?box|account|user|recipient|address|e-?mail|subscriber|domain)\S* (?:\S+ ){0,6}(?:suspend|disabled|deactivat|inactive|not active|frozen|locked|dormant|closed temporarily|blocked|on hold|paused|limited|discontinu)",
            r"(?:suspended|disabled|inactive|deactivated|frozen|locked|dormant|blocked) (?:\S+ ){0,3}(?:account|mail ?box|user|recipient|address|domain|due to)",
            r"(?:temporar\w+|currently) (?:\S+ )?(?:suspended|disabled|locked|unavailable|blocked|inactive)|service was discontinued|is a deactivated|is inactive|not active\b|invalid/inactive|has been (?:disabled|suspended)|boite .{0,20}bloqu",
        ),
    ),
    (
        RefusalReason.EXPIRED,
        (
            r"message expired|delivery (?:time )?expired|retry (?:time ?out|timeout)|(?:time ?out|timeout) (?:exceed|expired)|retry time not reached|(?:in|on) (?:the |my )?queue (?:\S+ ){0,3}too long",
            r"(?:could|can) ?not be delivered (?:\S+ ){0,2}(?:for|in|within|after) (?:\S+ )?(?:\d+|several|many)|not been delivered (?:\S+ ){0,8}after|has expired|max(?:imum)? (?:retry|queue|retries)|giv(?:e|en|ing) up after|been in (?:the |your )?queue|too old|undelivered for|time.?to.?live",
            r"will (?:continue|keep) (?:\S+ )?(?:to try|trying|attempt)|will be retried|still being retried|has been delayed|temporary (?:failure|problem|error)s? .{0,80}(?:retr|queue)|could not send message for past|not yet been delivered|delivery (?:is )?delayed|delivery attempts will continue",
        ),
    ),
    (
        RefusalReason.TIME_OUT,
        (
            r"timed? ?-?out|conversation .{0,60}timed|lost connection|connection (?:was )?(?:lost|dropped|closed|reset|broken)|no response|not respond",
        ),
    ),
    (
        RefusalReason.NETWORK,
        (
            r"connection (?:\S+ )?refused|connect to .{0,120}(?:refused|unreachable|no route)|no route to host|network (?:is )?unreachable|host (?:is )?unreachable|host .{0,40}not reachable|did not accept our requests|could not connect|unable to connect|cannot connect|establish an? smtp connection|socket error",
            r"name service error|name server.{0,40}(?:time|fail|respond)|dns (?:error|fail|server|lookup|timeout)|(?:host|domain|name|mx) .{0,20}lookup (?:\S+ )?(?:fail|error|did not)|loops? back|mail (?:for .{0,80} )?loop|routing loop|too many hops|hop count|all relevant mx|unrouteable mail domain|unable to route",
        ),
    ),
    (
        RefusalReason.SYSTEM,
        (
            r"(?:system|server|internal|local|configuration|config|queue|database|i/o|disk|write|ldap) (?:\S+ ){0,2}(?:error|fail|problem)|out of memory|can(?:'t|not) create|couldn't create|service (?:\S+ )?unavailable|lookup failed|insufficient system|resources|pipe to|exit status|unknown mailer error|procmail:|command (?:died|failed|output|not implemented)|command parameter|bad sequence|improper sequence|syntax error|unrecogni[sz]ed",
        ),
    ),
    (
        RefusalReason.TEMPORARY,
        (
            r"try (?:again )?later|temporar(?:y|ily)|deferred|(?:again|retry|once more) later|later (?:time|date)",
        ),
    ),
    # From here on the address is condemned, unless a status says otherwise.
    (
        RefusalReason.MOVED,
        (
            r"has moved|moved to (?:another|a new)|not our (?:user|customer)|changed (?:his|her|their|its) address|new e-?mail address",
        ),
    ),
    (
        RefusalReason.TAKES_NO_MAIL,
        (
            r"null ?mx|indicated no smtp service|(?:host|domain|name) (?:does not|doesn't|never|can not|cannot) accept (?:any )?(?:mail|message)|does not accept (?:any )?(?:mail|e-?mail)\b|smtp protocol diference|domain .{0,60}takes no mail",
        ),
    ),
    (
        RefusalReason.HOST_UNKNOWN,
        (
            r"(?:unknown|no such|invalid|bad|illegal|non-?existent) (?:\S+ )?(?:host|domain|destination system)|(?:host|domain|server)(?: name)? (?:\S+ ){0,3}(?:unknown|not found|not exist|not be found|doesn't exist|is not reachable)",
            r"no mx record found|(?:host|domain) \S{1,80} (?:is |was )?(?:not found|unknown|does not exist|doesn't exist|nxdomain)|can(?:'t|not) find any host|unrouteable address|could ?n[o']t find (?:any host|a mail exchanger)|no mail exchanger|bad destination (?:system|host)|recipient domain .{0,40}(?:not|invalid)|domain (?:is )?(?:invalid|unknown)",
        ),
    ),
    (
        RefusalReason.USER_UNKNOWN,
        (
            r"(?:unknown|no such|non-?existent|invalid|illegal|bad|undefined|incorrect) (?:or (?:illegal|invalid|unknown|inactive) |local |e-?mail |mail |virtual |final |final delivery )?(?:user|recipient|mail ?box|address|account|alias|person|customer|local.?part|destination mailbox|rcpt|user ?id|ids?|username|name)\b",
            r"(?:user|recipient|mail ?box|address|account|alias|person|customer|local.?part|name|username|subscriber|destination|id)\S*(?: \S+){0,9}? (?:is |are |was )?(?:\S+ )?(?:unknown|not found|not exist|doesn.?t exist|does ?n.t exist|no longer exists?|not known|not be found|nonexist|not recogni[sz]ed|not listed|isn't|wasn.?t found|not valid|not present|undeliverable|not in (?:our|the)|invalid|not a (?:known|valid))",
            r"(?:does not|doesn.?t|do not|don.?t) (?:\S+ )?(?:have|exist)|not (?:\S+ )?a (?:\S+ )?(?:valid|known|registered|local) (?:\S+ )?(?:mail ?box|user|recipient|address|account|gateway)|no (?:mail ?box|account|user|recipient|person)s? (?:here|by|with|found|of|named|such)|no such (?:\S+ )?(?:user|recipient|person|mailbox|account|address|customer)",
            r"not (?:found|listed|known) in (?:\S+ ){0,3}(?:directory|address ?book|table|system|database)|recip(?:ient)?notfound|recipient ?not ?found|user ?unknown|unknown ?user|userunknown|mailbox (?:is )?(?:unavailable|not available|not found)|no valid recipients|user_?unknown|no mailbox|address unknown|can.?t (?:find|deliver to) (?:that |the )?(?:user|mailbox|recipient)",
            r"adresse? (?:\S+ ){0,6}(?:invalide|inconnue|existiert nicht|unbekannt)|destinataire (?:\S+ ){0,3}(?:invalide|inconnu)|empf.nger (?:\S+ ){0,3}(?:unbekannt|nicht)|usuario (?:\S+ ){0,3}(?:desconocido|no existe)|utente (?:\S+ ){0,3}(?:sconosciuto|non)",
        ),
    ),
    (
        RefusalReason.REFUSED,
        (r"reject|refus|denied|not accept|declin|undeliverable|not taken|transaction failed|failed",),
    ),
)

_TABLE = tuple((reason, re.compile("|".join(words))) for reason, words in PHRASES)
LONGEST = 3000  # characters of one refusal that are looked at
_LONGEST_WORD = (
    60  # characters of a word that are: no phrase needs more, and a pattern over a long one takes its square
)
_LONG_WORD = re.compile(rf"(\S{{{_LONGEST_WORD}}})\S+")
#: What a server says beside its refusal and not of it: addresses of pages, and the lines of its log.
_BESIDE = re.compile(r"https?://\S*|;? ?from=<[^>]{0,320}>.{0,200}|\b(?:proto|helo)=<?\S{0,255}")


def meant(text: str) -> RefusalReason | None:
    """What these words of a server mean; None where no known phrase is in them."""
    plain = " ".join(_LONG_WORD.sub(r"\1", text[:LONGEST]).lower().split())
    plain = _BESIDE.sub(" ", plain)
    return next((reason for reason, words in _TABLE if words.search(plain)), None)


__all__ = ["DEAD", "OUT_OF_REACH", "Meaning", "RefusalReason", "meant", "weigh"]

#: The address itself is gone; one such report is enough, where its status allows it.
DEAD = frozenset(
    {RefusalReason.USER_UNKNOWN, RefusalReason.HOST_UNKNOWN, RefusalReason.TAKES_NO_MAIL, RefusalReason.MOVED}
)
#: Out of reach for now: counted, because an address that stays so for weeks is not mailed any more. All other reasons
#: say something of us or of the mail, and nothing of the address (S2, S25).
OUT_OF_REACH = frozenset(
    {
        RefusalReason.MAILBOX_FULL,
        RefusalReason.EXPIRED,
        RefusalReason.TIME_OUT,
        RefusalReason.NETWORK,
        RefusalReason.SUSPENDED,
        RefusalReason.SYSTEM,
        RefusalReason.TEMPORARY,
        RefusalReason.UNCLEAR,
    }
)

#: This mailbox or domain does not exist, or takes no mail at all (IANA's enhanced status codes).
_DEAD_STATUSES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.1.351", "5.2.1"})
#: RFC 7504: the domain has a null MX.
_DOMAIN_TAKES_NO_MAIL = 556
#: Sendmail writes a recipient domain's null MX so; by the book it would be the sender's (RFC 7505 section 4.2).
_NULL_MX_BY_SENDMAIL = "5.7.27"
#: "Could not route": also what is said of a domain that does not exist.
_NO_ROUTE = "5.4.4"
#: "Disabled": also said of mailboxes that are closed for a while or get too much, so the words decide.
_DISABLED = "5.2.1"
#: Microsoft 365 refuses unknown recipients at its edge with this status, which is of the network, and these words.
_UNKNOWN_AT_THE_EDGE = re.compile(r"5\.4\.1 recipient address rejected: access denied", re.IGNORECASE)
#: What words may save of an address whose every status says that it is gone; other words beside such a status are chatter.
_SAVING = frozenset(
    {
        RefusalReason.MAILBOX_FULL,
        RefusalReason.TOO_LARGE,
        RefusalReason.TOO_MANY,
        RefusalReason.GREYLISTED,
        RefusalReason.AUTHENTICATION,
        RefusalReason.REPUTATION,
        RefusalReason.VIRUS,
        RefusalReason.SPAM,
        RefusalReason.RELAYING,
        RefusalReason.SENDER,
    }
)
_REPLY = re.compile(r"(?<![\d.])([245]\d\d)(?=[\s'#:(,-]|$)")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]{0,10}\d)")
_DATA_REFUSED = re.compile(
    r"in reply to (?:end of )?DATA|after (?:end of data|DATA)\b|>>> DATA\s{1,4}<<< [45]|did not like our (?:final )?DATA"
    r"|(?:response|reply) to (?:end of )?DATA|DATA (?:command )?(?:response|failed)|SMTP command\s{1,4}DATA",
    re.IGNORECASE,
)
_RCPT_REFUSED = re.compile(r"\bRCPT\b|delivery error: dd this user", re.IGNORECASE)
#: Yahoo takes any recipient and says only at the end that there is no such account.
_KNOWN_AT_DATA = re.compile(r"delivery error: dd this user doesn't have", re.IGNORECASE)

_BY_STATUS: tuple[tuple[re.Pattern[str], RefusalReason], ...] = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        (r"2\..*", RefusalReason.DELIVERED),
        (r"5\.1\.2", RefusalReason.HOST_UNKNOWN),
        (r"5\.1\.6", RefusalReason.MOVED),
        (r"[45]\.1\.[78]", RefusalReason.SENDER),
        (r"[45]\.2\.2", RefusalReason.MAILBOX_FULL),
        (r"[45]\.(?:2\.3|3\.4)", RefusalReason.TOO_LARGE),
        (r"[45]\.4\.7", RefusalReason.EXPIRED),
        (r"4\.4\.[12]", RefusalReason.TIME_OUT),
        (r"[45]\.4\.\d+", RefusalReason.NETWORK),
        (r"5\.5\.[1-9]\d*", RefusalReason.PROTOCOL),
        (r"[45]\.6\.\d+", RefusalReason.CONTENT),
        (r"5\.7\.(?:13)", RefusalReason.SUSPENDED),
        (r"5\.7\.(?:20|21|22|23|24|25|26|27|28|29)", RefusalReason.AUTHENTICATION),
        (r"[45]\.7\.\d+", RefusalReason.POLICY),
        (r"[45]\.3\.[1-9]\d*", RefusalReason.SYSTEM),
        (r"4\..*", RefusalReason.TEMPORARY),
    )
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """A reason, whether it kills the address, and the status that says so."""

    reason: RefusalReason
    hard: bool
    status: str | None


def weigh(
    words: str,
    status: str | None = None,
    *,
    around: str = "",
    at_rcpt: bool | None = None,
    after_data: bool | None = None,
) -> Meaning:
    """What a refusal means.

    words: the server's reply. status: the report's own field. around: the text of the report that stands around it.
    at_rcpt, after_data: whether it was the answer to RCPT, or to the mail itself; None where only `around` may say.
    Dead only where a status or the words say so, no other status speaks of anything else, nothing is temporary, and words
    alone are not taken for it when the server had accepted the recipient and refused the mail.
    """
    words, edge = _UNKNOWN_AT_THE_EDGE.subn("5.1.10 recipient not found", words[:LONGEST])
    said = meant(words)
    statuses = [
        *list(dict.fromkeys(_STATUS.findall(words[:LONGEST]))),
        *([status] if status and not edge else []),
    ]
    shown = next((each for each in statuses if not each.endswith(".0.0")), statuses[0] if statuses else None)
    spared = _spared(words, said, statuses)
    if spared is not None:
        return Meaning(spared, hard=False, status=shown)
    condemned = next((each for each in statuses if each in _DEAD_STATUSES), None)
    if condemned is not None:
        reason = said if said in DEAD else _by_status(condemned) or RefusalReason.USER_UNKNOWN
        return Meaning(reason, True, condemned)
    where = f"{words}\n{around}"
    after_data = bool(_DATA_REFUSED.search(where)) if after_data is None else after_data
    at_rcpt = bool(_RCPT_REFUSED.search(where)) if at_rcpt is None else at_rcpt
    if said in DEAD and after_data and not _KNOWN_AT_DATA.search(words):
        return Meaning(RefusalReason.FILTERED, hard=False, status=shown)
    if said is RefusalReason.USER_UNKNOWN and _replies(words) and not at_rcpt:
        return Meaning(RefusalReason.UNCLEAR, hard=False, status=shown)
    if said in DEAD or _DOMAIN_TAKES_NO_MAIL in _replies(words):
        return Meaning(said if said in DEAD else RefusalReason.TAKES_NO_MAIL, True, shown)
    return Meaning(said or RefusalReason.UNCLEAR, hard=False, status=shown)


def _spared(words: str, said: RefusalReason | None, statuses: list[str]) -> RefusalReason | None:
    """The reason that speaks for the address, if there is one: a status of anything else before any words."""
    if said is RefusalReason.TAKES_NO_MAIL and _NULL_MX_BY_SENDMAIL in statuses:
        return None
    if said in {RefusalReason.HOST_UNKNOWN, RefusalReason.TAKES_NO_MAIL}:
        statuses = [each for each in statuses if each != _NO_ROUTE]
    spoken = said is not None and said not in DEAD and said is not RefusalReason.REFUSED
    by_status = next((r for r in map(_by_status, statuses) if r is not None and r not in DEAD), None)
    if by_status is not None:
        return said if spoken else by_status
    codes = {code // 100 for code in _replies(words)}
    if 4 in codes and 5 not in codes:
        return said if spoken else RefusalReason.TEMPORARY
    telling = [each for each in statuses if not each.endswith(".0.0")]
    all_dead = bool(telling) and all(each in _DEAD_STATUSES - {_DISABLED} for each in telling)
    return said if spoken and (said in _SAVING or not all_dead) else None


def _by_status(status: str) -> RefusalReason | None:
    return next((reason for pattern, reason in _BY_STATUS if pattern.fullmatch(status)), None)


def _replies(words: str) -> list[int]:
    return [int(code) for code in _REPLY.findall(words[:LONGEST])]
