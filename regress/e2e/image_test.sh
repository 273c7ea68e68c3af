#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The container image (make image): what is in it, and containers of it, with
# podman where it runs.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"
# shellcheck source=regress/e2e/image.sh
. "$(atf_get_srcdir)/image.sh"

# one JQ-FILTER: the blob of the archive that the filter finds on its input.
one() {
	echo "blobs/$(jq -r "$1" | tr : /)"
}

e2e_case archive 300 "two builds have the same bytes, and name each other right"
archive_body() {
	image_need
	image_tree root
	image_archive root one.tar
	(
		umask 077
		image_tree again
		image_archive again two.tar
	) || exit 1
	cmp one.tar two.tar || e2e_fail "two builds differ"
	mkdir layout
	tar -C layout -xf one.tar
	cd layout || exit 1
	for _blob in blobs/sha256/*; do
		echo "${_blob##*/}  $_blob"
	done >sums
	run sha256sum -c sums
	_manifest=$(one '.manifests[0].digest' <index.json)
	_config=$(one '.config.digest' <"$_manifest")
	_layer=$(one '.layers[0].digest' <"$_manifest")
	# The same by Docker's list.
	[ "$_config $_layer" = "$(jq -r '.[0] | .Config + " " + .Layers[0]' \
	    manifest.json)" ] || e2e_fail "manifest.json has other blobs"
	[ "sha256:$(gzip -dc "$_layer" | sha256sum | cut -d ' ' -f 1)" = \
	    "$(jq -r '.rootfs.diff_ids[0]' "$_config")" ] ||
	    e2e_fail "the layer is not that of the configuration"
	jq -e '.config | .Healthcheck.Test[1] == "derpctl" and
	    .StopSignal == "SIGTERM" and
	    .Volumes == {"/var/lib/derper": {}} and
	    (.ExposedPorts | keys) == ["3478/udp", "443/tcp", "80/tcp"]' \
	    "$_config" || e2e_fail "configuration: $(cat "$_config")"
	# No program runs as another user, and nobody else may write.
	_bad=$(find ../root ! -type l \( -perm /6000 -o -perm -2 ! -perm -1000 \))
	[ -z "$_bad" ] || e2e_fail "modes of $_bad"
}

e2e_case entry 300 "the entry point starts derpd, a command, or says why not"
entry_body() {
	image_need
	image_tree root
	chroot root /usr/sbin/entrypoint derpctl health
	[ $? -eq 2 ] || e2e_fail "derpctl is not run, or finds a derpd"
	for _user in _derpd _derpd_keys; do
		run chroot root id -u "$_user"
	done
	mkdir root/etc/derpd.conf
	chroot root /usr/sbin/entrypoint >out 2>&1 &&
	    e2e_fail "a directory as derpd.conf is taken"
	grep -q 'is a directory' out || e2e_fail "it says: $(cat out)"
	rmdir root/etc/derpd.conf
	echo 'nonsense' >root/etc/derpd.conf
	env -i DERP_HOSTNAME=relay.test PATH="$PATH" \
	    chroot root /usr/sbin/entrypoint -n >out 2>&1 &&
	    e2e_fail "a broken derpd.conf is taken"
	grep -q 'no effect: DERP_HOSTNAME' out || e2e_fail "it says: $(cat out)"
	ln -sf /nowhere root/etc/derpd.conf
	env -i DERP_HOSTNAME=relay.test PATH="$PATH" \
	    chroot root /usr/sbin/entrypoint -n >out 2>&1
	grep -q 'no effect: DERP_HOSTNAME' out ||
	    e2e_fail "a derpd.conf that leads nowhere: $(cat out)"
}

e2e_case serves 300 "health checks and clients, as first process, without podman"
serves_body() {
	image_need ip
	image_tree root
	image_conf 443 80
	cp derpd.conf root/etc/derpd.conf
	box_start
	box_serves 80
	box_stop
	[ -f root/var/lib/derper/derper.key ] ||
	    e2e_fail "the state is not in the volume"
}

e2e_case podman 300 "the same in podman, with fewer and fewer rights"
podman_body() {
	pod_begin
	image_conf 443 80
	_conf=$PWD/derpd.conf:/etc/derpd.conf:ro
	pod_start -v "$_conf" -v state:/var/lib/derper
	box_serves 80
	run inside derpctl node >before
	box_stop
	# Its state is kept.
	pod_start -v "$_conf" -v state:/var/lib/derper --read-only \
	    --security-opt no-new-privileges --cap-drop ALL \
	    --cap-add NET_BIND_SERVICE,SETUID,SETGID,SYS_CHROOT
	box_serves 80
	run inside derpctl node >after
	cmp before after || e2e_fail "another relay after a restart"
	box_stop
	image_conf 8443 8080
	pod_start -v "$_conf" --user 1000 --cap-drop ALL
	box_serves 8080
	box_stop
}

# edge MODE: the variables of the sample, for our name and certificate mode.
edge() {
	sed "s/=relay.example.org/=$HOST_NAME/; s/=letsencrypt/=$1/" \
	    "$IMAGE/../compose/.env.example" >vars
}

# volume: the volume of a derper, with a certificate of our CA by both names.
volume() {
	VOLUME=root/var/lib/derper
	use_cert ec
	mkdir "$VOLUME/certs"
	cp relay.crt relay.key "$VOLUME/certs"
	for _file in crt key; do
		mv "$VOLUME/certs/relay.$_file" "$VOLUME/certs/$HOST_NAME.$_file"
	done
}

# probed PID: probe the relay in the network of this process, print its key.
probed() {
	run nsenter -t "$1" -n "$DERPCTL" probe -c ca.pem -H "$HOST_NAME" \
	    127.0.0.1 443 >probed
	sed -n 's/^the relay is //p' probed
}

e2e_case env 300 "from the .env of the compose file to two clients"
env_body() {
	image_need ip
	image_tree root
	volume
	edge manual
	box_start
	box_serves 80
	[ -n "$(probed "$BOX")" ] || e2e_fail "no relay"
	box_stop
}

e2e_case derper 300 "the volume of a derper: the same key and certificate"
derper_body() {
	image_need ip
	_derper=${BENCH_BIN:-/nonexistent}/derper
	[ -x "$_derper" ] || atf_skip "there is no derper"
	image_tree root
	volume
	unshare --net sh -c 'ip link set lo up && exec "$@"' sh "$_derper" \
	    -hostname "$HOST_NAME" -certmode manual -certdir "$VOLUME/certs" \
	    -c "$PWD/$VOLUME/derper.key" -a :443 -http-port -1 -stun=false \
	    >derper.log 2>&1 &
	_pid=$!
	echo "$_pid" >>pids
	wait_until "derper answers" nsenter -t "$_pid" -n \
	    curl -s --cacert ca.pem --resolve "$HOST_NAME:443:127.0.0.1" \
	    "https://$HOST_NAME/"
	_before=$(probed "$_pid")
	# derper does not always end after SIGTERM.
	kill -KILL "$_pid"
	for _mode in manual letsencrypt; do
		edge "$_mode"
		box_start
		box_serves 80
		[ "$(probed "$BOX")" = "$_before" ] ||
		    e2e_fail "another relay, or certificate: $_mode"
		box_stop
	done
}

atf_init_test_cases() {
	atf_add_test_case env
	atf_add_test_case derper
	atf_add_test_case archive
	atf_add_test_case entry
	atf_add_test_case serves
	atf_add_test_case podman
}
