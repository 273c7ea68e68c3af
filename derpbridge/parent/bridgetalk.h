/*
 * bridgetalk: the payloads that derpbridged sends to derpctl; see CTL_BRIDGE in
 * messages.def.
 *
 * The answer comes as several texts (CTL_TEXT), which make one document when
 * they are put together: JSON, {"daemon":{...},"worker":{...}}, or metrics as
 * Prometheus text.  "daemon" is of the parent:
 * {"version":s,"uptime":seconds,"config":s,"dry_run":b,
 *  "map":{"source":s,"bytes":n,"error":s},
 *  "processes":[{"role":s,"pid":n,"ready":b,"sandbox":s,"restarts":n,
 *                "uptime":seconds}]};
 * "worker", and the metrics, are of the worker, which talks to relays: derpctl
 * believes nothing of their form.
 */
#ifndef BRIDGETALK_H
#define BRIDGETALK_H

#define BRIDGE_STATUS_BEGIN	"{\"daemon\":"
#define BRIDGE_STATUS_MIDDLE	",\"worker\":"
#define BRIDGE_STATUS_END	"}"

#endif
