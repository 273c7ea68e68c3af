/*
 * mesh: the process that logs in at another node of the region (derp(7),
 * section 4) and gives each connection to a relay worker, which it tells when
 * the connection has ended.
 */
#ifndef MESH_H
#define MESH_H

/* Run the process; begins with ipc_child_init(), never returns. */
void	mesh_main(void) __attribute__((noreturn));

#endif
