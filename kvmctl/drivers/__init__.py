"""The drivers there are, by the name ``[[matrix]] driver`` gives."""

from kvmctl.drivers import adder, draco, kramer, lightware, nmos, plain, videohub
from kvmctl.ports import DriverKind

KINDS: dict[str, DriverKind] = {
    kind.name: kind
    for kind in (nmos.KIND, videohub.KIND, adder.KIND, draco.KIND, kramer.KIND, lightware.KIND, plain.KIND)
}
