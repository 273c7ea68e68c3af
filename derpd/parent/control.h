/*
 * control: the payloads that derpd sends to derpctl; see MSG_CTL_* in
 * messages.def.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include <stdint.h>

#include "codec.h"

/*
 * MSG_CTL_TEXT payloads.  For MSG_CTL_STATUS: one JSON object
 * {"version":s,"uptime":seconds,"pid":n,"config":s,"nodekey":s,
 *  "processes":[{"role":s,"worker":n,"pid":n,"sandbox":s,"restarts":n,
 *                "uptime":seconds}],
 *  "listen":[s], "certificates":[{"names":[s],"not_after":s,"pin":s,
 *  "days_left":n}],
 *  "stun":{"listen":[s],"always":b,"answering":b,"why":s,"answered":n,
 *  "silent":n},
 *  "maps":[{"path":s,"source":s,"state":s,"error":s}]}; the last two only
 * where they are served.
 * For MSG_CTL_NODE: the map node as JSON.
 * For MSG_CTL_CERT: {"certificates":[{"names":[s],"issuer":s,"source":s,
 *  "kind":"file"|"self-signed"|"acme"|"temporary","not_before":s,"not_after":s,
 *  "days_left":n,"pin":s,"renewal":s,"next_try":s,"error":s}]}; times as
 *  "2026-01-31T12:00:00Z", "" where there is none.
 * For MSG_CTL_MAP, ages in seconds, hashes in hexadecimal digits or "":
 * {"maps":[{"path":s,"hosts":[s],"source":s,"state":"good"|"last good"|"none",
 *  "hash":s,"bytes":n,"age":n,"since":s,"checked":n,"error":s,"warnings":[s],
 *  "summary":{see map_summary()},"compare":[{"url":s,
 *  "state":"same"|"drift"|"unknown","hash":s,"error":s,"checked":n}]}]}.
 */

#endif
