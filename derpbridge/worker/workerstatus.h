/*
 * workerstatus: what derpctl(8) shows of the bridge, as one JSON object:
 *
 * {"dry_run":b,"regions":n,"nodes":n,"interfaces":[
 *   {"name":s,"up":b,"why":s,"key":s,"listen_port":n,"udp_port":n,
 *    "policy":"rendezvous"|"nearest"|"region","region":n,"drops":{REASON:n},
 *    "peers":[{"key":s,"name":s,"served":b,"local":s,"endpoint":s,
 *      "path":"direct"|"relayed"|"trying","reason":s,"since":seconds,
 *      "switches":n,"region":n,"relay":s,"handshake":seconds or -1,
 *      "rx_bytes":n,"tx_bytes":n,"rx_rate":n,"tx_rate":n,
 *      "relay_rx_packets":n,"relay_rx_bytes":n,
 *      "relay_tx_packets":n,"relay_tx_bytes":n,"drops":{REASON:n}}],
 *    "relays":[{"name":s,"region":n,"code":s,"host":s,
 *      "state":"idle"|"connecting"|"up"|"waiting","why":s,"where":s,
 *      "since":seconds,"again":seconds,"peers":n,"leaving":b,"health":s,
 *      "rx_packets":n,"rx_bytes":n,"rx_ignored":n,"tx_packets":n,
 *      "tx_bytes":n,"dropped_full":n,"dropped_late":n,
 *      "dropped_memory":n}]}]}
 *
 * Keys are base64 as wg(8) writes them, "since", "again" and "handshake" are
 * ages or waits, rates are bytes a second; reasons of drops are those of
 * drops.def that are not 0.
 */
#ifndef WORKERSTATUS_H
#define WORKERSTATUS_H

#include <stdint.h>

struct worker;

/* Answer the parent's query with this number. */
void	 worker_status_send(struct worker *w, uint32_t request);

#endif
