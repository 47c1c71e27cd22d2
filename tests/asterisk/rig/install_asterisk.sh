#!/bin/bash
# install_asterisk.sh DEST [SUITE] - a private Asterisk 22 and SIPp in DEST: unpacked packages with their own loader and
# libraries. No root, nothing installed on the machine. Nothing is done when DEST/.ok names this suite and recipe.
set -euo pipefail
DEST=$1; SUITE=${2:-forky}; RECIPE=4
HERE=$(cd "$(dirname "$0")" && pwd)
[ "$(cat "$DEST/.ok" 2>/dev/null)" = "$SUITE-$RECIPE" ] && exit 0
W=$(mktemp -d "${TMPDIR:-/tmp}/switchroom-asterisk.XXXXXX"); trap 'rm -rf "$W"' EXIT
MIRROR=$( { cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null || true; } |
  sed -nE -e 's/^URIs:[[:space:]]*([^[:space:]]+).*/\1/p' -e 's/^deb[[:space:]]+(\[[^]]*\][[:space:]]*)?([^[:space:]]+).*/\2/p' | head -1)
[ -n "$MIRROR" ] || { echo "no Debian mirror in /etc/apt" >&2; exit 3; }
mkdir -p "$W"/{state/lists/partial,cache/archives/partial,root,log}; : > "$W/state/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $MIRROR $SUITE main" > "$W/sources.list"
cat > "$W/apt.conf" <<C
Dir::State "$W/state"; Dir::State::status "$W/state/status"; Dir::Cache "$W/cache"; Dir::Log "$W/log";
Dir::Etc::SourceList "$W/sources.list"; Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null"; Dir::Etc::PreferencesParts "/dev/null";
APT::Install-Recommends "false"; APT::Sandbox::User "$(id -un)"; Acquire::Languages "none"; Acquire::Retries "3";
C
export APT_CONFIG=$W/apt.conf
apt-get update -qq
apt-get install -y -qq --download-only asterisk asterisk-modules sip-tester >/dev/null
rm -f "$W"/cache/archives/{perl*,libperl*,gnupg*,gpg*,dirmngr*,pinentry*,passwd*,adduser*,debconf*,tzdata*,libc-gconv*,libsnmp*,libsensors*,pci.ids*}
for f in "$W"/cache/archives/*.deb; do dpkg-deb -x "$f" "$W/root"; done
rm -rf "$DEST.new"; ROOT=$W/root python3 "$HERE/slim.py" "$DEST.new" "$HERE/mods.txt"
mkdir -p "$DEST.new/bin"
for program in sbin/asterisk bin/sipp; do
  cat > "$DEST.new/bin/${program##*/}" <<C
#!/bin/sh
D=\$(cd "\$(dirname "\$(readlink -f "\$0")")/.." && pwd); L=\$D/usr/lib/x86_64-linux-gnu
exec "\$L/ld-linux-x86-64.so.2" --library-path "\$L" "\$D/usr/$program" "\$@"
C
done
chmod +x "$DEST.new"/bin/*; "$DEST.new/bin/asterisk" -V; "$DEST.new/bin/sipp" -v | head -2 || true
echo "$SUITE-$RECIPE" > "$DEST.new/.ok"; rm -rf "$DEST"; mv "$DEST.new" "$DEST"
