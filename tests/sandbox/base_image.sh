#!/usr/bin/env bash
# Makes hasten-test-base:bookworm, which the tests of container images build upon: a Debian with Python, from
# Debian's archive, so that no image registry is needed. Does nothing when the image is there. Takes root for
# debootstrap, about two minutes and 200 MB. ENGINE=podman makes it for Podman.
set -euo pipefail

image=hasten-test-base:bookworm
engine=${ENGINE:-docker}
if "$engine" image inspect "$image" >/dev/null 2>&1; then
    exit 0
fi
if [ "$(id -u)" != 0 ]; then
    echo "base_image.sh: $image is missing, and only root can make it" >&2
    exit 1
fi
if ! command -v debootstrap >/dev/null; then
    apt-get update -qq && apt-get install -y -qq debootstrap >/dev/null
fi

folder=$(mktemp -d)
trap 'rm -rf --one-file-system "$folder"' EXIT
mkdir -m 755 "$folder/root"
packages=python3,python3-venv,python3-pip,ca-certificates
if ! debootstrap --variant=minbase --include="$packages" bookworm "$folder/root" >"$folder/log" 2>&1; then
    tail -n 20 "$folder/log" >&2
    exit 1
fi
rm -rf "$folder"/root/var/cache/apt/archives/*.deb "$folder"/root/var/lib/apt/lists/*
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
tar -C "$folder/root" --numeric-owner -c . | "$engine" import --change "ENV PATH=$path" - "$image"
