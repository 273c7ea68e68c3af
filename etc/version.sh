#!/bin/sh
# version: print the version of the suite, which is in lib/base/about.h.
cd "$(dirname "$0")/.." &&
    sed -n 's/^#define BASE_VERSION[[:space:]]*"\(.*\)"/\1/p' lib/base/about.h
