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
 *  "drain":{"since":s,"clients":n,"seconds":n},
 *  "processes":[{"role":s,"worker":n,"pid":n,"sandbox":s,"restarts":n,
 *                "uptime":seconds}],
 *  "listen":[s], "certificates":[{"names":[s],"not_after":s,"pin":s,
 *  "days_left":n}], "warnings":[s],
 *  "faults":[{"name":s,"title":s,"what":s,"why":s,"cure":s}],
 *  "stun":{"listen":[s],"always":b,"answering":b,"why":s,"answered":n,
 *  "silent":n},
 *  "admission":{"on":b,"line":s,"files":[{"kind":"keys"|"names","path":s,
 *  "since":s}],"error":s,"admit":{the summary of MSG_ADMIT_STATUS}},
 *  "mesh":[{see below}],
 *  "maps":[{"path":s,"source":s,"state":s,"error":s}],
 *  "bootstrap_dns":[{"name":s,"published":b,"addresses":[s],"resolved":time,
 *  "error":s}]}; the last five only where they are served, "admit" once admit
 * has said something, "drain" in a drain, and "resolved" once that name was.
 * "error" is why changed files of admission are not in force, "" if they are.
 * For MSG_CTL_HEALTH: {"reasons":[s],"warnings":[s],"ok":b}, see
 * parent_wellness_put(); a warning does not make it unwell.
 * For MSG_CTL_MESH: {"mesh":[{"node":n,"name":s,"host":s,"port":n,
 *  "state":"starting"|"dialing"|"up"|"down"|"this node","age":seconds,
 *  "since":s,"address":s,"server_key":s,"keys":n,"packets":n,"bytes":n,
 *  "drops":n,"links":n,"error":s}]}: keys that are connected there, packets
 * to them, how often the link came up, and the last error.
 * For MSG_CTL_GROUPS: objects of admit, a line each; see MSG_ADMIT_QUERY.
 * For MSG_CTL_NODE: the map node as JSON.
 * For MSG_CTL_CERT: {"certificates":[{"names":[s],"issuer":s,"source":s,
 *  "kind":"file"|"self-signed"|"acme"|"temporary","not_before":s,"not_after":s,
 *  "days_left":n,"pin":s,"self_signed":b,"old_pin":s,"serves":[s],
 *  "default":b,"warnings":[s],"renewal":s,"trying_since":s,"next_try":s,
 *  "challenge":"http"|"tls-alpn","stun_silent":b,"error":s}]}; times as
 *  "2026-01-31T12:00:00Z", "" where there is none; "serves" has the host names
 *  whose clients get this one, and "default" is true for the one that clients
 *  without a name get.  Four of them, from "trying_since" on, only for a
 *  certificate of the acme section.
 * For MSG_CTL_MAP, ages in seconds, hashes in hexadecimal digits or "":
 * {"maps":[{"path":s,"hosts":[s],"source":s,"state":"good"|"last good"|"none",
 *  "hash":s,"bytes":n,"age":n,"since":s,"checked":n,"error":s,"warnings":[s],
 *  "summary":{see map_summary()},"compare":[{"url":s,
 *  "state":"same"|"drift"|"unknown","hash":s,"error":s,"checked":n}]}]}.
 */

#endif
