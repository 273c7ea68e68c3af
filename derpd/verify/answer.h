/*
 * answer: what the response of a source says about a client.  Pure.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stddef.h>

#include "httpreader.h"
#include "msg.h"

/*
 * Largest bodies, bytes.  That of tailscaled describes the whole node, with the
 * capabilities of its tailnet.
 */
#define VERIFY_MAX_BODY		(64 * 1024)
#define VERIFY_MAX_WHOIS	(1024 * 1024)

/*
 * Judge the complete response in `r' of a source of this kind.  Stores the
 * reason in `why' of `size' bytes, one line: of IPC_VERIFY_FAILED, and of an
 * IPC_VERIFY_NO by the status alone; else "".
 *
 * An admission controller admits by status 200 with {"Allow":true}, and refuses
 * with false or without Allow, as to derper (tailscale.com/derp/derpserver,
 * verifyClient).  derper refuses a client for any other status.  Here a status
 * of 400 to 499 refuses it; other ones, and those that are about the server or
 * the moment (407, 408, 421, 425, 429), are failures of the source, which do
 * not disconnect clients that were admitted.  A redirect is a failure: the
 * question goes to nobody but the configured server.
 *
 * tailscaled knows the client by 200, and does not by 404.
 */
enum ipc_verify_answer verify_answer_of(enum ipc_verify_kind kind,
	    const struct net_http_reader *r, char *why, size_t size);

#endif
