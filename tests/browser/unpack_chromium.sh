#!/bin/bash
# unpack_chromium.sh DEST - a private Chromium in DEST: unpacked packages with their own loader and libraries.
# No root, nothing installed on the machine; the packages come from this machine's own apt sources.
set -euo pipefail
DEST=$1
W=$(mktemp -d "${TMPDIR:-/tmp}/switchroom-chromium.XXXXXX"); trap 'rm -rf "$W"' EXIT
mkdir -p "$W"/{state/lists/partial,cache/archives/partial,root,log}; : > "$W/state/status"
cat > "$W/apt.conf" <<C
Dir::State "$W/state"; Dir::State::status "$W/state/status"; Dir::Cache "$W/cache"; Dir::Log "$W/log";
APT::Install-Recommends "false"; APT::Sandbox::User "$(id -un)"; Acquire::Languages "none"; Acquire::Retries "3";
C
export APT_CONFIG=$W/apt.conf
apt-get update -qq
apt-get install -y -qq --download-only chromium fonts-noto-cjk fontconfig-config >/dev/null
for f in "$W"/cache/archives/*.deb; do dpkg-deb -x "$f" "$W/root"; done
LOADER=$(find "$W/root" -name 'ld-linux-*.so.*' | head -1); LIB=$(dirname "$(find "$W/root" -name 'libnss3.so' | head -1)")
[ -n "$LOADER" ] && [ -n "$LIB" ] || { echo "the packages lack a loader or libnss3" >&2; exit 3; }
mkdir -p "$W/root/bin.switchroom"
cat > "$W/root/bin.switchroom/chromium" <<C
#!/bin/sh
D=\$(cd "\$(dirname "\$(readlink -f "\$0")")/.." && pwd)
export LD_LIBRARY_PATH="\$D${LIB#"$W/root"}:\$D/lib/$(uname -m)-linux-gnu" XDG_DATA_DIRS="\$D/usr/share" FONTCONFIG_FILE="\$D/fonts.conf"
exec "\$D/usr/lib/chromium/chromium" "\$@"
C
chmod +x "$W/root/bin.switchroom/chromium"
cat > "$W/root/fonts.conf" <<C
<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">usr/share/fonts</dir><dir>/usr/share/fonts</dir><cachedir>/tmp/switchroom-fonts</cachedir></fontconfig>
C
rm -rf "$W"/root/usr/share/{doc,man,locale,icons,mime} "$W"/root/usr/lib/*/{libLLVM*,dri,perl}
rm -rf "$DEST"; mkdir -p "$(dirname "$DEST")"
cp -a "$W/root" "$DEST"; rm -rf "$DEST/bin"; mv "$DEST/bin.switchroom" "$DEST/bin"
"$DEST/bin/chromium" --version
