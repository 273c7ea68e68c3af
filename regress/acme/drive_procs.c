/*
 * drive_procs: a job by the processes that derpd starts, in place of derpd; see
 * acmedrive.c.
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

static struct chan	*keys, *helper;
static pid_t		 keys_pid, helper_pid;

/* Send; `w' is freed, `fd' taken. */
static void
say(struct chan *c, uint32_t type, struct wr *w, int fd)
{
	if (chan_send(c, type, w, fd) == -1 || chan_flush(c, WAIT_MS) == -1)
		err(2, "%s", msg_name(type));
	if (w != NULL)
		wr_free(w);
}

static void
hear(struct chan *c, uint32_t type, struct msg *m)
{
	if (chan_recv(c, m, WAIT_MS) == -1)
		err(2, "no %s", msg_name(type));
	if (m->type != type)
		errx(2, "%s instead of %s", msg_name(m->type),
		    msg_name(type));
}

static struct chan *
begin(const char *program, enum role role, pid_t *pid)
{
	struct chan	*c;
	struct wr	 w;
	int		 fd;

	if ((*pid = child_spawn(-1, program, role_name(role), &fd)) == -1)
		err(2, "%s", program);
	if (drive.verbose)
		fprintf(stderr, "%s is process %d\n", role_name(role),
		    (int)*pid);
	c = chan_new(NULL, fd, ROLE_PARENT, role, NULL, NULL, NULL);
	if (c == NULL)
		err(2, "channel");
	wr_init(&w);
	wr_str(&w, build_id());
	wr_u32(&w, 0);
	wr_u8(&w, (uint8_t)drive.verbose);
	wr_u8(&w, (uint8_t)drive.sandbox);
	wr_u8(&w, 1);
	wr_str(&w, "");
	wr_str(&w, "");
	say(c, MSG_START, &w, -1);
	return (c);
}

static void
end(struct chan *c, pid_t pid, const char *what)
{
	struct wr	 w;
	int		 status, sent;

	wr_init(&w);
	wr_u32(&w, 1000);
	sent = chan_send(c, MSG_STOP, &w, -1) == 0 &&
	    chan_flush(c, WAIT_MS) == 0;
	wr_free(&w);
	if (waitpid(pid, &status, 0) == -1)
		err(2, "waitpid");
	if (!sent)
		warnx("%s had ended before", what);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(2, "%s ended with status %#x", what,
		    (unsigned int)status);
	chan_free(c);
}

/* Have keys do something; what it answers, at most `size' bytes. */
static size_t
key_call(uint32_t type, struct wr *w, int fd, void *out, size_t size)
{
	struct msg	 m;
	char		 why[256];
	const uint8_t	*p;
	size_t		 n;
	int		 ok;

	say(keys, type, w, fd);
	hear(keys, MSG_KEY_RESULT, &m);
	ok = rd_u8(&m.rd);
	rd_str(&m.rd, why, sizeof(why));
	p = rd_blob(&m.rd, &n);
	if (!rd_end(&m.rd) || n > size)
		errx(2, "malformed answer of keys");
	if (!ok)
		errx(2, "keys: %s", why);
	memcpy(out, p, n);
	msg_free(&m);
	return (n);
}

static void
load(unsigned int which)
{
	struct wr	 w;
	uint8_t		 out[64];
	size_t		 n;
	int		 fd, make;

	if (drive.key_file[which] == NULL)
		return;
	fd = drive_open_key(which, &make);
	wr_init(&w);
	wr_u8(&w, (uint8_t)which);
	wr_u8(&w, (uint8_t)make);
	n = key_call(MSG_KEY_ACME_FILE, &w, fd, out, sizeof(out));
	if (which == ACMEKEY_ACCOUNT)
		snprintf(drive.thumb, sizeof(drive.thumb), "%.*s", (int)n,
		    (const char *)out);
}

static void
start_keys(void)
{
	struct msg	 m;
	struct wr	 w;
	unsigned int	 i;
	uint8_t		 out[1];

	keys = begin(drive.keys, ROLE_KEYS, &keys_pid);
	hear(keys, MSG_READY, &m);
	msg_free(&m);
	for (i = ACMEKEY_ACCOUNT; i <= ACMEKEY_EAB; i++)
		load(i);
	wr_init(&w);
	acme_conf_put(&w, &drive.conf);
	(void)key_call(MSG_KEY_ACME_CONF, &w, -1, out, 0);
	if (drive.job != ACME_JOB_REVOKE)
		return;
	wr_init(&w);
	wr_u8(&w, 1);
	wr_blob(&w, drive.der, (size_t)drive.der_len);
	(void)key_call(MSG_KEY_ACME_REVOKE, &w, -1, out, 0);
}

static void
start_helper(void)
{
	struct msg	 m;
	struct wr	 w;
	char		 level[256];
	int		 sv[2];

	helper = begin(drive.helper, ROLE_ACME, &helper_pid);
	wr_init(&w);
	acme_conf_put(&w, &drive.conf);
	say(helper, MSG_ACME_CONF, &w, -1);
	hear(helper, MSG_READY, &m);
	rd_str(&m.rd, level, sizeof(level));
	if (drive.verbose)
		fprintf(stderr, "sandbox: %s\n", level);
	msg_free(&m);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1)
		err(2, "socketpair");
	wr_init(&w);
	wr_u32(&w, 0);
	wr_u8(&w, KEYCHAN_ACME);
	say(keys, MSG_KEY_CHAN, &w, sv[0]);
	say(helper, MSG_ACME_KEYS, NULL, sv[1]);
}

static void
token(struct rd *r)
{
	struct wr	 w;
	char		 text[ACME_TOKENSIZE];

	rd_str(r, text, sizeof(text));
	if (!rd_end(r) || (text[0] != '\0' &&
	    !base64url_is(text, sizeof(text) - 1)))
		errx(2, "malformed token");
	if (text[0] == '\0' || drive_token(text) == -1)
		return;
	wr_init(&w);
	wr_str(&w, text);
	say(helper, MSG_ACME_TOKEN_SET, &w, -1);
}

static void
result(struct rd *r, struct acme_result *res)
{
	const uint8_t	*pem;

	memset(res, 0, sizeof(*res));
	if (rd_u32(r) != 77)
		errx(2, "the answer to another job");
	res->end = (enum acme_outcome)rd_u8(r);
	rd_str(r, res->error, sizeof(res->error));
	res->not_before = (int64_t)rd_u64(r);
	pem = rd_blob(r, &res->chain_len);
	res->ari.start = (int64_t)rd_u64(r);
	res->ari.end = (int64_t)rd_u64(r);
	rd_str(r, res->ari.why, sizeof(res->ari.why));
	if (!rd_end(r))
		errx(2, "malformed result");
	if (res->chain_len == 0)
		return;
	if ((res->chain = malloc(res->chain_len)) == NULL)
		err(2, "result");
	memcpy(res->chain, pem, res->chain_len);
}

void
drive_procs(struct acme_result *r)
{
	struct msg	 m;
	struct wr	 w;
	int		 done;

	start_keys();
	start_helper();
	wr_init(&w);
	wr_u32(&w, 77);
	wr_u8(&w, (uint8_t)drive.job);
	wr_u8(&w, drive.key_file[ACMEKEY_NEXT] != NULL);
	wr_blob(&w, drive.pem, drive.pem_len);
	say(helper, MSG_ACME_DO, &w, -1);
	for (done = 0; !done; msg_free(&m)) {
		if (chan_recv(helper, &m, WAIT_MS) == -1)
			err(2, "acme-helper");
		if (m.type == MSG_ACME_TOKEN)
			token(&m.rd);
		else if (m.type == MSG_ACME_RESULT) {
			result(&m.rd, r);
			done = 1;
		} else
			errx(2, "%s from acme-helper", msg_name(m.type));
	}
	end(helper, helper_pid, "acme-helper");
	end(keys, keys_pid, "keys");
}
