"""The routes of the do-not-call list."""

from config.rights import Right
from desk import dnc_ports as d
from desk.route import Query, Route

DNC_ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/complaints",
        name="complain",
        about="File a complaint: all numbers of the customer are barred everywhere at once, calls that ring hung up.",
        right=Right.DNC_WRITE,
        takes=d.Complaint,
        gives=d.ComplaintFiled,
        refuses=(409,),
    ),
    Route(
        method="GET",
        path="/do-not-call",
        name="do_not_call",
        about="Entries of the do-not-call list, newest first, masked.",
        right=Right.DNC_READ,
        gives=tuple[d.Barring, ...],
        query=(
            Query("lifted", "1 shows lifted entries too.", (0, 1)),
            Query("before", "Only entries before this id.", (0, 2**62)),
            Query("limit", "How many rows at most; 100 when not given.", (1, 1000)),
        ),
    ),
    Route(
        method="POST",
        path="/do-not-call",
        name="bar",
        about="Put a number, a customer, a prefix or a range on the list.",
        right=Right.DNC_WRITE,
        takes=d.NewEntry,
        gives=d.Made,
        refuses=(409,),
    ),
    Route(
        method="POST",
        path="/do-not-call/check",
        name="check_number",
        about="What bars a number, where and until when.",
        right=Right.DNC_READ,
        takes=d.Asked,
        gives=d.Checked,
        refuses=(409,),
    ),
    Route(
        method="DELETE",
        path="/do-not-call/{id}",
        name="lift_bar",
        about="Take an entry off the list; it stays on record with who lifted it.",
        right=Right.DNC_WRITE,
        gives=d.Barring,
        refuses=(404,),
    ),
)
