/*
 * bridgetalk: the payloads that derpbridged sends to derpctl; see CTL_BRIDGE in
 * messages.def.
 *
 * The answer comes as several texts (CTL_TEXT), which make one document when
 * they are put together: {"daemon":{...},"worker":{...}}.  "daemon" is of the
 * parent:
 * {"version":s,"uptime":seconds,"config":s,"dry_run":b,
 *  "map":{"source":s,"bytes":n,"error":s},
 *  "processes":[{"role":s,"pid":n,"ready":b,"sandbox":s,"restarts":n,
 *                "uptime":seconds}]};
 * "worker" is of the worker (workerstatus.h), which talks to relays: derpctl
 * believes nothing of its form.  Without a worker it has no interfaces.
 */
#ifndef BRIDGETALK_H
#define BRIDGETALK_H

#define BRIDGE_STATUS_BEGIN	"{\"daemon\":"
#define BRIDGE_STATUS_MIDDLE	",\"worker\":"
#define BRIDGE_STATUS_NONE	"{\"interfaces\":[]}"
#define BRIDGE_STATUS_END	"}"

#endif
