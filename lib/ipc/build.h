/*
 * build: the build id of a program.  The parent and children of different
 * builds are incompatible, so the first message carries the id.  derpctl and
 * derpd exchange their ids, too (MSG_CTL_HELLO), and remain compatible.
 */
#ifndef BUILD_H
#define BUILD_H

/* Id of this build, a static word; the same in all programs of one build. */
const char	*ipc_build_id(void);

#endif
