#!/usr/bin/env bash
# Debian's Chromium and a font with Chinese, Japanese and Korean letters, for the page tests.
# Installs them when they are missing and the user is root; says what to do otherwise. Never skips.
set -euo pipefail

browser() { command -v chromium || command -v chromium-browser || true; }
font() { fc-list 2>/dev/null | grep -qi 'noto.*cjk' || [ -d /usr/share/fonts/opentype/noto ]; }

if [ -n "$(browser)" ] && font; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The page tests need Chromium and Noto CJK fonts: sudo apt-get install chromium fonts-noto-cjk" >&2
    exit 1
fi
echo "Installing chromium and fonts-noto-cjk ..."
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq chromium fonts-noto-cjk >/dev/null
[ -n "$(browser)" ] && font
