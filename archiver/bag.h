/* BagIt 1.0 (RFC 8493): payload below data/, manifests with SHA-256 and SHA-512, tag files and their manifests.
 *
 * Manifest lines go to temporary files while the payload goes by, so memory does not grow with the bag. Paths are
 * chosen so that manifests need no encoding (bag_safe_name): `sha256sum -c manifest-sha256.txt` works as it stands. */
#ifndef LTVAULT_ARCHIVER_BAG_H
#define LTVAULT_ARCHIVER_BAG_H

#include "archiver/bag_package.h"

struct bag;
struct bag *bag_open(const char *out, enum package_format format, utime when, struct error *err);
/* A payload file of known size; `path` is without "data/". Then bag_data and bag_end. */
int bag_begin(struct bag *bag, const char *path, uint64_t size, struct error *err);
int bag_data(struct bag *bag, const void *data, size_t len, struct error *err);
int bag_end(struct bag *bag, struct error *err);
/* The three for bytes at hand. */
int bag_add(struct bag *bag, const char *path, const void *data, size_t len, struct error *err);
/* A tag file beside data/. */
int bag_add_tag(struct bag *bag, const char *path, const char *text, struct error *err);
/* A line of bag-info.txt; line breaks in the value become spaces. */
void bag_info(struct bag *bag, const char *label, const char *value);
uint64_t bag_files(const struct bag *bag); /* payload files so far */
uint64_t bag_bytes(const struct bag *bag);
/* Writes bagit.txt, bag-info.txt (with Bagging-Date and Payload-Oxum) and all manifests, then makes the package whole.
 * `seal` is the SHA-256 of tagmanifest-sha256.txt, which stands for everything in the bag. Frees the bag. */
int bag_commit(struct bag *bag, unsigned char seal[static 32], struct error *err);
void bag_abort(struct bag *bag); /* NULL-safe */

/* A file name that means no harm on any system and needs no encoding in a manifest: composed (NFC); control
 * characters, what file systems or shells take for something else, invalid UTF-8, '%', '=' and leading dots become =XX;
 * device names get a '_' before them; at most 150 bytes, the suffix kept. Owned by the caller. */
char *bag_safe_name(const char *name);

#endif
