# shellcheck shell=sh
# The container image of this build: its tree, its archive, and a container of
# it.  Used with common.sh.
#
# BOX is the process ID of the container's first process, which box_start or
# pod_start set; its output is in derpd.log.

SOURCE_DATE_EPOCH=1700000000
export SOURCE_DATE_EPOCH

# image_need TOOL...: root, these tools and those of etc/image, or skip.
image_need() {
	e2e_paths
	e2e_need_root "a container"
	e2e_need_plain "it has libraries that the image has not"
	for _tool in dpkg-query strip busybox curl jq unshare nsenter "$@"; do
		command -v "$_tool" >/dev/null || atf_skip "there is no $_tool"
	done
	! ldd "$(command -v busybox)" >/dev/null 2>&1 ||
	    atf_skip "busybox is not static (busybox-static)"
	[ -f /etc/ssl/certs/ca-certificates.crt ] || atf_skip "there are no CAs"
	IMAGE=$SRC/../../etc/image
}

# image_tree DIR: make the tree of the image.
image_tree() {
	run sh "$IMAGE/root.sh" "$PWD/$1" "derpctl/derpctl derpd/derpd" \
	    "$(e2e_programs)"
}

# image_archive DIR FILE: make the archive of a tree.
image_archive() {
	run sh "$IMAGE/archive.sh" "$PWD/$1" "$PWD/$2"
}

# image_conf TLS-PORT PORT: write derpd.conf.
image_conf() {
	cat >derpd.conf <<-END
	hostname "$HOST_NAME"
	listen on * port $1 tls
	listen on * port $2
	certificate self-signed
	relay { key "/var/lib/derper/derper.key" workers 1 fronts 1 }
	stun { probe every 1 }
	END
	chmod 644 derpd.conf
}

# box_start: run the entry point of ./root as first process in namespaces of
# its own, without podman.  The file vars, if there is one, has its variables.
box_start() {
	cat >box <<-'END'
	ip link set lo up &&
	mount --bind root root && cd root &&
	mount -t proc proc proc && mount --rbind /dev dev &&
	echo "127.0.0.1 localhost" >etc/hosts &&
	exec chroot . /usr/sbin/entrypoint
	END
	[ -f vars ] || : >vars
	# shellcheck disable=SC2046	# words
	unshare --mount --net --pid --fork --kill-child \
	    env -i PATH="$PATH" $(grep -v '^#' vars) sh box >derpd.log 2>&1 &
	PID=$!
	echo "$PID" >>pids
	wait_until "the container starts" box_found
	IN=box
}

box_found() {
	e2e_gone "$PID" && e2e_fail "the container has ended"
	BOX=$(pgrep -P "$PID") && grep -q derpd "/proc/$BOX/comm"
}

# pod WORD...: podman, with storage of its own below the test's directory.
pod() {
	# shellcheck disable=SC2016	# the inner shell expands them
	nsenter -t "$NS" -m sh -c 'cd "$0" && exec podman --root "$0/store" \
	    --runroot "$0/runroot" --cgroup-manager cgroupfs \
	    --events-backend file --log-level error "$@"' "$PWD" "$@"
}

# pod_begin: load the image, or skip where podman runs no container.
pod_begin() {
	image_need podman crun
	image_tree root
	image_archive root image.tar
	# crun refuses the old control groups beside some of the new ones.
	unshare -m sh -c '[ ! -d /sys/fs/cgroup/unified ] ||
	    mount -t tmpfs tmpfs /sys/fs/cgroup/unified
	    exec sleep 600' &
	NS=$!
	echo "$NS" >>pids
	# A process that may not raise its limits keeps them.
	# shellcheck disable=SC3045	# every shell here has it
	_files=$(ulimit -Hn)
	_procs=$(cat /proc/sys/kernel/pid_max)
	LIMITS="--ulimit nofile=$_files:$_files --ulimit nproc=$_procs:$_procs"
	run pod load -i image.tar
	# shellcheck disable=SC2086	# words
	pod run --rm --network none $LIMITS localhost/derpd true \
	    >pod.out 2>&1 || atf_skip "podman can't: $(tail -n 1 pod.out)"
}

# pod_start OPTION...: start a container.
pod_start() {
	# shellcheck disable=SC2086	# words
	run pod run -d --name box --network none $LIMITS "$@" localhost/derpd
	BOX=$(pod inspect --format '{{.State.Pid}}' box)
	pod inspect --format '{{.State.ConmonPid}}' box >>pids
	echo "$BOX" >>pids
	IN=pod
}

# inside COMMAND...: run it in the container.
inside() {
	case $IN in
	box) nsenter -t "$BOX" -m -n -p -r "$@" ;;
	pod) pod exec box "$@" ;;
	esac
}

# box_serves PORT: the checks that orchestrators make, and clients.
box_serves() {
	wait_until "derpctl health says ok" inside derpctl health
	run inside wget -q --spider "http://localhost:$1/generate_204"
	run inside curl -f "http://localhost:$1/generate_204"
	[ -x "$INTEROP" ] || return 0
	run inside derpctl map node | jq '. + {IPv4: "127.0.0.1",
	    IPv6: "none"}' >node.json
	set --
	[ ! -f ca.pem ] || set -- -ca ca.pem
	run nsenter -t "$BOX" -n "$INTEROP" -node node.json "$@" \
	    -case node,node-stun
}

# box_stop: it ends within the 10 seconds that Docker gives it, with 0.
box_stop() {
	case $IN in
	box)
		kill -TERM "$BOX"
		wait_until "the container ends" e2e_gone "$BOX"
		wait "$PID" || e2e_fail "the container ended with $?" ;;
	pod)
		run pod stop box
		pod logs box >derpd.log 2>&1
		[ "$(pod inspect --format '{{.State.ExitCode}}' box)" = 0 ] ||
		    e2e_fail "the container did not end with 0"
		run pod rm box ;;
	esac
	e2e_check_log
}
