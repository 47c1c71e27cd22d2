"""Who may do what over the API: the rights its routes name, and the roles that hold them."""

from enum import StrEnum


class Right(StrEnum):
    """What a route asks of whoever calls it."""

    FLOOR_SEE = "floor.see"
    """Read the floor, its calls, recordings and journal, numbers masked."""
    FLOOR_STEER = "floor.steer"
    """Start, pause, drain and stop campaigns."""
    AGENT_OWN = "agent.own"
    """Act as the agent whose number is the token's name."""
    AGENT_ANY = "agent.any"
    """Act for every agent."""
    AGENT_CERTIFY = "agent.certify"
    """Grant and withdraw agents' certificates."""
    DATA_ASK = "data.ask"
    """Ask for a change of a customer's data."""
    DATA_APPROVE = "data.approve"
    """Approve or refuse what others asked for."""
    DATA_IMPORT = "data.import"
    """Bring lists of customers in."""
    DATA_RELEASE = "data.release"
    """Allocate, release, recover and close batches of customers."""
    DATA_EXPORT = "data.export"
    """Take customers and calls out, numbers masked."""
    NUMBER_REVEAL = "number.reveal"
    """See a whole number, with a reason."""
    DNC_READ = "dnc.read"
    """Ask whether somebody may be called."""
    DNC_WRITE = "dnc.write"
    """Put numbers and customers on the do-not-call list, take them off, file complaints."""
    VOICEMAIL_HEAR = "voicemail.hear"
    """Hear messages callers left: agents their own, whoever acts for every agent all."""
    NUISANCE_WRITE = "nuisance.write"
    """Read and change the list of nuisance callers."""
    AUDIT_READ = "audit.read"
    """Read the audit trail."""
    KVM_SEE = "kvm.see"
    """See what the screens show."""
    KVM_OWN = "kvm.own"
    """Switch screens by the rights of the KVM user of the token's name."""
    KVM_SEAT = "kvm.seat"
    """Be a receiver's menu, at which people sign in with their own passwords."""
    KVM_SETUP = "kvm.setup"
    """Read and replace the settings of the screens."""
    KVM_STEER = "kvm.steer"
    """Switch every screen, call presets, take seats over."""
    CALL_LISTEN = "call.listen"
    """Listen to live calls, and see who is on which."""
    CALL_JOIN = "call.join"
    """Whisper to an agent, barge into a call, take it over."""
    RECORDING_PAUSE = "recording.pause"
    """Pause and resume the recording of any call; an agent may for his own."""


R = Right

_SEES = frozenset({R.FLOOR_SEE, R.DNC_READ, R.KVM_SEE})
_AGENT = _SEES | {R.AGENT_OWN, R.DATA_ASK, R.VOICEMAIL_HEAR, R.KVM_OWN, R.KVM_SEAT}
_LEADER = _AGENT | {
    R.NUISANCE_WRITE,
    R.AGENT_ANY,
    R.FLOOR_STEER,
    R.DNC_WRITE,
    R.KVM_STEER,
    R.CALL_LISTEN,
    R.CALL_JOIN,
    R.RECORDING_PAUSE,
}
_OPERATOR = _LEADER | {R.AGENT_CERTIFY, R.DATA_IMPORT, R.DATA_RELEASE, R.AUDIT_READ}
_MANAGER = _OPERATOR | {R.DATA_APPROVE, R.DATA_EXPORT, R.NUMBER_REVEAL, R.KVM_SETUP}

ROLES: dict[str, frozenset[Right]] = {
    "agent": _AGENT,
    "leader": _LEADER,
    "operator": _OPERATOR,
    "manager": _MANAGER,
    "auditor": _SEES | {R.AUDIT_READ},
    "admin": frozenset(Right),
}
UNNAMED = "operator"
"""The role of a token none was given: everything but to approve changes, to export, to see whole numbers and
to set screens up."""
