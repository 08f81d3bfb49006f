/* What the kernel says of the file system that a medium is on. */
#ifndef LTVAULT_ARCHIVER_MEDIUM_DEVICE_H
#define LTVAULT_ARCHIVER_MEDIUM_DEVICE_H

#include "archiver/medium_place.h"

#define MEDIUM_UUID_MAX 64

struct medium_device {
	char uuid[MEDIUM_UUID_MAX];   /* as blkid(8) prints it; "" where the file system has none or it cannot be learnt */
	uint64_t capacity, available; /* bytes */
	uint64_t block;               /* bytes that a file takes at least */
};
int medium_device(const struct medium_place *place, struct medium_device *device, struct error *err);

#endif
