/*
 * decide_test: a table of decisions, and all combinations of up to three
 * sources against the rules as they are written in derpd.conf(5).
 */
#include <atf-c.h>
#include <string.h>

#include "decide.h"

#define P	ADMIT_PENDING
#define N	ADMIT_NO
#define Y	ADMIT_YES
#define F	ADMIT_FAILS

/* Two sources and the clients file. */
static const struct row {
	const char	*what;
	int		 all, open;
	int		 keys;
	enum admit_listed listed;
	enum admit_answer a, b;
	int		 lately;	/* the first one admitted it lately */
	int		 made;
	enum ipc_admit_verdict verdict;
	enum admit_because because;
} rows[] = {
	{ "any: listed, nothing is waited for", 0, 0, 1, ADMIT_LISTED, P, P, 0,
	    1, IPC_ADMIT_YES, ADMIT_BY_ANSWER },
	{ "any: denied beats every yes", 0, 0, 1, ADMIT_DENIES, Y, Y, 1,
	    1, IPC_ADMIT_DENIED, 0 },
	{ "any: the second says yes", 0, 0, 1, ADMIT_UNLISTED, N, Y, 0,
	    1, IPC_ADMIT_YES, ADMIT_BY_ANSWER },
	{ "any: one no, one to come", 0, 0, 1, ADMIT_UNLISTED, N, P, 0,
	    0, 0, 0 },
	{ "any: all say no", 0, 0, 1, ADMIT_UNLISTED, N, N, 1,
	    1, IPC_ADMIT_REFUSED, 0 },
	{ "any: the other one fails", 0, 0, 1, ADMIT_UNLISTED, N, F, 1,
	    1, IPC_ADMIT_FAILED, 0 },
	{ "any: it fails, and admitted the key", 0, 0, 1, ADMIT_UNLISTED, F, N,
	    1, 1, IPC_ADMIT_YES, ADMIT_BY_LATELY },
	{ "any: it fails, fail open", 0, 1, 1, ADMIT_UNLISTED, F, N, 0,
	    1, IPC_ADMIT_YES, ADMIT_BY_OPEN },
	{ "any: all say no, fail open", 0, 1, 1, ADMIT_UNLISTED, N, N, 0,
	    1, IPC_ADMIT_REFUSED, 0 },
	{ "all: not listed, nothing is waited for", 1, 1, 1, ADMIT_UNLISTED, P,
	    P, 1, 1, IPC_ADMIT_UNKNOWN, 0 },
	{ "all: all say yes", 1, 0, 1, ADMIT_LISTED, Y, Y, 0,
	    1, IPC_ADMIT_YES, ADMIT_BY_ANSWER },
	{ "all: one to come", 1, 1, 1, ADMIT_LISTED, F, P, 1, 0, 0, 0 },
	{ "all: one says no", 1, 1, 1, ADMIT_LISTED, F, N, 1,
	    1, IPC_ADMIT_REFUSED, 0 },
	{ "all: one fails", 1, 0, 1, ADMIT_LISTED, F, Y, 0,
	    1, IPC_ADMIT_FAILED, 0 },
	{ "all: one fails that admitted the key", 1, 0, 1, ADMIT_LISTED, F, Y,
	    1, 1, IPC_ADMIT_YES, ADMIT_BY_LATELY },
	{ "all: both fail, one admitted the key", 1, 0, 1, ADMIT_LISTED, F, F,
	    1, 1, IPC_ADMIT_FAILED, 0 },
	{ "all: one fails, fail open", 1, 1, 0, ADMIT_UNLISTED, Y, F, 0,
	    1, IPC_ADMIT_YES, ADMIT_BY_OPEN }
};

ATF_TC_WITHOUT_HEAD(table);
ATF_TC_BODY(table, tc)
{
	const struct row *r;
	struct admit_decision d;

	for (r = rows; r < rows + sizeof(rows) / sizeof(rows[0]); r++) {
		struct admit_facts f = { .on = 1, .keys = r->keys,
		    .listed = r->listed, .all = r->all, .fail_open = r->open,
		    .nsources = 2, .answer = { r->a, r->b },
		    .lately = { r->lately } };

		d = admit_decide(&f);
		ATF_CHECK_MSG(d.made == r->made && d.verdict == r->verdict &&
		    d.because == r->because, "%s: made %d, verdict %d, "
		    "because %d", r->what, d.made, (int)d.verdict,
		    (int)d.because);
	}
}

/* Admission off, and the key of health. */
ATF_TC_WITHOUT_HEAD(always);
ATF_TC_BODY(always, tc)
{
	struct admit_facts f = { .on = 0, .keys = 1, .listed = ADMIT_DENIES };
	struct admit_decision d;

	d = admit_decide(&f);
	ATF_CHECK(d.made && d.verdict == IPC_ADMIT_YES);
	f.on = 1;
	f.health = 1;
	d = admit_decide(&f);
	ATF_CHECK(d.made && d.verdict == IPC_ADMIT_DENIED);
	f.listed = ADMIT_UNLISTED;
	f.all = 1;
	f.nsources = 1;
	f.answer[0] = N;
	d = admit_decide(&f);
	ATF_CHECK(d.made && d.verdict == IPC_ADMIT_YES);
}

/* The rules for facts without a missing answer, once more. */
static struct admit_decision
rule(const struct admit_facts *f)
{
	struct admit_decision d = { .made = 1, .verdict = IPC_ADMIT_YES };
	size_t i, nyes = 0, nno = 0, nfails = 0, nlately = 0, n;
	int asked_no = 0;

	for (i = 0; i < f->nsources; i++) {
		nyes += f->answer[i] == Y;
		nno += f->answer[i] == N;
		nfails += f->answer[i] == F;
		nlately += f->answer[i] == F && f->lately[i];
		asked_no |= f->answer[i] == N;
	}
	nyes += f->keys && f->listed == ADMIT_LISTED;
	nno += f->keys && f->listed != ADMIT_LISTED;
	n = f->nsources + (size_t)f->keys;
	if (f->listed == ADMIT_DENIES)
		d.verdict = IPC_ADMIT_DENIED;
	else if (f->all ? n > 0 && nyes == n : nyes > 0)
		;
	else if (nfails == 0 || (f->all && nno > 0))
		d.verdict = asked_no ? IPC_ADMIT_REFUSED : IPC_ADMIT_UNKNOWN;
	else if (f->all ? nlately == nfails : nlately > 0)
		d.because = ADMIT_BY_LATELY;
	else if (f->fail_open)
		d.because = ADMIT_BY_OPEN;
	else
		d.verdict = IPC_ADMIT_FAILED;
	return (d);
}

/*
 * Look at all ways in which the missing answers from the i-th on can come:
 * *yes and *no are set when one of them admits, or refuses.
 */
static void
complete(struct admit_facts f, size_t i, int *yes, int *no)
{
	static const enum admit_answer answers[] = { N, Y, F };
	size_t j;

	while (i < f.nsources && f.answer[i] != P)
		i++;
	if (i == f.nsources) {
		if (rule(&f).verdict == IPC_ADMIT_YES)
			*yes = 1;
		else
			*no = 1;
		return;
	}
	for (j = 0; j < 3; j++) {
		f.answer[i] = answers[j];
		complete(f, i + 1, yes, no);
	}
}

static void
check(const struct admit_facts *f)
{
	struct admit_decision d = admit_decide(f), want;
	int yes = 0, no = 0, pending = 0;
	size_t i;

	for (i = 0; i < f->nsources; i++)
		pending += f->answer[i] == P;
	complete(*f, 0, &yes, &no);
	if (!d.made) {
		ATF_REQUIRE(yes && no && pending);
		return;
	}
	ATF_REQUIRE(!(yes && no));
	ATF_REQUIRE_EQ(yes, d.verdict == IPC_ADMIT_YES);
	if (pending == 0) {
		want = rule(f);
		ATF_REQUIRE_EQ(want.verdict, d.verdict);
		ATF_REQUIRE_EQ(want.because, d.because);
	}
}

/* Facts number `n' of those with `nsources'; returns 0 behind the last. */
static int
facts(unsigned int n, size_t nsources, struct admit_facts *f)
{
	size_t i;

	memset(f, 0, sizeof(*f));
	f->on = 1;
	f->nsources = nsources;
	f->all = n & 1;
	f->fail_open = n >> 1 & 1;
	f->keys = n >> 2 & 1;
	n >>= 3;
	if (f->keys) {
		f->listed = (enum admit_listed)(n % 3);
		n /= 3;
	}
	for (i = 0; i < nsources; i++, n >>= 3) {
		f->answer[i] = (enum admit_answer)(n & 3);
		f->lately[i] = n >> 2 & 1;
	}
	return (n == 0);
}

ATF_TC_WITHOUT_HEAD(all_of_them);
ATF_TC_BODY(all_of_them, tc)
{
	struct admit_facts f;
	unsigned int n, checked = 0;
	size_t nsources;

	for (nsources = 0; nsources <= 3; nsources++)
		for (n = 0; n < 3U << (3 * nsources + 3); n++)
			if (facts(n, nsources, &f)) {
				check(&f);
				checked++;
			}
	/* 4 without a clients file and 12 with one, times 8 for each source. */
	ATF_CHECK_EQ(16 * (1 + 8 + 64 + 512), checked);
}

/* Each refusal has a line that fits into its message. */
ATF_TC_WITHOUT_HEAD(reasons);
ATF_TC_BODY(reasons, tc)
{
	const char *why;
	int v, w;

	ATF_CHECK_STREQ("", admit_decide_why(IPC_ADMIT_YES));
	for (v = IPC_ADMIT_UNKNOWN; v <= IPC_ADMIT_NO_SECRET; v++) {
		why = admit_decide_why((enum ipc_admit_verdict)v);
		ATF_CHECK(strncmp(why, "not admitted: ", 14) == 0);
		ATF_CHECK_MSG(strlen(why) < IPC_ADMIT_WHYSIZE, "%s", why);
		for (w = IPC_ADMIT_UNKNOWN; w < v; w++)
			ATF_CHECK(strcmp(why, admit_decide_why(
			    (enum ipc_admit_verdict)w)) != 0);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, table);
	ATF_TP_ADD_TC(tp, always);
	ATF_TP_ADD_TC(tp, all_of_them);
	ATF_TP_ADD_TC(tp, reasons);
	return (atf_no_error());
}
