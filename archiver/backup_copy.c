#include "archiver/backup_copy.h"

#include "archiver/archive_key.h"
#include "archiver/backup_envelope.h"
#include "archiver/backup_protect.h"
#include "archiver/backup_room.h"
#include "archiver/backup_seal.h"
#include "archiver/medium_identity.h"
#include "archiver/medium_signed.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What stands on a medium besides packs and journal, in the order of writing: the catalogue comes after what it names. */
static const char *const trees[] = {"packs", "journal"};

/* Lists a file that is on the medium as it should be. */
static void listed(struct copy *c, const char *name, uint64_t size, const char *hex) {
	medium_sums_add(&c->sums, name, hex);
	generation_add(&c->generation, name, size, hex);
}

/* Reads a file back from the medium; it must be what the archive had. */
static int read_back(struct copy *c, const char *name, const char *expected) {
	char there[SHA256_HEX];
	uint64_t size;
	if (medium_digest(&c->place, name, &c->watch, there, &size, c->err)) return -1;
	c->result->checked_bytes += size;
	if (strcmp(expected, there))
		return error_set(c->err, ERROR_DAMAGED, "%s/%s: read back as sha256 %s, but the archive has %s", c->place.path, name, there, expected);
	listed(c, name, size, there);
	return 0;
}

/* The digest that the medium's file had when the archive signed for it, at this length; NULL where that is not known. */
static const char *digest_there(const struct copy *c, const char *name, uint64_t size) {
	const struct generation_file *old = c->interrupted ? generation_find(&c->prior, name) : NULL;
	if (c->interrupted) return old && old->size == size ? old->hex : NULL;
	return medium_sums_get(&c->before, name);
}

/* A file that only grows. What did not, and was read back when it was written, is read again in a full backup only. */
static int copy_growing(struct copy *c, const char *name) {
	struct medium_copied copied;
	uint64_t here, there = 0;
	bool has = place_has(&c->place, name);
	if (c->recipients) return envelope_copy_growing(c, name);
	if (medium_size(&c->archive, name, &here, c->err) || (has && medium_size(&c->place, name, &there, c->err))) return -1;
	const char *known = has && here == there ? digest_there(c, name, there) : NULL;
	if (known && backup_seal_check_kept(c, name, known)) return -1;
	if (known && (c->full || c->interrupted)) return read_back(c, name, known);
	if (known) return listed(c, name, here, known), 0;
	if (medium_append(&c->archive, name, &c->place, &c->watch, &copied, c->err) || backup_seal_check_read(c, name, copied.hex, there)) return -1;
	c->result->files += copied.written > 0;
	c->result->bytes += copied.written;
	return read_back(c, name, copied.hex);
}

static int copy_small(struct copy *c, const char *name) {
	struct medium_copied copied;
	if (c->recipients) return envelope_copy_small(c, name);
	if (medium_replace(&c->archive, name, &c->place, name, &c->watch, &copied, c->err)) return -1;
	return read_back(c, name, copied.hex);
}

static int copy_tree(struct copy *c, const char *tree, int (*one)(struct copy *, const char *)) {
	char **names;
	size_t count;
	if (place_make_folder(&c->place, tree, c->err) || place_list(&c->archive, tree, BACKUP_NAMES_MAX, &names, &count, c->err)) return -1;
	for (size_t i = 0; i < count && !c->err->code; i++) {
		char *name = xasprintf("%s/%s", tree, names[i]);
		one(c, name);
		free(name);
	}
	place_names_free(names, count);
	return c->err->code ? -1 : place_sync_folder(&c->place, tree, c->err);
}

/* The snapshot of the generation before goes to that generation: it is moved, and costs nothing. What a backup that was cut off left
 * belongs to none (NULL). */
static char *kept_catalogue(const struct copy *c) {
	const json_t *newest = medium_newest(c->medium);
	uint64_t number = newest ? (uint64_t)json_integer_value(json_object_get(newest, "number")) : 0;
	if (!number || number + 1 != c->generation.number || c->interrupted) return NULL;
	return generation_path(number, GENERATION_CATALOGUE);
}

static int keep_catalogue(struct copy *c, const char *name, const char *kept) {
	return kept && place_has(&c->place, name) ? place_rename(&c->place, name, kept, c->err) : 0;
}

/* A consistent snapshot, read back by comparing what was written with what the medium gives. */
static int copy_catalogue(struct copy *c) {
	static const char name[] = "catalogue/data.mdb", snapshot[] = "work/snapshot.mdb";
	static const char next[] = "catalogue/next.mdb";
	struct medium_copied copied;
	char *local = app_path(c->app, snapshot), *kept = kept_catalogue(c);
	unlink(local);
	if (place_make_folder(&c->place, "catalogue", c->err) || store_snapshot_catalogue(c->app->store, local, c->err)) goto out;
	if (c->recipients) envelope_copy_catalogue(c, snapshot, kept);
	else if (!medium_replace(&c->archive, snapshot, &c->place, next, &c->watch, &copied, c->err) && !keep_catalogue(c, name, kept) &&
	         !place_rename(&c->place, next, name, c->err) && !read_back(c, name, copied.hex))
		place_sync_folder(&c->place, "catalogue", c->err);
out:
	unlink(local);
	free(local);
	free(kept);
	return c->err->code ? -1 : 0;
}

/* Before anything is written: a medium that a restored or older copy of this archive wrote to has a journal of its own, and
 * ours appended to it would be neither. */
static int check_journal(struct copy *c) {
	char **names;
	size_t count;
	if (c->recipients) return envelope_check_journal(c);
	if (place_list(&c->place, "journal", BACKUP_NAMES_MAX, &names, &count, c->err)) return -1;
	for (size_t i = 0; i < count; i++) {
		char *name = xasprintf("journal/%s", names[i]);
		if (!c->err->code) medium_check_beginning(&c->archive, name, &c->place, c->err);
		free(name);
	}
	place_names_free(names, count);
	return c->err->code ? -1 : 0;
}

int backup_check_source(struct copy *c) {
	const json_t *newest = medium_newest(c->medium);
	uint64_t before = newest ? (uint64_t)json_integer_value(json_object_get(newest, "events")) : 0;
	if (c->totals.events < before)
		return error_set(c->err, ERROR_DAMAGED,
		                 "%s: the journal has %llu events, and had %llu when it was last written to %s: an older state of the archive; nothing "
		                 "was written",
		                 c->archive.path, (unsigned long long)c->totals.events, (unsigned long long)before, c->medium->row.label);
	if (c->recipients && envelope_read_prior(c)) return -1;
	return check_journal(c) || backup_check_room(c) ? -1 : 0;
}

/* Digests of an earlier backup count only when this archive signed them and no later one was cut off, which made files longer
 * than they are listed; else everything is read again. */
static int read_sums(struct copy *c) {
	char *text;
	size_t len;
	if (c->recipients || c->interrupted) return 0;
	if (medium_read_signed(c->app, &c->place, MEDIUM_SUMS, MEDIUM_SUMS ".sig", &text, &len, c->err) == 1)
		medium_sums_parse(&c->before, text, len, MEDIUM_SUMS, c->err);
	free(text);
	return c->err->code ? -1 : 0;
}

/* The signature after what it signs: a list whose signature is not yet the new one is no list, and everything is read again. */
static int write_signed(struct copy *c, const char *name, const char *signature_name, const char *text, size_t len) {
	unsigned char signature[ARCHIVE_SIGNATURE_BYTES];
	return archive_key_sign(c->app, text, len, signature, c->err) || place_write(&c->place, name, text, len, c->err) ||
			       place_write(&c->place, signature_name, signature, sizeof signature, c->err)
		       ? -1
		       : 0;
}

static int write_manifest(struct copy *c) {
	struct generation *g = &c->generation;
	char *folder = generation_path(g->number, ""), *name = generation_path(g->number, "manifest.json");
	char *signature = generation_path(g->number, "manifest.sig"), *manifest = generation_text(g);
	if (!place_make_folder(&c->place, MEDIUM_GENERATIONS, c->err) && !place_make_folder(&c->place, folder, c->err) &&
	    !write_signed(c, name, signature, manifest, strlen(manifest)) && !place_sync_folder(&c->place, folder, c->err))
		place_sync_folder(&c->place, MEDIUM_GENERATIONS, c->err);
	free(folder);
	free(name);
	free(signature);
	free(manifest);
	return c->err->code ? -1 : 0;
}

static int write_sums(struct copy *c, const struct buf *sums) {
	return write_signed(c, MEDIUM_SUMS, MEDIUM_SUMS ".sig", buf_text(sums), sums->len);
}

/* On an encrypted medium the manifest comes first and names the list: what it says of plain bytes is found nowhere else
 * (envelope_read_prior). */
static int write_lists(struct copy *c) {
	struct buf sums = {0};
	unsigned char sum[SHA256_SIZE];
	char hex[SHA256_HEX];
	medium_sums_text(&c->sums, &sums);
	sha256_bytes(sums.data, sums.len, sum);
	if (c->recipients) c->generation.sums = xstrdup(hex_encode(sum, sizeof sum, hex));
	int rc = c->recipients ? write_manifest(c) || write_sums(c, &sums) : write_sums(c, &sums) || write_manifest(c);
	if (!rc && !place_sync_folder(&c->place, "", c->err) && c->recipients) envelope_finish(c);
	buf_dispose(&sums);
	return c->err->code ? -1 : 0;
}

/* A restored archive has a key of its own: the label that was identified is signed again, so that one key speaks for all. */
static int refresh_key(struct copy *c) {
	unsigned char signature[ARCHIVE_SIGNATURE_BYTES];
	char *there = NULL, *label = NULL;
	size_t len = 0, label_len = 0;
	if (place_has(&c->place, MEDIUM_KEY)) place_read(&c->place, MEDIUM_KEY, LIMIT_LABEL_BYTES, &there, &len, c->err);
	bool same = there && !strcmp(there, c->pem);
	free(there);
	if (same || c->err->code) return c->err->code ? -1 : 0;
	if (!place_read(&c->place, MEDIUM_LABEL, LIMIT_LABEL_BYTES, &label, &label_len, c->err) &&
	    !archive_key_sign(c->app, label, label_len, signature, c->err) &&
	    !place_write(&c->place, MEDIUM_LABEL_SIGNATURE, signature, sizeof signature, c->err))
		place_write(&c->place, MEDIUM_KEY, c->pem, strlen(c->pem), c->err);
	free(label);
	return c->err->code ? -1 : 0;
}

static int begin_generation(struct copy *c) {
	struct generation *g = &c->generation;
	memcpy(g->archive_id, c->totals.archive_id, sizeof g->archive_id);
	memcpy(g->medium_id, c->medium->row.id, sizeof g->medium_id);
	memcpy(g->journal_head, c->totals.journal_head, sizeof g->journal_head);
	/* What a run that died before the ledger was written left behind keeps its number. */
	if (medium_highest_generation(&c->place, &g->number, c->err)) return -1;
	c->result->generation = ++g->number;
	g->events = c->totals.events;
	g->records = c->totals.records;
	g->made = c->app->now;
	g->last_event = c->totals.last_event;
	return 0;
}

int backup_copy_all(struct copy *c) {
	static const char note[] = "a backup is being written\n";
	c->interrupted = place_has(&c->place, MEDIUM_INCOMPLETE) || c->result->mended;
	if (begin_generation(c) || read_sums(c) || place_write(&c->place, MEDIUM_INCOMPLETE, note, sizeof note - 1, c->err)) return -1;
	if (place_sync_folder(&c->place, "", c->err)) return -1; /* durable before the first file grows */
	if (refresh_key(c)) return -1;
	for (size_t i = 0; i < ARRAY_LEN(trees); i++)
		if (copy_tree(c, trees[i], copy_growing)) return -1;
	if (copy_catalogue(c) || backup_write_readme(c) || copy_small(c, "ltvault.conf") || copy_tree(c, "trust", copy_small) ||
	    write_lists(c) || backup_protect(c) ||
	    place_remove(&c->place, MEDIUM_INCOMPLETE, false, c->err))
		return -1;
	return place_sync_folder(&c->place, "", c->err);
}
