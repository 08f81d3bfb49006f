#include "archiver/archive_key.h"
#include "archiver/backup_mend.h"
#include "archiver/log.h"
#include "archiver/medium_device.h"
#include "archiver/medium_identity.h"
#include "archiver/medium_signed.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* The text that media_init wrote: it follows from the ledger, byte for byte. */
static char *label_of(const struct store_totals *totals, const struct medium *m) {
	const char *recipients = medium_text(m, "recipients");
	unsigned char sum[SHA256_SIZE];
	char hex[SHA256_HEX];
	sha256_bytes(recipients, strlen(recipients), sum);
	hex_encode(sum, sizeof sum, hex);
	struct medium_label label = {.label = m->row.label, .site = (char *)medium_text(m, "site"), .set = (char *)medium_text(m, "set"),
	                             .uuid = m->row.uuid, .kind = medium_kind_of(m), .registered = m->row.registered,
	                             .recipients = *recipients ? hex : NULL};
	memcpy(label.archive_id, totals->archive_id, sizeof label.archive_id);
	memcpy(label.medium_id, m->row.id, sizeof label.medium_id);
	return medium_label_text(&label);
}

/* The one medium of the ledger that this file system is, by its UUID and by a manifest that the archive signed; NULL when none is.
 * A UUID of zeros is none: many a file system without one has it. */
static struct medium *known_medium(struct app *app, const struct medium_place *place, const struct store_totals *totals, struct ledger *ledger,
                                   struct error *err) {
	struct medium_device device;
	struct medium *found = NULL;
	uint64_t highest;
	if (medium_device(place, &device, err) || strspn(device.uuid, "0-") == strlen(device.uuid) || medium_highest_generation(place, &highest, err)) return NULL;
	for (size_t i = 0; i < ledger->count && !err->code; i++) {
		struct medium *m = &ledger->media[i];
		struct generation g = {0};
		if (medium_is_retired(m) || strcmp(m->row.uuid, device.uuid) || !m->row.generation) continue;
		if (highest != m->row.generation && highest != m->row.generation + 1) continue;
		if (medium_read_manifest(app, place, highest, &g, err) == 1 && g.number == highest && !memcmp(g.medium_id, m->row.id, 16) &&
		    !memcmp(g.archive_id, totals->archive_id, 16))
			found = m;
		generation_dispose(&g);
	}
	return found;
}

/* What stands there: a whole label (then nothing is to be done), one that was changed, or none. */
enum standing { STANDS, CHANGED, GONE };

static enum standing look(struct app *app, const struct medium_place *place, char **text) {
	struct medium_label label;
	struct error unread = {0};
	size_t len = 0;
	/* One that the disk does not give is as good as gone; the catalogue, which has the keys, is asked again below. */
	int made = medium_read_signed(app, place, MEDIUM_LABEL, MEDIUM_LABEL_SIGNATURE, text, &len, &unread);
	bool reads = *text && !medium_label_parse(*text, len, &label, &(struct error){0});
	if (*text) medium_label_dispose(&label);
	return !reads ? GONE : made == 1 ? STANDS : CHANGED;
}

/* The key that the medium itself carries made the label's signature: another copy of the archive has written to it. */
static bool another_signed(const struct medium_place *place, const char *text) {
	char *pem = NULL, *signature = NULL;
	size_t pem_len = 0, signature_len = 0;
	struct error unread = {0};
	bool signed_so = place_has(place, MEDIUM_KEY) && !place_read(place, MEDIUM_KEY, LIMIT_LABEL_BYTES, &pem, &pem_len, &unread) &&
			 place_has(place, MEDIUM_LABEL_SIGNATURE) &&
			 !place_read(place, MEDIUM_LABEL_SIGNATURE, ARCHIVE_SIGNATURE_BYTES, &signature, &signature_len, &unread) &&
			 archive_key_verify(pem, pem_len, text, strlen(text), (unsigned char *)signature, signature_len);
	free(pem);
	free(signature);
	return signed_so;
}

static int write_label(struct app *app, const struct medium_place *place, const char *text, struct error *err) {
	unsigned char signature[ARCHIVE_SIGNATURE_BYTES];
	char *pem = NULL;
	if (!archive_key_pem(app, &pem, err) && !archive_key_sign(app, text, strlen(text), signature, err) &&
	    !place_write(place, MEDIUM_KEY, pem, strlen(pem), err) &&
	    !place_write(place, MEDIUM_LABEL_SIGNATURE, signature, sizeof signature, err) &&
	    !place_write(place, MEDIUM_LABEL, text, strlen(text), err))
		place_sync_folder(place, "", err);
	free(pem);
	return err->code ? -1 : 0;
}

static int tell(struct app *app, struct medium *m, struct error *err) {
	json_t *note = json_pack("{s:s,s:s}", "medium", m->row.label, "file", MEDIUM_LABEL);
	char *text = json_dumps(note, JSON_COMPACT | JSON_SORT_KEYS);
	struct batch *batch = store_begin(app->store, app->now);
	medium_add_error(m, app->now, MEDIUM_LABEL ": damaged: written again as the ledger has it");
	medium_put(batch, m);
	batch_note(batch, MEDIUM_MENDED, text);
	log_event(LOG_WARN_LEVEL, "medium.mended", "medium", m->row.label, "file", MEDIUM_LABEL, NULL);
	json_decref(note);
	free(text);
	return batch_commit(batch, err);
}

int backup_mend_label(struct app *app, const struct medium_place *place, struct ledger *ledger, bool *mended, struct error *err) {
	struct store_totals totals;
	char *there = NULL, *text = NULL;
	enum standing standing = look(app, place, &there);
	*mended = false;
	if (standing == STANDS || store_totals(app->store, &totals, err)) goto out;
	struct medium *m = known_medium(app, place, &totals, ledger, err);
	text = m ? label_of(&totals, m) : NULL;
	/* A label that reads as one is the ledger's but for its signature, or it is another. */
	if (!text || (standing == CHANGED && (strcmp(there, text) || another_signed(place, there))) || tell(app, m, err)) goto out;
	*mended = !write_label(app, place, text, err);
out:
	free(there);
	free(text);
	return err->code ? -1 : 0;
}
