/*
 * advice: what an operator can do about a system error.  Pure.
 */
#ifndef ADVICE_H
#define ADVICE_H

/*
 * Advice for `error' (errno): "; ..." to be appended to strerror(3), or "" when
 * there is none.  Static.  The first function covers limits and exhausted
 * resources, for any call; lib/base/log.c appends it to every message.  The
 * second covers calls with a path.
 */
const char *base_advice_limit(int error);
const char *base_advice_path(int error);

#endif
