#!/bin/sh
# archive.sh: pack a file tree as container image; called by `make image' and
# regress/e2e/image.sh as archive.sh ROOT ARCHIVE.
#
# The archive is an OCI image layout (image-spec 1.0) and, by its manifest.json,
# what `docker save' writes: docker and podman load it, skopeo and umoci read
# it.  The same tree gives the same bytes: names are sorted, all files belong to
# root, and their time is SOURCE_DATE_EPOCH (default: the last commit's).
set -eu
umask 022
root=$1 archive=$2
here=$(cd "$(dirname "$0")" && pwd)

: "${SOURCE_DATE_EPOCH:=$(git -C "$here" log -1 --format=%ct 2>/dev/null ||
    echo 0)}"
created=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
case $(uname -m) in
x86_64) arch=amd64 ;;
aarch64) arch=arm64 ;;
*) arch=$(uname -m) ;;
esac

layout=$archive.d
rm -rf "$layout"
mkdir -p "$layout/blobs/sha256"

# pack DIRECTORY: write it as tar to standard output.
pack() {
	tar -C "$1" --sort=name --format=gnu --owner=0 --group=0 \
	    --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -cf - .
}

digest() {
	sha256sum "$1" | cut -d ' ' -f 1
}

# blob FILE: move it to its place, print its digest.
blob() {
	_digest=$(digest "$1")
	mv "$1" "$layout/blobs/sha256/$_digest"
	echo "$_digest"
}

# descriptor MEDIATYPE DIGEST: print what refers to a blob, without the braces.
descriptor() {
	printf '"mediaType":"application/vnd.oci.image.%s",' "$1"
	printf '"digest":"sha256:%s",' "$2"
	printf '"size":%s' "$(wc -c <"$layout/blobs/sha256/$2")"
}

pack "$root" >"$layout/layer"
diff=$(digest "$layout/layer")
gzip -n <"$layout/layer" >"$layout/layer.gz"
rm -f "$layout/layer"
layer=$(blob "$layout/layer.gz")

# Docker keeps the health check of the configuration; OCI has none, so that
# podman drops it from what it stores as OCI.
s=000000000
cat >"$layout/new" <<END
{"created":"$created","architecture":"$arch","os":"linux","config":{
"Env":["PATH=/usr/sbin:/usr/bin"],
"Entrypoint":["/usr/sbin/entrypoint"],
"ExposedPorts":{"443/tcp":{},"80/tcp":{},"3478/udp":{}},
"Volumes":{"/var/lib/derper":{}},
"StopSignal":"SIGTERM",
"Healthcheck":{"Test":["CMD","derpctl","health"],"Interval":30$s,
"Timeout":15$s,"StartPeriod":60$s,"Retries":3},
"Labels":{"org.opencontainers.image.title":"derpd",
"org.opencontainers.image.description":"DERP relay, STUN and DERP map",
"org.opencontainers.image.licenses":"ISC",
"org.opencontainers.image.created":"$created"}},
"rootfs":{"type":"layers","diff_ids":["sha256:$diff"]},
"history":[{"created":"$created","created_by":"make image"}]}
END
config=$(blob "$layout/new")
cat >"$layout/new" <<END
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
"config":{$(descriptor config.v1+json "$config")},
"layers":[{$(descriptor layer.v1.tar+gzip "$layer")}]}
END
manifest=$(blob "$layout/new")
cat >"$layout/index.json" <<END
{"schemaVersion":2,"manifests":[{$(descriptor manifest.v1+json "$manifest"),
"platform":{"architecture":"$arch","os":"linux"},
"annotations":{"org.opencontainers.image.ref.name":"latest",
"io.containerd.image.name":"localhost/derpd:latest"}}]}
END
echo '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
cat >"$layout/manifest.json" <<END
[{"Config":"blobs/sha256/$config","RepoTags":["localhost/derpd:latest"],
"Layers":["blobs/sha256/$layer"]}]
END

pack "$layout" >"$archive.tmp"
rm -rf "$layout"
mv "$archive.tmp" "$archive"
