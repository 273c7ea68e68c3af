/*
 * advice: what an operator can do about an error of the system.  Pure.
 */
#ifndef ADVICE_H
#define ADVICE_H

/*
 * What to do about `error' (errno): "; ..." to be put behind strerror(3), or ""
 * where there is nothing to say.  Static.  The first is for limits and full
 * resources, whatever the call was; lib/base/log.c adds it to every message.
 * The
 * second is for calls that were given a path.
 */
const char *base_advice_limit(int error);
const char *base_advice_path(int error);

#endif
