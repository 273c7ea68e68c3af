/*
 * advice: see advice.h.  Called by log.c and by callers that open files.
 */
#include <errno.h>

#include "advice.h"

const char *
base_advice_limit(int error)
{
	switch (error) {
	case EMFILE:
		return ("; raise the limit of open files (LimitNOFILE= in the "
		    "unit, ulimit -n)");
	case ENFILE:
		return ("; raise the system's limit of open files (sysctl "
		    "fs.file-max or kern.maxfiles)");
	case ENOMEM:
	case ENOBUFS:
		return ("; give the service more memory (MemoryMax= in the "
		    "unit)");
	case ENOSPC:
	case EDQUOT:
		return ("; make room on the file system");
	case EROFS:
		return ("; the file system must be writable (ReadWritePaths= "
		    "in the unit)");
	default:
		return ("");
	}
}

const char *
base_advice_path(int error)
{
	switch (error) {
	case ENOENT:
		return ("; create it, or correct the path");
	case EACCES:
		return ("; check the owner and mode of it and of the "
		    "directories above it");
	case ENOTDIR:
		return ("; a part of the path is a file where a directory was "
		    "expected");
	case ELOOP:
		return ("; too many symbolic links, or one where none is "
		    "allowed");
	default:
		return ("");
	}
}
