"""The seats' screens: KVM transmitters and receivers, who may connect them, and what operators see of it."""
