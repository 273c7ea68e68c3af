/*
 * keys: the process that holds every private key, and the two ways into it.
 *
 * keys.c          the process: channels, dispatch
 * keys_file.c     reads and makes key files on descriptors that it is given
 * keys_sign.c     signs for TLS
 * keys_box.c      opens and seals login boxes, finds the mesh key
 * keys_cert.c     self-signed and meta certificates
 */
#ifndef KEYS_H
#define KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "msg.h"

/* The keys process; starts with child_init(), never returns. */
void	keys_main(void) __attribute__((noreturn));

#endif
