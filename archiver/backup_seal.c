#include "archiver/backup_seal.h"

#include <stdlib.h>
#include <string.h>

int backup_seal_read(struct copy *c) {
	return store_packs(c->app->store, &c->packs, &c->pack_count, c->err);
}

static const struct store_pack *sealed_pack(const struct copy *c, const char *name) {
	unsigned number;
	if (sscanf(name, "packs/%u.tar", &number) != 1) return NULL;
	for (size_t i = 0; i < c->pack_count; i++)
		if (c->packs[i].pack == number && c->packs[i].sealed) return &c->packs[i];
	return NULL;
}

bool backup_seal_of(const struct copy *c, const char *name, char seal[static SHA256_HEX]) {
	const struct store_pack *pack = sealed_pack(c, name);
	if (pack) hex_encode(pack->digest, SHA256_SIZE, seal);
	return pack != NULL;
}

static int source_is_damaged(struct copy *c, const char *name, const char *hex, const char *seal) {
	return error_set(c->err, ERROR_DAMAGED,
	                 "%s/%s: read as sha256 %s, but it was sealed as %s: the archive's pack is damaged; this backup does not count, and nothing "
	                 "older was let go: ltvault repair, then the backup again",
	                 c->archive.path, name, hex, seal);
}

int backup_seal_check_read(struct copy *c, const char *name, const char *hex, uint64_t before) {
	char seal[SHA256_HEX];
	struct error cut = {0};
	if (!backup_seal_of(c, name, seal) || !strcmp(seal, hex)) return 0;
	if (!c->recipients && (before ? place_truncate(&c->place, name, before, &cut) : place_remove(&c->place, name, false, &cut))) {
		source_is_damaged(c, name, hex, seal);
		return error_prefix(c->err, "%s (which could not be taken back)", cut.text);
	}
	return source_is_damaged(c, name, hex, seal);
}

struct accepted {
	struct store *store;
	uint32_t pack;
	bool found;
};

static int is_in_pack(void *user, const char *name, const char *value) {
	struct accepted *a = user;
	struct object_id id;
	struct object_info info;
	(void)value;
	if (object_id_parse(name + strlen(LOSS_PREFIX), &id) && store_object_info(a->store, &id, &info, NULL) && info.pack == a->pack) a->found = true;
	return a->found;
}

/* A pack with an accepted loss was sealed again over other bytes; a medium from before may have what was lost. */
static bool loss_was_accepted(struct copy *c, const char *name) {
	const struct store_pack *pack = sealed_pack(c, name);
	struct accepted a = {.store = c->app->store, .pack = pack ? pack->pack : 0};
	store_each_value(a.store, LOSS_PREFIX, is_in_pack, &a, NULL);
	return a.found;
}

int backup_seal_check_kept(struct copy *c, const char *name, const char *hex) {
	char seal[SHA256_HEX], here[SHA256_HEX];
	uint64_t size;
	if (!backup_seal_of(c, name, seal) || !strcmp(seal, hex)) return 0;
	if (medium_digest(&c->archive, name, NULL, here, &size, c->err)) return -1;
	if (strcmp(here, seal)) return source_is_damaged(c, name, here, seal);
	if (loss_was_accepted(c, name)) return 0;
	return error_set(c->err, ERROR_DAMAGED, "%s/%s: the medium has sha256 %s, but the pack was sealed as %s: the medium does not hold the archive's pack",
	                 c->place.path, name, hex, seal);
}
