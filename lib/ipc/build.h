/*
 * build: which build a program is of.  A parent and children of different
 * builds do not understand each other: the first message carries the build.
 * derpctl and derpd tell each other theirs, too (MSG_CTL_HELLO), and talk
 * nevertheless.
 */
#ifndef BUILD_H
#define BUILD_H

/* Name of this build, a static word; the same in all programs of one build. */
const char	*ipc_build_id(void);

#endif
