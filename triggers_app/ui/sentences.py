"""What services say, in the reader's language.

Services speak English, as the wire does, and so does what the database keeps of a failure. A page
says it anew: the sentence is looked up with its numbers and quoted parts taken out, which are put
back into the translation. A sentence that nobody listed here, such as one that a person wrote,
stays as it is.
"""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

# Quoted, and not what stands between two apostrophes; numbers, and not that of UTF-8.
_PARTS = re.compile(r"(?<!\w)'[^']*'|(?<![\w-])\d+\b")
_PLACE = re.compile(r"(.+) at character (\d+)", re.DOTALL)
_UNUSABLE = "cannot be used: "

# Rests of sentences, after what they are about.
RESTS = (
    gettext_noop("belongs to the portal"),
    gettext_noop("calls a function that is not known"),
    gettext_noop("calls a function with a wrong number of arguments"),
    gettext_noop("cannot be changed"),
    gettext_noop("ends within an escape"),
    gettext_noop("goes too deep for this event"),
    gettext_noop("has a flag of a pattern that is not known"),
    gettext_noop("has a pattern that is wrong or takes too much"),
    gettext_noop("has a wrong escape"),
    gettext_noop("has as many subscriptions as it may have"),
    gettext_noop("has half of a character in an escape"),
    gettext_noop("has one that does not exist"),
    gettext_noop("has something that is not understood"),
    gettext_noop("has the wrong form"),
    gettext_noop("holds a number that is too large"),
    gettext_noop("is nested deeper than {} levels"),
    gettext_noop("is not a known trigger"),
    gettext_noop("is not one of the allowed values"),
    gettext_noop("is not text that UTF-8 can express"),
    gettext_noop("is of the wrong type"),
    gettext_noop("is required"),
    gettext_noop("is required anew for another address"),
    gettext_noop("is required when people decide"),
    gettext_noop("lacks a comparison"),
    gettext_noop("lacks a closing quote"),
    gettext_noop("lacks a name"),
    gettext_noop("lacks a quoted key"),
    gettext_noop("lacks a quoted name"),
    gettext_noop("lacks a required field"),
    gettext_noop("lacks a value"),
    gettext_noop("lacks a whole number"),
    gettext_noop("lacks a {}"),
    gettext_noop("lacks the end of a pattern"),
    gettext_noop("makes a text that is too long"),
    gettext_noop("must be a duration of PT1S to P30D"),
    gettext_noop("must be a trigger that asks"),
    gettext_noop("must be from PT1S to P30D"),
    gettext_noop("must be printable ASCII without blanks"),
    gettext_noop("must be subscriber or people"),
    gettext_noop("must be {} to {}"),
    gettext_noop("must be {} to {} seconds"),
    gettext_noop("must begin with $"),
    gettext_noop("must have at most {}"),
    gettext_noop("must have at most {} bytes"),
    gettext_noop("must have at most {} characters"),
    gettext_noop("must have {} to {} characters"),
    gettext_noop("must not be empty"),
    gettext_noop("must not hold a colon"),
    gettext_noop("must not hold the NUL character"),
    gettext_noop("would look at more than {} nodes of this event"),
)
# Whole sentences: refusals, and what became of deliveries, attempts and questions.
SENTENCES = (
    gettext_noop("Its worker was lost again and again."),
    gettext_noop("No answer came before the deadline."),
    gettext_noop("No answer came in time."),
    gettext_noop("No connection could be made."),
    gettext_noop("No trusted TLS connection could be made."),
    gettext_noop("Nobody who may decide gave a proper answer."),
    gettext_noop("One of the headers cannot be set."),
    gettext_noop("Only http and https addresses can be used."),
    gettext_noop("Somebody else has decided this just now."),
    gettext_noop("The address is not of the public network."),
    gettext_noop("The address must begin with https://."),
    gettext_noop("The address must not hold a user name or password."),
    gettext_noop("The connection ended before the answer was whole."),
    gettext_noop("The delivery was interrupted, and a question is put only once."),
    gettext_noop("The filter cannot be evaluated on this event."),
    gettext_noop("The gate is not acceptable."),
    gettext_noop("The host name of the address is not known."),
    gettext_noop("The one who asked may not decide."),
    gettext_noop("The port of the address belongs to another protocol."),
    gettext_noop("The request body holds a number that is too long."),
    gettext_noop("The request body is nested too deeply."),
    gettext_noop("The request body is not valid JSON."),
    gettext_noop("The request body names a key twice."),
    gettext_noop("The request cannot be sent as HTTP."),
    gettext_noop("The request could not be made."),
    gettext_noop("The request is not valid."),
    gettext_noop("The subscriber answered with status {}."),
    gettext_noop("The subscriber has failed of late and is not asked now."),
    gettext_noop("The subscriber's answer does not fit the trigger's schema."),
    gettext_noop("The subscriber's answer is not a JSON object."),
    gettext_noop("The subscription was deleted."),
    gettext_noop("The subscription was disabled or deleted before this was delivered."),
    gettext_noop("The value of a header cannot be sent."),
    gettext_noop("This HTTP method cannot be used."),
    gettext_noop("This is decided, or its time is over."),
    gettext_noop("This is not an address that can be used."),
    gettext_noop("What came back is no HTTP answer."),
)


def said(text: str) -> str:
    """A sentence of a service, or the rest of one, for the page that is being made."""
    if text.startswith(_UNUSABLE):
        why = said(text.removeprefix(_UNUSABLE) + ".").rstrip(".")
        return _("cannot be used: %(why)s") % {"why": why}
    if at := _PLACE.fullmatch(text):
        return _("%(problem)s at character %(n)s") % {"problem": said(at[1]), "n": at[2]}
    pattern = template_of(text)
    translated = _(pattern)
    return text if translated == pattern else translated.format(*_PARTS.findall(text))


def template_of(text: str) -> str:
    """``text`` with ``{}`` for each number and each quoted part."""
    return _PARTS.sub("{}", text)
