/*
 * drive_procs: run a job with the processes that derpd starts, in place of
 * derpd; see acmedrive.c.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base64url.h"
#include "build.h"
#include "child.h"
#include "drive.h"

#define WAIT_MS	(600 * 1000)

static struct ipc_chan	*keys, *helper;
static pid_t		 keys_pid, helper_pid;

/* Send; frees `w' and closes `fd'. */
static void
send_msg(struct ipc_chan *c, uint32_t type, struct ipc_wr *w, int fd)
{
	if (ipc_chan_send(c, type, w, fd) == -1 || ipc_chan_flush(c,
	    WAIT_MS) == -1)
		err(2, "%s", ipc_msg_name(type));
	if (w != NULL)
		ipc_wr_free(w);
}

static void
receive_msg(struct ipc_chan *c, uint32_t type, struct ipc_msg *m)
{
	if (ipc_chan_recv(c, m, WAIT_MS) == -1)
		err(2, "no %s", ipc_msg_name(type));
	if (m->type != type)
		errx(2, "%s instead of %s", ipc_msg_name(m->type),
		    ipc_msg_name(type));
}

static struct ipc_chan *
begin(const char *program, enum ipc_role role, pid_t *pid)
{
	struct ipc_chan	*c;
	struct ipc_wr	 w;
	int		 fd;

	if ((*pid = ipc_child_spawn(-1, program, ipc_role_name(role),
	    &fd)) == -1)
		err(2, "%s", program);
	if (drive.verbose)
		fprintf(stderr, "%s is process %d\n", ipc_role_name(role),
		    (int)*pid);
	c = ipc_chan_new(NULL, fd, ROLE_PARENT, role, NULL, NULL, NULL);
	if (c == NULL)
		err(2, "channel");
	ipc_wr_init(&w);
	ipc_wr_str(&w, ipc_build_id());
	ipc_wr_u32(&w, 0);
	ipc_wr_u8(&w, (uint8_t)drive.verbose);
	ipc_wr_u8(&w, 0);	/* log format text */
	ipc_wr_u8(&w, (uint8_t)drive.sandbox);
	ipc_wr_u8(&w, 1);
	ipc_wr_str(&w, "");
	ipc_wr_str(&w, "");
	send_msg(c, MSG_START, &w, -1);
	return (c);
}

static void
end(struct ipc_chan *c, pid_t pid, const char *what)
{
	struct ipc_wr	 w;
	int		 status, sent;

	ipc_wr_init(&w);
	ipc_wr_u32(&w, 1000);
	sent = ipc_chan_send(c, MSG_STOP, &w, -1) == 0 &&
	    ipc_chan_flush(c, WAIT_MS) == 0;
	ipc_wr_free(&w);
	if (waitpid(pid, &status, 0) == -1)
		err(2, "waitpid");
	if (!sent)
		warnx("%s had ended before", what);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(2, "%s ended with status %#x", what,
		    (unsigned int)status);
	ipc_chan_free(c);
}

/* Send a request to keys and wait for its answer of at most `size' bytes. */
static size_t
key_call(uint32_t type, struct ipc_wr *w, int fd, void *out, size_t size)
{
	struct ipc_msg	 m;
	char		 why[256];
	const uint8_t	*p;
	size_t		 n;
	int		 ok;

	send_msg(keys, type, w, fd);
	receive_msg(keys, MSG_KEY_RESULT, &m);
	ok = ipc_rd_u8(&m.rd);
	ipc_rd_str(&m.rd, why, sizeof(why));
	p = ipc_rd_blob(&m.rd, &n);
	if (!ipc_rd_end(&m.rd) || n > size)
		errx(2, "malformed answer of keys");
	if (!ok)
		errx(2, "keys: %s", why);
	memcpy(out, p, n);
	ipc_msg_free(&m);
	return (n);
}

static void
load(unsigned int which)
{
	struct ipc_wr	 w;
	uint8_t		 out[64];
	size_t		 n;
	int		 fd, make;

	if (drive.key_file[which] == NULL)
		return;
	fd = drive_open_key(which, &make);
	ipc_wr_init(&w);
	ipc_wr_u8(&w, (uint8_t)which);
	ipc_wr_u8(&w, (uint8_t)make);
	n = key_call(MSG_KEY_ACME_FILE, &w, fd, out, sizeof(out));
	if (which == ACMEKEY_ACCOUNT)
		snprintf(drive.thumb, sizeof(drive.thumb), "%.*s", (int)n,
		    (const char *)out);
}

static void
start_keys(void)
{
	struct ipc_msg	 m;
	struct ipc_wr	 w;
	unsigned int	 i;
	uint8_t		 out[1];

	keys = begin(drive.keys, ROLE_KEYS, &keys_pid);
	receive_msg(keys, MSG_READY, &m);
	ipc_msg_free(&m);
	for (i = ACMEKEY_ACCOUNT; i <= ACMEKEY_EAB; i++)
		load(i);
	ipc_wr_init(&w);
	acme_conf_put(&w, &drive.conf);
	(void)key_call(MSG_KEY_ACME_CONF, &w, -1, out, 0);
	if (drive.job != ACMEJOB_REVOKE)
		return;
	ipc_wr_init(&w);
	ipc_wr_u8(&w, 1);
	ipc_wr_blob(&w, drive.der, (size_t)drive.der_len);
	(void)key_call(MSG_KEY_ACME_REVOKE, &w, -1, out, 0);
}

static void
start_helper(void)
{
	struct ipc_msg	 m;
	struct ipc_wr	 w;
	char		 level[256];
	int		 sv[2];

	helper = begin(drive.helper, ROLE_ACME, &helper_pid);
	ipc_wr_init(&w);
	acme_conf_put(&w, &drive.conf);
	send_msg(helper, MSG_ACME_CONF, &w, -1);
	receive_msg(helper, MSG_READY, &m);
	ipc_rd_str(&m.rd, level, sizeof(level));
	if (drive.verbose)
		fprintf(stderr, "sandbox: %s\n", level);
	ipc_msg_free(&m);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1)
		err(2, "socketpair");
	ipc_wr_init(&w);
	ipc_wr_u32(&w, 0);
	ipc_wr_u8(&w, KEYCHAN_ACME);
	send_msg(keys, MSG_KEY_CHAN, &w, sv[0]);
	send_msg(helper, MSG_ACME_KEYS, NULL, sv[1]);
}

static void
token(struct ipc_rd *r)
{
	struct ipc_wr	 w;
	char		 text[HELPER_TOKENSIZE], name[IPC_ACME_NAMESIZE];

	ipc_rd_str(r, text, sizeof(text));
	ipc_rd_str(r, name, sizeof(name));
	if (!ipc_rd_end(r) || (text[0] != '\0' &&
	    !base64url_is(text, sizeof(text) - 1)))
		errx(2, "malformed token");
	if (text[0] == '\0' || drive_token(text) == -1)
		return;
	ipc_wr_init(&w);
	ipc_wr_str(&w, text);
	send_msg(helper, MSG_ACME_TOKEN_SET, &w, -1);
}

static void
result(struct ipc_rd *r, struct helper_result *res)
{
	const uint8_t	*pem;

	memset(res, 0, sizeof(*res));
	if (ipc_rd_u32(r) != 77)
		errx(2, "the answer to another job");
	res->end = (enum ipc_acme_outcome)ipc_rd_u8(r);
	ipc_rd_str(r, res->error, sizeof(res->error));
	res->not_before = (int64_t)ipc_rd_u64(r);
	pem = ipc_rd_blob(r, &res->chain_len);
	res->ari.start = (int64_t)ipc_rd_u64(r);
	res->ari.end = (int64_t)ipc_rd_u64(r);
	ipc_rd_str(r, res->ari.why, sizeof(res->ari.why));
	if (!ipc_rd_end(r))
		errx(2, "malformed result");
	if (res->chain_len == 0)
		return;
	if ((res->chain = malloc(res->chain_len)) == NULL)
		err(2, "result");
	memcpy(res->chain, pem, res->chain_len);
}

void
drive_procs(struct helper_result *r)
{
	struct ipc_msg	 m;
	struct ipc_wr	 w;
	int		 done;

	start_keys();
	start_helper();
	ipc_wr_init(&w);
	ipc_wr_u32(&w, 77);
	ipc_wr_u8(&w, (uint8_t)drive.job);
	ipc_wr_u8(&w, drive.key_file[ACMEKEY_NEXT] != NULL);
	ipc_wr_blob(&w, drive.pem, drive.pem_len);
	send_msg(helper, MSG_ACME_DO, &w, -1);
	for (done = 0; !done; ipc_msg_free(&m)) {
		if (ipc_chan_recv(helper, &m, WAIT_MS) == -1)
			err(2, "acme-helper");
		if (m.type == MSG_ACME_TOKEN)
			token(&m.rd);
		else if (m.type == MSG_ACME_RESULT) {
			result(&m.rd, r);
			done = 1;
		} else
			errx(2, "%s from acme-helper", ipc_msg_name(m.type));
	}
	end(helper, helper_pid, "acme-helper");
	end(keys, keys_pid, "keys");
}
