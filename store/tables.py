"""The tables: the journal is the truth, the others are its sum, kept in the same transaction.

A whole phone number stands in ``leads.number`` and, of those who called us, in ``callers.number``, sealed with a key the
database does not hold, as are ``leads.name`` and ``leads.extra``; everywhere else a number is its keyed fingerprint.
"""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, Table, Text, text

metadata = MetaData()

Serial = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key the database counts up by itself."""

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("at", Float(53), nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("call", Text),
)
Index(
    "ix_journal_call", journal.c.call, sqlite_where=text("call IS NOT NULL"), postgresql_where=text("call IS NOT NULL")
)

stamps = Table(
    "seals",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Float(53), nullable=False),
    Column("spans", Text, nullable=False),
    Column("marks", Text, nullable=False),
    Column("acts", Text, nullable=False),
    Column("digest", Text, nullable=False),
    sqlite_with_rowid=False,
)

audit = Table(
    "audit",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Float(53), nullable=False),
    Column("actor", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_audit_at", audit.c.at)

requests = Table(
    "requests",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("at", Float(53), nullable=False),
    Column("actor", Text, nullable=False),
    Column("lead", BigInteger, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_at", Float(53)),
    Column("decider", Text),
    Column("why", Text),
)
Index("ix_requests_state", requests.c.state, requests.c.id)

refusals = Table(
    "refusals",
    metadata,
    Column("slot", Text, primary_key=True),
    Column("hour", BigInteger, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("first_at", Float(53), nullable=False),
    Column("last_at", Float(53), nullable=False),
    Column("leads", Text, nullable=False),
)
Index("ix_refusals_hour", refusals.c.hour)

attempts = Table(
    "attempts",
    metadata,
    Column("call", Text, primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("lead", BigInteger, nullable=False),
    Column("customer", Text, nullable=False),
    Column("number_key", BigInteger, nullable=False),
    Column("trunk", Text, nullable=False),
    Column("server", Text, nullable=False),
    Column("caller_id", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("agent", Text),
    Column("placed_at", Float(53), nullable=False),
    Column("rang_at", Float(53)),
    Column("answered_at", Float(53)),
    Column("connected_at", Float(53)),
    Column("ended_at", Float(53)),
    Column("outcome", Text),
    Column("abandoned_by", Text),
    Column("waited_s", Float(53)),
    Column("ring_s", Float(53)),
    Column("talk_s", Float(53)),
    Column("hold_s", Float(53)),
    Column("cause", Integer),
    Column("tech_cause", Integer),
    Column("disposition", Text),
    Column("note", Text),
    Column("callback_at", Float(53)),
    Column("heard", Text),
    Column("heard_s", Float(53)),
    Column("heard_why", Text),
    Column("screened", Text),
    Column("decided_at", Float(53)),
    Column("decided", Text),
    Column("decided_s", Float(53)),
)
Index(
    "ix_attempts_decided",
    attempts.c.campaign,
    attempts.c.decided_at,
    sqlite_where=text("decided_at IS NOT NULL"),
    postgresql_where=text("decided_at IS NOT NULL"),
)
Index("ix_attempts_customer", attempts.c.customer, attempts.c.placed_at)
Index("ix_attempts_number", attempts.c.number_key, attempts.c.placed_at)
Index("ix_attempts_placed", attempts.c.placed_at)
Index(
    "ix_attempts_open", attempts.c.lead, sqlite_where=text("outcome IS NULL"), postgresql_where=text("outcome IS NULL")
)

reservations = Table(
    "reservations",
    metadata,
    Column("key", Text, primary_key=True),
    Column("turn", BigInteger, nullable=False),
    Column("call", Text),
    Column("since", Float(53)),
)
Index(
    "ix_reservations_call",
    reservations.c.call,
    sqlite_where=text("call IS NOT NULL"),
    postgresql_where=text("call IS NOT NULL"),
)

leads = Table(
    "leads",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("number_key", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("zones", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_outcome", Text, nullable=False),
    Column("due", Float(53)),
    Column("priority", Integer, nullable=False),
    Column("agent", Text),
    Column("batch", Text, nullable=False),
    Column("extra", Text, nullable=False),
    Column("holder", Text, nullable=False, server_default=""),
    Column("handed_at", Float(53)),
    Column("consent_at", Float(53)),
    Column("consent_until", Float(53)),
    Column("consent_proof", Text),
    Column("rested_for", Text),
    Column("promised_at", Float(53)),
)
Index(
    "ix_leads_promised",
    leads.c.promised_at,
    sqlite_where=text("promised_at IS NOT NULL"),
    postgresql_where=text("promised_at IS NOT NULL"),
)
Index("ux_leads_number", leads.c.campaign, leads.c.number_key, unique=True)
Index(
    "ix_leads_barred",
    leads.c.campaign,
    leads.c.id,
    sqlite_where=text("rested_for = 'do_not_call'"),
    postgresql_where=text("rested_for = 'do_not_call'"),
)
Index(
    "ix_leads_due",
    leads.c.campaign,
    leads.c.holder,
    leads.c.priority,
    leads.c.due,
    leads.c.id,
    sqlite_where=text("due IS NOT NULL"),
    postgresql_where=text("due IS NOT NULL"),
)

Index(
    "ix_leads_batch", leads.c.batch, leads.c.id, sqlite_where=text("batch <> ''"), postgresql_where=text("batch <> ''")
)
Index("ix_leads_customer", leads.c.customer, leads.c.campaign)
Index("ix_leads_number_key", leads.c.number_key)

batches = Table(
    "batches",
    metadata,
    Column("id", Text, primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("sheet", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("added", Integer, nullable=False),
    Column("duplicates", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("counts", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Float(53), nullable=False),
    Column("opened_at", Float(53)),
    Column("author", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("share", Float(53)),
    Column("close_at", Float(53)),
    Column("closed_at", Float(53)),
    Column("successor", Text),
    Column("successor_share", Float(53)),
    Column("trial", Float(53)),
    Column("trial_at", Float(53)),
    Column("targets", Text),
)
Index(
    "ux_batches_file",
    batches.c.campaign,
    batches.c.digest,
    batches.c.sheet,
    unique=True,
    sqlite_where=text("digest <> ''"),
    postgresql_where=text("digest <> ''"),
)

batch_rejects = Table(
    "batch_rejects",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("batch", Text, nullable=False),
    Column("row", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("cells", Text, nullable=False),
)
Index("ix_batch_rejects_batch", batch_rejects.c.batch, batch_rejects.c.id)

agents = Table(
    "agents",
    metadata,
    Column("agent", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Float(53), nullable=False),
    Column("mode", Text, nullable=False),
    Column("server", Text, nullable=False),
    Column("seat", Text),
    Column("call", Text),
    Column("leaves_at", Float(53)),
    Column("leaves_for", Text),
    Column("skills", Text),
)

break_tokens = Table(
    "break_tokens",
    metadata,
    Column("agent", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("asked_at", Float(53), nullable=False),
    Column("until", Float(53)),
)

agent_spells = Table(
    "agent_spells",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("agent", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("call", Text),
    Column("server", Text, nullable=False),
    Column("began_at", Float(53), nullable=False),
    Column("ended_at", Float(53)),
    Column("open", Text),
)
Index("ix_agent_spells_agent", agent_spells.c.agent, agent_spells.c.began_at)
Index(
    "ux_agent_spells_open",
    agent_spells.c.open,
    unique=True,
    sqlite_where=text("open IS NOT NULL"),
    postgresql_where=text("open IS NOT NULL"),
)

certificates = Table(
    "certificates",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agent", Text, nullable=False),
    Column("skill", Text, nullable=False),
    Column("granted_at", Float(53), nullable=False),
    Column("until", Float(53)),
    Column("actor", Text, nullable=False),
    Column("withdrawn_at", Float(53)),
    Column("withdrawer", Text),
    Column("why", Text),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("campaign", Text, primary_key=True),
    Column("state", Text, nullable=False),
)

inbound = Table(
    "inbound",
    metadata,
    Column("call", Text, primary_key=True),
    Column("queue_first", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("server", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("number_key", BigInteger, nullable=False),
    Column("line", Text, nullable=False),
    Column("arrived_at", Float(53), nullable=False),
    Column("queued_at", Float(53)),
    Column("connected_at", Float(53)),
    Column("ended_at", Float(53)),
    Column("offered", Text),
    Column("agent", Text),
    Column("waited_s", Float(53)),
    Column("talk_s", Float(53)),
    Column("hold_s", Float(53)),
    Column("cause", Integer),
    Column("way", Text),
    Column("way_to", Text),
    Column("position", Integer),
    Column("nuisance", BigInteger),
    Column("disposition", Text),
    Column("note", Text),
    Column("decided_at", Float(53)),
    Column("decided", Text),
    Column("decided_s", Float(53)),
    Column("decided_in", Text),
)
Index("ix_inbound_arrived", inbound.c.arrived_at)
Index(
    "ix_inbound_decided",
    inbound.c.decided_in,
    inbound.c.decided_at,
    sqlite_where=text("decided_at IS NOT NULL"),
    postgresql_where=text("decided_at IS NOT NULL"),
)
Index("ix_inbound_number", inbound.c.number_key, inbound.c.arrived_at)
Index("ix_inbound_customer", inbound.c.customer, inbound.c.arrived_at)
Index(
    "ix_inbound_open", inbound.c.call, sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL")
)

callers = Table(
    "callers",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("number_key", BigInteger, nullable=False),
    Column("number", Text, nullable=False),
)
Index("ux_callers_number", callers.c.number_key, unique=True)

nuisance = Table(
    "nuisance",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("number_key", BigInteger),
    Column("customer", Text),
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("at", Float(53), nullable=False),
    Column("until", Float(53)),
    Column("shown", Text, nullable=False),
    Column("lifted_at", Float(53)),
    Column("lifted_by", Text),
)
Index("ix_nuisance_number", nuisance.c.number_key)
Index("ix_nuisance_customer", nuisance.c.customer)
callbacks = Table(
    "callbacks",
    metadata,
    Column("callback", Text, primary_key=True),
    Column("call", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("server", Text, nullable=False),
    Column("since", Float(53), nullable=False),
    Column("state", Text, nullable=False),
    Column("lead", BigInteger),
    Column("customer", Text),
    Column("number_key", BigInteger),
    Column("agent", Text),
    Column("dialled", Text),
    Column("dialled_at", Float(53)),
    Column("tries", Integer),
    Column("not_before", Float(53)),
    Column("why", Text),
    Column("closed_at", Float(53)),
    Column("closed_by", Text),
)
Index("ix_callbacks_since", callbacks.c.since)
Index(
    "ix_callbacks_open",
    callbacks.c.queue,
    callbacks.c.since,
    sqlite_where=text("closed_at IS NULL"),
    postgresql_where=text("closed_at IS NULL"),
)

messages = Table(
    "messages",
    metadata,
    Column("message", Text, primary_key=True),
    Column("call", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("server", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("at", Float(53), nullable=False),
    Column("bytes", BigInteger),
    Column("seconds", Float(53)),
    Column("looked_at", Float(53)),
    Column("campaign", Text),
    Column("lead", BigInteger),
    Column("customer", Text),
    Column("number_key", BigInteger),
    Column("agent", Text),
    Column("branch", Text),
    Column("round", Integer),
    Column("handed_by", Text),
    Column("handed_at", Float(53)),
    Column("dialled", Text),
    Column("dialled_at", Float(53)),
    Column("why", Text),
    Column("result", Text),
    Column("note", Text),
    Column("done_at", Float(53)),
)
Index("ix_messages_at", messages.c.at)
Index(
    "ix_messages_open",
    messages.c.at,
    sqlite_where=text("done_at IS NULL"),
    postgresql_where=text("done_at IS NULL"),
)

recordings = Table(
    "recordings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("call", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("server", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("why", Text),
    Column("bytes", BigInteger),
    Column("seconds", Float(53)),
    Column("started_at", Float(53), nullable=False),
    Column("paused_at", Float(53)),
    Column("paused_until", Float(53)),
    Column("paused_by", Text),
)
Index("ix_recordings_call", recordings.c.call)
Index("ix_recordings_started", recordings.c.started_at)

supervisions = Table(
    "supervisions",
    metadata,
    Column("session", Text, primary_key=True),
    Column("actor", Text, nullable=False),
    Column("call", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("server", Text, nullable=False),
    Column("leg", Text, nullable=False),
    Column("ear", Text, nullable=False),
    Column("begun_at", Float(53), nullable=False),
    Column("opened_at", Float(53)),
    Column("ended_at", Float(53)),
    Column("for_s", Float(53)),
    Column("why", Text),
)
Index("ix_supervisions_begun", supervisions.c.begun_at)

dnc = Table(
    "dnc",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("number_key", BigInteger),
    Column("customer", Text),
    Column("low", BigInteger),
    Column("high", BigInteger),
    Column("campaign", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("at", Float(53), nullable=False),
    Column("until", Float(53)),
    Column("shown", Text, nullable=False),
    Column("lifted", Boolean, nullable=False),
    Column("lifted_at", Float(53)),
    Column("lifted_by", Text),
    Column("changed_at", Float(53), nullable=False),
)
Index("ix_dnc_changed", dnc.c.changed_at)
Index("ix_dnc_number", dnc.c.number_key, dnc.c.campaign)
Index("ix_dnc_customer", dnc.c.customer, dnc.c.campaign)

parts = Table(
    "parts",
    metadata,
    Column("part", Text, primary_key=True),
    Column("call", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("began_at", Float(53), nullable=False),
    Column("open", Integer, nullable=False),
    Column("talk_s", Float(53), nullable=False),
    Column("hold_s", Float(53), nullable=False),
    Column("holds", Integer, nullable=False),
    Column("long_holds", Integer, nullable=False),
)
Index("ix_parts_call", parts.c.call)
Index("ix_parts_began", parts.c.began_at)

consults = Table(
    "consults",
    metadata,
    Column("call", Text, primary_key=True),
    Column("agent", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("party", Text, nullable=False),
    Column("target", Text),
    Column("leg", Text),
    Column("stage", Text, nullable=False),
    Column("at", Float(53), nullable=False),
)

surveys = Table(
    "surveys",
    metadata,
    Column("call", Text, primary_key=True),
    Column("agent", Text, nullable=False),
    Column("survey", Text, nullable=False),
    Column("questions", Integer, nullable=False),
    Column("sent_at", Float(53), nullable=False),
    Column("ended_at", Float(53)),
)
Index("ix_surveys_sent", surveys.c.sent_at)

scores = Table(
    "scores",
    metadata,
    Column("id", Text, primary_key=True),
    Column("call", Text, nullable=False),
    Column("question", Integer, nullable=False),
    Column("score", Integer, nullable=False),
)
Index("ix_scores_call", scores.c.call)
