"""The seats' screens over KVM transmitters and receivers; nothing is built of it yet."""
