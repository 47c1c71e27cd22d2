"""The one table of the API: the router is built from it and the OpenAPI document too, so they cannot differ."""

from collections.abc import Sequence
from typing import Any

from config.rights import Right
from desk import bodies
from desk.batch_routes import BATCH_ROUTES
from desk.books import ActRow, Asked, ChangeRow, RefusalRow, Revealed
from desk.call_routes import CALL_ROUTES
from desk.caller_ports import NuisanceCall
from desk.caller_routes import CALLER_ROUTES
from desk.dnc_routes import DNC_ROUTES
from desk.forecast_ports import CampaignForecast
from desk.kvm_routes import KVM_ROUTES
from desk.later_routes import LATER_ROUTES
from desk.oncall_ports import PartRow, SurveyRow
from desk.ports import BatchRow, CallRow, ImportReport, JournalRow, RecordingRow, RejectedRow
from desk.queue_routes import QUEUE_ROUTES
from desk.route import Query, Route
from desk.routing_routes import ROUTING_ROUTES
from desk.worktime_routes import WORKTIME_ROUTES
from dialer.amd.report import AmdReport
from telephony.agents import CampaignAction
from telephony.views import AgentView, AlarmView, CampaignView, ContractView, ServerView, TrunkView

_LIMIT = Query("limit", "How many rows at most; 100 when not given.", (1, 1000))
_BEFORE = Query("before", "Only rows before this instant, seconds since the epoch.", (0, 1e12), whole=False)
_SINCE = Query("since", "Only from this instant on, seconds since the epoch.", (0, 1e12), whole=False)
_BEFORE_SEQ = Query("before", "Only rows before this serial.", (0, 2**62))
_CAMPAIGN = Query("campaign", "Only rows of this campaign.")


def _agent(verb: str, about: str, takes: Any = bodies.Nothing) -> Route:
    return Route(
        method="POST",
        path=f"/agents/{{id}}/{verb}",
        name="ask_agent",
        about=about,
        right=Right.AGENT_OWN,
        takes=takes,
        gives=bodies.Granted,
        refuses=(404, 409),
    )


def _read(
    path: str,
    name: str,
    about: str,
    gives: Any,
    *query: Query,
    refuses: Sequence[int] = (),
    right: Right = Right.FLOOR_SEE,
) -> Route:
    return Route(
        method="GET", path=path, name=name, about=about, right=right, gives=gives, query=query, refuses=tuple(refuses)
    )


_CAMPAIGN_WORDS = {
    CampaignAction.START: "Begin or resume dialling.",
    CampaignAction.PAUSE: "Place no new calls.",
    CampaignAction.DRAIN: "Place no new calls and stop once the last has ended.",
    CampaignAction.STOP: "Stop at once: calls that nobody has answered yet are hung up.",
}

ROUTES: tuple[Route, ...] = (
    *BATCH_ROUTES,
    *CALL_ROUTES,
    *DNC_ROUTES,
    *LATER_ROUTES,
    *CALLER_ROUTES,
    *ROUTING_ROUTES,
    *WORKTIME_ROUTES,
    *KVM_ROUTES,
    *QUEUE_ROUTES,
    _read("/status", "status", "The floor in a few figures.", bodies.Status),
    _read("/agents", "agents", "All agents with state, time and today's work.", tuple[AgentView, ...]),
    _read("/campaigns", "campaigns", "All campaigns with pace and rates.", tuple[CampaignView, ...]),
    _read("/campaigns/{id}", "campaign", "One campaign.", CampaignView, refuses=(404,)),
    _read(
        "/campaigns/{id}/contracts",
        "contracts",
        "Its abandon contracts: live, or recounted from the journal as they stood at an instant.",
        tuple[ContractView, ...],
        Query(
            "at", "Recount as of this instant, seconds since the epoch; live when not given.", (0, 1e12), whole=False
        ),
        refuses=(404,),
    ),
    _read(
        "/campaigns/{id}/amd",
        "amd",
        "How answering machine detection does on a campaign: verdicts, time taken, rates of error with 95 % intervals from the sample and from dispositions, people hung up on for machines. The last 24 hours when not given.",
        AmdReport,
        _SINCE,
        refuses=(404,),
    ),
    _read(
        "/campaigns/{id}/forecast",
        "campaign_forecast",
        "What other abandonment targets would bring the campaign: utilisation, waits, talk an agent-hour. Takes seconds.",
        CampaignForecast,
        Query(
            "targets",
            "Targets as shares with commas, 0 to 0.2, eight at most; 0,0.01,0.02,0.028,0.03,0.05 when not given.",
        ),
        Query("agents", "For so many agents; those signed in when not given.", (1, 2000)),
        refuses=(404, 409),
    ),
    _read("/trunks", "trunks", "All trunks with health and load.", tuple[TrunkView, ...]),
    _read("/servers", "servers", "The links to the Asterisk servers.", tuple[ServerView, ...]),
    _read(
        "/surveys/report",
        "survey_report",
        "Customers sent to surveys, how many answered, and their scores, by agent. The last 24 hours when not given.",
        tuple[SurveyRow, ...],
        _SINCE,
    ),
    _read(
        "/calls/{id}/parts",
        "call_parts",
        "Which agents had a call: since when, how long, how long on hold, holds in all and too long ones.",
        tuple[PartRow, ...],
    ),
    _read("/alarms", "alarms", "Alarms not yet cleared.", tuple[AlarmView, ...]),
    _read(
        "/calls",
        "calls",
        "Recent attempts, newest first, numbers masked.",
        tuple[CallRow, ...],
        _CAMPAIGN,
        _BEFORE,
        _LIMIT,
    ),
    _read("/recordings", "recordings", "Recent recordings, newest first.", tuple[RecordingRow, ...], _BEFORE, _LIMIT),
    _read("/events", "events", "The tail of the journal, newest first.", tuple[JournalRow, ...], _BEFORE_SEQ, _LIMIT),
    *(
        Route(
            method="POST",
            path=f"/campaigns/{{id}}/{action.value}",
            name="ask_campaign",
            about=words,
            right=Right.FLOOR_STEER,
            takes=bodies.Nothing,
            gives=bodies.Granted,
            refuses=(404, 409),
        )
        for action, words in _CAMPAIGN_WORDS.items()
    ),
    Route(
        method="POST",
        path="/campaigns/{id}/leads",
        name="import_leads",
        about="Upload a list of customers, CSV or an Excel workbook. The same file twice changes nothing; one that broke off goes on where it stopped.",
        right=Right.DATA_IMPORT,
        takes="csv",
        gives=ImportReport,
        query=(
            Query("batch", "The batch's name; made from the file's and the date when not given."),
            Query("file", "The file's name, to be remembered."),
            Query("sheet", "Which sheet of a workbook; the first when not given."),
            Query("against", "What it is compared with: campaign, live, yesterday (with commas) or none."),
            Query("dry_run", "1 only says what would become of the rows.", (0, 1)),
        ),
        refuses=(404, 409),
    ),
    _read(
        "/batches",
        "batches",
        "Imported lists, newest first, with what became of their rows.",
        tuple[BatchRow, ...],
        _CAMPAIGN,
        Query("state", "Only batches in this state: importing, open or closed."),
        _BEFORE,
        _LIMIT,
    ),
    _read("/batches/{id}", "batch", "One imported list.", BatchRow, refuses=(404,)),
    _read(
        "/batches/{id}/rejects",
        "batch_rejects",
        "What was not taken of a list, by line, with the reason; numbers masked.",
        tuple[RejectedRow, ...],
        Query("after", "Only what stands after this serial.", (0, 2**62)),
        _LIMIT,
        refuses=(404,),
        right=Right.DATA_IMPORT,
    ),
    Route(
        method="POST",
        path="/leads/{id}/reveal",
        name="reveal",
        about="One whole number, with a reason; in the audit trail before the answer.",
        right=Right.NUMBER_REVEAL,
        takes=bodies.Reason,
        gives=Revealed,
        refuses=(404, 429, 503),
    ),
    Route(
        method="POST",
        path="/leads/{id}/changes",
        name="ask_change",
        about="Ask for a change of a customer's data; a manager decides.",
        right=Right.DATA_ASK,
        takes=bodies.Change,
        gives=Asked,
        refuses=(404, 409, 503),
    ),
    _read(
        "/changes",
        "changes",
        "Change requests with before and after, newest first, numbers masked.",
        tuple[ChangeRow, ...],
        Query("state", "open (when not given), approved, refused or all."),
        _LIMIT,
        right=Right.DATA_APPROVE,
    ),
    *(
        Route(
            method="POST",
            path=f"/changes/{{id}}/{verb}",
            name="decide_change",
            about=words,
            right=Right.DATA_APPROVE,
            takes=bodies.Why,
            gives=bodies.Granted,
            refuses=(404, 409, 503),
        )
        for verb, words in (
            ("approve", "Have a change made; not one's own request."),
            ("refuse", "Refuse a change; not one's own request."),
        )
    ),
    Route(
        method="POST",
        path="/exports",
        name="export",
        about="Customers, calls or recordings as a file, numbers masked; in the audit trail before the answer.",
        right=Right.DATA_EXPORT,
        takes=bodies.Export,
        gives="file",
        refuses=(404, 503),
    ),
    _read(
        "/audit",
        "audit",
        "What people did, newest first.",
        tuple[ActRow, ...],
        _BEFORE,
        _SINCE,
        Query("actor", "Only acts of this person."),
        Query("act", "Only acts whose name begins so, e.g. number."),
        _LIMIT,
        right=Right.AUDIT_READ,
    ),
    _read(
        "/refusals",
        "refusals",
        "How often the gate refused, by rule, over the last day or since an instant (from its full hour).",
        tuple[RefusalRow, ...],
        _SINCE,
        _CAMPAIGN,
    ),
    _agent("sign-in", "Sign in at the agent's phone.", bodies.SignIn),
    _agent("sign-out", "Sign out."),
    _agent("ready", "Take calls; in wrap-up also in so many seconds.", bodies.Ready),
    _agent("not-ready", "Take no calls, with a reason.", bodies.NotReady),
    _agent("leave", "Announce that the agent takes no further call in so many seconds.", bodies.Leave),
    _agent("stay", "Take the announcement back, or the wish to stop after the call."),
    _agent("hold", "Put the customer on hold."),
    _agent("resume", "Take the customer off hold."),
    _agent("consult", "Put the customer on hold and call somebody about him.", bodies.PartyBody),
    _agent("consult-end", "End the consultation; out of a three-way call the party is dropped."),
    _agent("swap", "Turn from the party consulted to the customer, or back."),
    _agent("conference", "Make it a three-way call."),
    _agent("transfer", "Hand the customer over: at once, or without a party to whom is consulted.", bodies.PartyBody),
    _agent("survey", "End the conversation and ask the customer how it was.", bodies.SurveyBody),
    _agent("hang-up", "End the conversation."),
    _agent("disposition", "The agent's word on a call; ends the wrap-up when done.", bodies.Disposition),
    _agent("nuisance", "Put the caller of the agent's call on the list of nuisance callers.", NuisanceCall),
    _agent("preview", "Show the next customer (preview and manual mode).", bodies.Preview),
    _agent("dial", "Dial the customer shown.", bodies.OneLead),
    _agent("skip", "Give the customer shown back.", bodies.OneLead),
)
