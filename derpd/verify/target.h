/*
 * target: the source that this process asks, from its settings: what is
 * requested, and how its server is verified.
 */
#ifndef TARGET_H
#define TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <tls.h>

#include "cas.h"
#include "messages.h"
#include "reach.h"
#include "url.h"

#define VERIFY_REQUESTSIZE	2560	/* room for a request */

struct verify_target {
	enum ipc_verify_kind kind;
	int		 cleartext;	/* http to another machine is fine */
	char		 name[IPC_URLSIZE];	/* URL, or path of the socket */
	struct net_cas	 cas;
	struct net_url	 url;		/* of IPC_VERIFY_URL */
	struct tls_config *tls;		/* NULL: without TLS */
	char		 why[IPC_WHYSIZE];	/* why it can't be asked; "":
						   it can */
};

/*
 * Set a target that is all zeros.  Returns 0, or -1 when the settings are
 * invalid: a name that is neither an https URL, nor an http URL of this machine
 * (of any machine with v->cleartext); or a path that is not absolute or too
 * long for a socket.
 */
int	 verify_target_set(struct verify_target *t,
	    const struct ipc_verify_source *v);

/*
 * Returns 1 when `v' are the settings of `t', and the CA file has the contents
 * that were read, else 0.
 */
int	 verify_target_is(const struct verify_target *t,
	    const struct ipc_verify_source *v);

/*
 * Before confinement: read the CA file and prepare TLS; a failure is kept in
 * t->why.  Returns what the sandbox must permit, in *r or static; NULL when out
 * of memory.
 */
const struct sandbox_net *verify_target_reach(struct verify_target *t,
	    struct net_reach *r);

/*
 * Write the request about the client `key' with the address `addr' (IPv6 or
 * IPv4-mapped) to `buf' of VERIFY_REQUESTSIZE bytes: the POST of an admission
 * controller (derp(7); tailcfg.DERPAdmitClientRequest), or the GET of
 * tailscaled's local API.  Returns its bytes.
 */
size_t	 verify_target_request(const struct verify_target *t,
	    const uint8_t key[IPC_KEYLEN], const uint8_t addr[IPC_ADDRLEN],
	    char *buf);

/* Free what the target holds. */
void	 verify_target_free(struct verify_target *t);

#endif
