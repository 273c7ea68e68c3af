/*
 * devices: netlink's channel: interfaces, their peers, and polls.
 */
#ifndef DEVICES_H
#define DEVICES_H

struct ipc_chan;
struct ipc_msg;
struct worker;

/*
 * Use the socket `fd' as the channel to netlink, in place of an older one.  All
 * that netlink said before is stale until it says so again.  Exits with a
 * message on failure.
 */
void	 worker_devices_open(struct worker *w, int fd);

#endif
