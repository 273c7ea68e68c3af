/*
 * size: numbers of bytes as people write them.  Pure.
 */
#ifndef SIZE_H
#define SIZE_H

#include <stdint.h>

/*
 * The bytes of "65536", "64K", "1M", "2G" or "3T", with small or capital
 * letters; a K is 1024 bytes.  Returns -1 when the text is malformed or the
 * number exceeds INT64_MAX.
 */
int64_t	 base_size(const char *text);

#endif
