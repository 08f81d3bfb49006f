#include "archiver/medium_device.h"

#include "base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* FS_IOC_GETFSUUID of Linux 6.9, under our own names: the headers here may be older than the kernel. */
struct own_uuid {
	unsigned char len, uuid[16];
};
#define OWN_IOC_GETFSUUID _IOR(0x15, 0, struct own_uuid)

static bool from_kernel(int dir, char *text) {
	struct own_uuid u = {0};
	if (ioctl(dir, OWN_IOC_GETFSUUID, &u) || u.len != sizeof u.uuid) return false;
	for (size_t i = 0; i < sizeof u.uuid; i++)
		text += sprintf(text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", u.uuid[i]);
	return true;
}

/* The links that udev makes; they also know file systems without a UUID of 16 bytes (FAT, exFAT, ISO 9660). */
static void from_links(dev_t device, char *text) {
	static const char folder[] = "/dev/disk/by-uuid";
	DIR *dir = opendir(folder);
	if (!dir) return;
	for (struct dirent *entry; (entry = readdir(dir));) {
		struct stat st;
		if (*entry->d_name == '.' || strlen(entry->d_name) >= MEDIUM_UUID_MAX || fstatat(dirfd(dir), entry->d_name, &st, 0)) continue;
		if (!S_ISBLK(st.st_mode) || st.st_rdev != device) continue;
		snprintf(text, MEDIUM_UUID_MAX, "%s", entry->d_name);
		break;
	}
	closedir(dir);
}

int medium_device(const struct medium_place *place, struct medium_device *device, struct error *err) {
	struct statvfs fs;
	*device = (struct medium_device){0};
	if (fstatvfs(place->dir, &fs)) return error_errno(err, "%s", place->path);
	device->capacity = (uint64_t)fs.f_blocks * fs.f_frsize;
	device->available = (uint64_t)fs.f_bavail * fs.f_frsize;
	device->block = fs.f_frsize;
	if (!from_kernel(place->dir, device->uuid)) from_links(place->device, device->uuid);
	return 0;
}
