/*
 * inquiries: keys about which sources are being asked, and who waits for that:
 * logins of fronts, and checks of clients that are connected.  Touches memory
 * alone; the caller brings the clock (us, monotonic).
 *
 * There is one inquiry about a key at a time, with a question to each source;
 * others about that key join.  It ends when all sources have answered, or after
 * ADMIT_INQUIRY_US.  An inquiry for which nobody waits any more, because the
 * answers so far decide, keeps the questions that were sent: the answers are
 * worth keeping.
 */
#ifndef INQUIRIES_H
#define INQUIRIES_H

#include <stddef.h>
#include <stdint.h>

#include "decide.h"
#include "admitsource.h"

#define ADMIT_INQUIRIES_MAX	65536
#define ADMIT_INQUIRY_US	6000000	/* verify answers within 5 s */
#define ADMIT_WAITERS_MAX	16384	/* of one origin */

struct admit_inquiries;

/* A login or a check that waits. */
struct admit_waiter {
	unsigned int	 origin;	/* of admitsource.h; that of a relay
					   worker is a check, which a source
					   that fails does not refuse */
	/* of a login, as in MSG_ADMIT_ASK: */
	uint64_t	 cookie;
	uint32_t	 worker;
	uint8_t		 number[IPC_TICKET_NUMBERLEN];
	uint8_t		 addr[IPC_ADDRLEN];
};

/*
 * Call-backs; all must be set.  None may call functions of this header that
 * change something.
 */
struct admit_inquiries_ops {
	/* Send a question.  Returns 0, or -1: the channel is broken. */
	int	(*ask)(void *arg, unsigned int source, uint64_t cookie,
		    const uint8_t *key, const uint8_t *addr);

	/* A source has answered, or failed: keep it. */
	void	(*heard)(void *arg, const uint8_t *key, unsigned int source,
		    enum admit_answer a);

	/* Set all facts about the key; the answers are set afterwards. */
	void	(*facts)(void *arg, const uint8_t *key, struct admit_facts *f);

	/* It is decided what `w' waited for. */
	void	(*decided)(void *arg, const uint8_t *key,
		    const struct admit_waiter *w,
		    const struct admit_decision *d);
};

/*
 * Make the state, without sources.  The caller keeps `ops'; `arg' is passed to
 * its functions.  Returns NULL without memory.
 */
struct admit_inquiries *admit_inquiries_new(
	    const struct admit_inquiries_ops *ops, void *arg);

/* Free it, with all that waits; NULL is allowed. */
void	 admit_inquiries_free(struct admit_inquiries *qs);

/* What came of admit_inquiries_join(). */
enum admit_join {
	ADMIT_JOIN_DECIDED,	/* at once, *d */
	ADMIT_JOIN_WAITS,	/* ops->decided() follows */
	ADMIT_JOIN_BUSY		/* too much waits, or there is no memory */
};

/*
 * Wait for answers about a key.  `answers' are those that are known, of each
 * source; ADMIT_PENDING: ask it.  An inquiry that is under way already is used
 * as it is.
 */
enum admit_join admit_inquiries_join(struct admit_inquiries *qs,
	    const uint8_t key[IPC_KEYLEN], const enum admit_answer *answers,
	    const struct admit_waiter *w, uint64_t now_us,
	    struct admit_decision *d);

/*
 * Source `n' answered the question with this cookie, ADMIT_FAILS with the
 * reason `why'.  An unknown cookie, or one whose inquiry has ended, is
 * ignored.
 */
void	 admit_inquiries_answer(struct admit_inquiries *qs, unsigned int n,
	    uint64_t cookie, enum admit_answer a, const char *why,
	    uint64_t now_us);

/*
 * There is a new channel to source `n', or (`up' 0) no longer one.  What was
 * sent on the old one is asked once more; what is lost a second time fails.
 */
void	 admit_inquiries_channel(struct admit_inquiries *qs, unsigned int n,
	    int up, uint64_t now_us);

/* End inquiries that are too old. */
void	 admit_inquiries_turn(struct admit_inquiries *qs, uint64_t now_us);

/* Facts about keys have changed, not the sources: decide what can be. */
void	 admit_inquiries_again(struct admit_inquiries *qs);

/* An origin has no channel any more: nothing of it waits. */
void	 admit_inquiries_forget(struct admit_inquiries *qs,
	    unsigned int origin);

/* A source to be. */
struct admit_source_name {
	enum ipc_verify_kind kind;
	char		*name;
};

/*
 * Replace the sources by these `n', at most IPC_MAXVERIFY, without channels.
 * All inquiries end; each that waited is given to `again', which may join once
 * more.  Returns 0, or -1 without memory: nothing has changed.
 */
int	 admit_inquiries_sources(struct admit_inquiries *qs,
	    const struct admit_source_name *names, size_t n,
	    void (*again)(void *arg, const uint8_t *key,
	    const struct admit_waiter *w));

/* Number of sources, and one of them (below that). */
size_t	 admit_inquiries_nsources(const struct admit_inquiries *qs);
const struct admit_source *admit_inquiries_source(
	    const struct admit_inquiries *qs, size_t n);

/* Number of inquiries. */
size_t	 admit_inquiries_count(const struct admit_inquiries *qs);

#endif
