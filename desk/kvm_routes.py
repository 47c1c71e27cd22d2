"""The routes of the seats' screens."""

from config.rights import Right
from desk import kvm_ports as k
from desk.bodies import Granted
from desk.route import Query, Route
from kvmctl.osd.show import Shown, Told

KVM_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/kvm",
        name="screens",
        about="All screens: matrices, transmitters, receivers with what is wanted and what is reported, seats, presets.",
        right=Right.KVM_SEE,
        gives=k.Screens,
        refuses=(404,),
    ),
    Route(
        method="POST",
        path="/kvm/wishes",
        name="wish_screen",
        about="Connect, push, get, disconnect, call a preset, take over a seat; the answer comes when the devices report it.",
        right=Right.KVM_OWN,
        takes=k.ScreenWish,
        gives=k.ScreenAnswer,
        refuses=(404,),
    ),
    Route(
        method="POST",
        path="/kvm/receivers/{id}/drift",
        name="settle_drift",
        about="Somebody switched at the device: restore what was wished, or adopt what is shown.",
        right=Right.KVM_STEER,
        takes=k.DriftDecision,
        gives=Granted,
        refuses=(404,),
    ),
    Route(
        method="GET",
        path="/kvm/receivers/{id}/osd",
        name="osd",
        about="What the operators' menu of a receiver shows to whoever is signed in there.",
        right=Right.KVM_SEAT,
        gives=Shown,
        query=(Query("session", "What the sign-in gave; without it nobody is signed in."),),
        refuses=(404,),
    ),
    Route(
        method="POST",
        path="/kvm/receivers/{id}/sign-in",
        name="sign_in_at_screen",
        about="Sign in at a receiver with name and password; five wrong ones make the next wait.",
        right=Right.KVM_SEAT,
        takes=k.SeatSignIn,
        gives=k.SeatSession,
        refuses=(404,),
    ),
    Route(
        method="POST",
        path="/kvm/receivers/{id}/wish",
        name="wish_at_screen",
        about="What the operator signed in at a receiver wishes, by his own rights.",
        right=Right.KVM_SEAT,
        takes=k.SeatWish,
        gives=Told,
        refuses=(404,),
    ),
    Route(
        method="GET",
        path="/kvm/settings",
        name="kvm_settings",
        about="The settings of the screens as TOML, three stars for every password and secret.",
        right=Right.KVM_SETUP,
        gives=k.Settings,
        refuses=(404,),
    ),
    Route(
        method="POST",
        path="/kvm/settings",
        name="put_kvm_settings",
        about="Replace the settings of the screens; checked first, in use from the next start on.",
        right=Right.KVM_SETUP,
        takes=k.NewSettings,
        gives=Granted,
        refuses=(404, 409),
    ),
)
