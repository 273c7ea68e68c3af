/*
 * mesh_test: Tests of the process mesh in its sandbox: the test plays the
 * parent, keys and the relay worker, and the node.
 */
#include "meshfixture.h"

/* Log in; more comes behind, in the same record and in others. */
static void
serve(struct visit *v)
{
	node_login(v, "behind", 6);
	if (v->info_len != sizeof(info) || memcmp(v->info, info, v->info_len))
		node_send(v, "wrong!", 6);
	node_send(v, "second", 6);
	node_send(v, "third", 5);
	node_echo(v);
}

static void
link_works(int proxied)
{
	static struct taken_link t;

	begin(serve);
	comes_up(&t, "");
	ATF_CHECK_EQ(proxied, t.proxied);
	ATF_CHECK_EQ(proxied, t.rec == NULL);
	take_bytes(&t, 17);
	ATF_CHECK_EQ(17, t.plain_len);
	ATF_CHECK(memcmp(t.plain, "behindsecondthird", 17) == 0);
	talk(&t);
	let_go(&t);
	finish();
}

/* The connection goes to the relay worker, which continues its records. */
ATF_TC_WITHOUT_HEAD(handed);
ATF_TC_BODY(handed, tc)
{
#ifdef LIBRESSL_VERSION_NUMBER
	atf_tc_skip("LibreSSL gives no secrets");
#endif
	link_works(0);
}

/* With TLS 1.2 the process pumps. */
ATF_TC_WITHOUT_HEAD(pumped);
ATF_TC_BODY(pumped, tc)
{
	server.protocols = TLS_PROTOCOL_TLSv1_2;
	link_works(1);
}

/* Both ends of a pump close the other one. */
static void
serve_and_leave(struct visit *v)
{
	node_login(v, "", 0);
	if (v->nth == 0)
		node_send(v, "bye", 3);
	else {
		node_linger(v);
		_exit(0);
	}
}

ATF_TC_WITHOUT_HEAD(pump_ends);
ATF_TC_BODY(pump_ends, tc)
{
	static struct taken_link t;
	struct pollfd pfd = { .events = POLLIN };
	char c;

	server.protocols = TLS_PROTOCOL_TLSv1_2;
	begin(serve_and_leave);
	comes_up(&t, "");
	take_bytes(&t, 3);
	pfd.fd = t.fd;
	ATF_REQUIRE_EQ(1, poll(&pfd, 1, WAIT_MS));
	ATF_CHECK_EQ(0, read(t.fd, &c, 1));
	let_go(&t);
	tell_lost(t.number, 1, "the node closed it");
	status(IPC_MESH_DOWN, "the node closed it");
	comes_up(&t, "the node closed it");
	let_go(&t);
	tell_lost(t.number, 0, "this end closed it");
	status(IPC_MESH_DOWN, "this end closed it");
	finish();
}

/* A link that has ended is dialled again; news of an older one are late. */
ATF_TC_WITHOUT_HEAD(again);
ATF_TC_BODY(again, tc)
{
	static struct taken_link t;
	uint32_t first;

	begin(serve);
	comes_up(&t, "");
	first = t.number;
	let_go(&t);
	tell_lost(first, 1, "another worker ended");
	status(IPC_MESH_DOWN, "another worker ended");
	comes_up(&t, "another worker ended");
	ATF_CHECK(t.number != first);
	tell_lost(first, 1, "late");
	take_bytes(&t, 17);
	talk(&t);
	let_go(&t);
	tell_lost(t.number, 0, "the node was silent");
	status(IPC_MESH_DOWN, "the node was silent");
	comes_up(&t, "the node was silent");
	let_go(&t);
	finish();
}

/* A link that moved is up, for this process and for the next one. */
ATF_TC_WITHOUT_HEAD(moved);
ATF_TC_BODY(moved, tc)
{
	static struct taken_link t;

	begin(serve);
	comes_up(&t, "");
	give_relay_with(t.number, 0);
	status(IPC_MESH_UP, "");
	tell_lost(t.number, 1, "it ended there");
	let_go(&t);
	status(IPC_MESH_DOWN, "it ended there");
	comes_up(&t, "it ended there");
	/* The next worker has none. */
	give_relay();
	let_go(&t);
	status(IPC_MESH_DOWN, "the relay worker has ended");
	comes_up(&t, "the relay worker has ended");
	/* The old worker's end is noticed before the next one is there. */
	ipc_chan_free(relay);
	relay = NULL;
	status(IPC_MESH_DOWN, "the relay worker has ended");
	give_relay_with(t.number, 0);
	status(IPC_MESH_UP, "");
	let_go(&t);
	finish();
}

/* It logged in with an older mesh key: it ends when its time has come. */
ATF_TC_WITHOUT_HEAD(moved_old);
ATF_TC_BODY(moved_old, tc)
{
	static struct taken_link t;
	struct ipc_msg m;

	begin(serve);
	comes_up(&t, "");
	give_relay_with(t.number, 1);
	status(IPC_MESH_UP, "");
	status(IPC_MESH_DOWN, "the mesh key has changed");
	ATF_REQUIRE_EQ(0, ipc_chan_recv(relay, &m, WAIT_MS));
	ATF_CHECK_EQ(MSG_MESH_END, m.type);
	ipc_msg_free(&m);
	let_go(&t);
	comes_up(&t, "the mesh key has changed");
	let_go(&t);
	finish();
}

/* The node is this one: not dialled again but by a reload. */
ATF_TC_WITHOUT_HEAD(self);
ATF_TC_BODY(self, tc)
{
	memset(own, NODE_KEY, sizeof(own));
	begin(serve);
	status(IPC_MESH_DIALING, "");
	status(IPC_MESH_SELF, "");
	tell_conf(cafile);
	status(IPC_MESH_DIALING, "");
	status(IPC_MESH_SELF, "");
	finish();
}

/* keys may refuse, and end while it is asked. */
ATF_TC_WITHOUT_HEAD(keys_fail);
ATF_TC_BODY(keys_fail, tc)
{
	static struct taken_link t;

	begin(serve);
	status(IPC_MESH_DIALING, "");
	answer_login(hear_login(), "there is no mesh key");
	status(IPC_MESH_DOWN, "there is no mesh key");
	status(IPC_MESH_DIALING, "there is no mesh key");
	(void)hear_login();
	give_keys();
	status(IPC_MESH_DOWN, "keys has ended");
	status(IPC_MESH_DIALING, "keys has ended");
	answer_login(hear_login() - 1, "late");
	answer_login(2, "late");
	answer_login(3, NULL);
	take(&t);
	status(IPC_MESH_UP, "");
	let_go(&t);
	finish();
}

/* Which channels are missing? */
static void
chanless(int no_keys, int no_relay)
{
	struct ipc_msg_mesh_chanless v;
	struct ipc_msg m;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(child, &m, WAIT_MS));
	ATF_REQUIRE_EQ_MSG(MSG_MESH_CHANLESS, m.type, "%s",
	    ipc_msg_name(m.type));
	ATF_REQUIRE_EQ(0, ipc_get_mesh_chanless(&m.rd, &v));
	ATF_CHECK_EQ(no_keys, v.keys);
	ATF_CHECK_EQ(no_relay, v.relay);
	ipc_msg_free(&m);
}

/* With its worker a link is lost, and dialled at once when there is another. */
ATF_TC_WITHOUT_HEAD(relay_ends);
ATF_TC_BODY(relay_ends, tc)
{
	static struct taken_link t;

	begin(serve);
	comes_up(&t, "");
	let_go(&t);
	ipc_chan_free(relay);
	relay = NULL;
	status(IPC_MESH_DOWN, "the relay worker has ended");
	chanless(0, 1);
	give_relay();
	comes_up(&t, "the relay worker has ended");
	let_go(&t);
	ipc_chan_free(keys);
	keys = NULL;
	chanless(1, 0);
	give_keys();
	give_relay();
	status(IPC_MESH_DOWN, "the relay worker has ended");
	finish();
}

/* A channel with junk is closed, and requested anew. */
ATF_TC_WITHOUT_HEAD(junk);
ATF_TC_BODY(junk, tc)
{
	static struct taken_link t;
	uint8_t bytes[256];

	memset(bytes, 0xff, sizeof(bytes));
	begin(serve);
	comes_up(&t, "");
	let_go(&t);
	ATF_REQUIRE_EQ(sizeof(bytes), write(ipc_chan_fd(relay), bytes,
	    sizeof(bytes)));
	status(IPC_MESH_DOWN, "the relay worker has ended");
	chanless(0, 1);
	give_relay();
	comes_up(&t, "");
	let_go(&t);
	finish();
}

/* While it dials, a new mesh key begins the login anew. */
ATF_TC_WITHOUT_HEAD(rekey);
ATF_TC_BODY(rekey, tc)
{
	static struct taken_link t;

	begin(serve);
	status(IPC_MESH_DIALING, "");
	(void)hear_login();
	ATF_REQUIRE_EQ(0, ipc_send_mesh_rekey(child));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
	comes_up(&t, "");
	ATF_REQUIRE_EQ(0, ipc_send_mesh_rekey(child));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
	take_bytes(&t, 17);
	talk(&t);
	let_go(&t);
	finish();
}

/* Other settings, or another CA file, need another sandbox. */
ATF_TC_WITHOUT_HEAD(settings);
ATF_TC_BODY(settings, tc)
{
	static struct taken_link t;

	begin(serve);
	comes_up(&t, "");
	let_go(&t);
	tell_conf(cafile);
	tell_lost(t.number, 1, "as before");
	status(IPC_MESH_DOWN, "as before");
	unlink("ca.pem");
	atf_utils_create_file("ca.pem", "another");
	tell_conf(cafile);
	child_ends(0);
	ipc_chan_free(relay);
	ipc_chan_free(keys);
	node_stop(&server);
}

/* What the node says is one printable line. */
static void
serve_binary(struct visit *v)
{
	uint8_t f[64];

	node_hear(v);
	node_answer(v);
	node_client_info(v);
	node_send(v, f, node_frame(f, FRAME_HEALTH, "no\nway\033", 'x', 8));
	node_linger(v);
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	begin(serve_binary);
	status(IPC_MESH_DIALING, "");
	answer_login(hear_login(), NULL);
	status(IPC_MESH_DOWN, "the node refuses the login: no?way?x");
	finish();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, handed);
	ATF_TP_ADD_TC(tp, pumped);
	ATF_TP_ADD_TC(tp, pump_ends);
	ATF_TP_ADD_TC(tp, again);
	ATF_TP_ADD_TC(tp, moved);
	ATF_TP_ADD_TC(tp, moved_old);
	ATF_TP_ADD_TC(tp, self);
	ATF_TP_ADD_TC(tp, keys_fail);
	ATF_TP_ADD_TC(tp, relay_ends);
	ATF_TP_ADD_TC(tp, junk);
	ATF_TP_ADD_TC(tp, rekey);
	ATF_TP_ADD_TC(tp, settings);
	ATF_TP_ADD_TC(tp, refused);
	return (atf_no_error());
}
