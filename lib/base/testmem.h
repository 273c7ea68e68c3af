/*
 * testmem: memory of this process, for tests that bound it.
 */
#ifndef TESTMEM_H
#define TESTMEM_H

#include <stddef.h>
#include <stdio.h>

/* Bytes of resident memory, 0 unknown. */
static inline size_t
base_test_resident(void)
{
	unsigned long long n = 0;
	char line[256];
	FILE *f;

	if ((f = fopen("/proc/self/status", "r")) == NULL)
		return (0);
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "VmRSS: %llu kB", &n) == 1)
			break;
	fclose(f);
	return ((size_t)n * 1024);
}

#endif
