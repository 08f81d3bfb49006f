#include "archiver/medium_identity.h"

#include "archiver/archive_key.h"
#include "archiver/image_ledger.h"
#include "archiver/medium_device.h"
#include "archiver/medium_signed.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define AHEAD_MAX 1000 /* generations that a medium may be ahead of the ledger: three years of nights that could not write it down */

bool medium_same_device(const struct app *app, const struct medium_place *place) {
	struct stat archive, packs;
	char *folder = app_path(app, "packs");
	bool same = (stat(app->archive, &archive) == 0 && archive.st_dev == place->device) ||
		    (stat(folder, &packs) == 0 && packs.st_dev == place->device);
	free(folder);
	return same;
}

int medium_read_label(struct app *app, const struct medium_place *place, struct medium_label *label, struct error *err) {
	char *text = NULL, *signature = NULL;
	size_t len = 0, signature_len = 0;
	*label = (struct medium_label){0};
	if (!place_has(place, MEDIUM_LABEL)) {
		error_set(err, ERROR_NOT_FOUND, "%s: no medium is there (no " MEDIUM_LABEL "): is it mounted? a new one is made with: ltvault media init",
		          place->path);
		goto out;
	}
	if (place_read(place, MEDIUM_LABEL, LIMIT_LABEL_BYTES, &text, &len, err) ||
	    (place_has(place, MEDIUM_LABEL_SIGNATURE) &&
	     place_read(place, MEDIUM_LABEL_SIGNATURE, ARCHIVE_SIGNATURE_BYTES, &signature, &signature_len, err)))
		goto out;
	int made = archive_key_made(app, text, len, (unsigned char *)(signature ? signature : ""), signature_len, err);
	if (!made)
		error_set(err, ERROR_INPUT, "%s: the medium there is not one of this archive's, or its label was changed, or another copy of this archive has written to "
		          "it; nothing was written",
		          place->path);
	if (made == 1 && medium_label_parse(text, len, label, err)) error_prefix(err, "%s", place->path);
out:
	free(text);
	free(signature);
	return err->code ? -1 : 0;
}

int medium_highest_generation(const struct medium_place *place, uint64_t *number, struct error *err) {
	char **names;
	size_t count;
	*number = 0;
	if (place_list(place, MEDIUM_GENERATIONS, LIMIT_GENERATIONS, &names, &count, err)) return -1;
	for (size_t i = 0; i < count; i++) {
		char *end, *manifest = xasprintf(MEDIUM_GENERATIONS "/%s/manifest.json", names[i]);
		unsigned long long n = strtoull(names[i], &end, 10);
		if (!*end && n > *number && place_has(place, manifest)) *number = n;
		free(manifest);
	}
	place_names_free(names, count);
	return 0;
}

/* Where images are made may be the archive's own device: they count where they are read, not here. */
static int check_device(struct app *app, const struct medium_place *place, const struct medium_label *label, bool series, struct error *err) {
	struct medium_device device;
	if (medium_device(place, &device, err)) return -1;
	if (*label->uuid && strcmp(label->uuid, device.uuid))
		return error_set(err, ERROR_INPUT,
		                 "%s: the label of medium %s is on file system %s, but it was made on %s: a copy of the medium, or a wrong one; "
		                 "nothing was written",
		                 place->path, label->label, *device.uuid ? device.uuid : "without a UUID", label->uuid);
	if (!series && medium_same_device(app, place) && !conf_yes(app->conf, CONF_backup_same_device))
		return error_set(err, ERROR_INPUT,
		                 "%s: on the archive's own device: it would not survive the loss of that device, and an unmounted mount point looks "
		                 "the same; nothing was written (the setting backup.same_device allows it, for trying things out)",
		                 place->path);
	return 0;
}

/* An encrypted medium gets nothing that is not encrypted, whatever the label there says, and the other way round. */
static int check_recipients(const struct medium_place *place, const struct medium_label *label, const struct medium *m, struct error *err) {
	const char *pem = medium_text(m, "recipients");
	unsigned char sum[SHA256_SIZE];
	char hex[SHA256_HEX];
	sha256_bytes(pem, strlen(pem), sum);
	hex_encode(sum, sizeof sum, hex);
	if (*pem ? label->recipients && !strcmp(label->recipients, hex) : !label->recipients) return 0;
	return error_set(err, ERROR_INPUT, "%s: the label of medium %s names other recipients of its encryption than the ledger; nothing was written",
	                 place->path, label->label);
}

/* Whether all generations behind the ledger's are the archive's own: those without a signature were cut off. */
static bool all_ours(struct app *app, const struct medium_place *place, const struct medium *medium, uint64_t highest) {
	bool ours = highest - medium->row.generation <= AHEAD_MAX;
	for (uint64_t number = medium->row.generation + 1; number <= highest && ours; number++) {
		struct generation g = {0};
		struct error unread = {0};
		char *signature = generation_path(number, "manifest.sig");
		ours = !place_has(place, signature) ||
		       (medium_read_manifest(app, place, number, &g, &unread) == 1 && g.number == number && !memcmp(g.medium_id, medium->row.id, 16));
		generation_dispose(&g);
		free(signature);
	}
	return ours;
}

/* The ledger is written after the medium: a run that died in between leaves the medium one ahead, and a full disk under the archive one more
 * each night. Whether they tell this archive's own history is what the check of the journal finds. */
static int check_generation(struct app *app, const struct medium_place *place, const struct medium *medium, struct error *err) {
	uint64_t highest;
	if (medium_highest_generation(place, &highest, err)) return -1;
	if (highest == medium->row.generation || highest == medium->row.generation + 1) return 0;
	if (highest > medium->row.generation && all_ours(app, place, medium, highest)) return 0;
	return error_set(err, ERROR_INPUT,
	                 "%s: medium %s has generation %llu, but this archive wrote %llu to it: another medium with the same label, an older copy "
	                 "of it, or another copy of this archive wrote to it; nothing was written: keep it as it is and make an empty one a medium",
	                 place->path, medium->row.label, (unsigned long long)highest, (unsigned long long)medium->row.generation);
}

int medium_identify(struct app *app, const struct medium_place *place, const struct ledger *ledger, struct medium **medium, struct error *err) {
	struct medium_label label;
	struct store_totals totals;
	if (medium_read_label(app, place, &label, err) || store_totals(app->store, &totals, err)) goto out;
	struct medium *m = *medium = ledger_by_id(ledger, label.medium_id);
	if (!m || memcmp(label.archive_id, totals.archive_id, sizeof label.archive_id))
		error_set(err, ERROR_INPUT, "%s: the medium there (%s) is not in this archive's ledger; nothing was written", place->path, label.label);
	else if (medium_is_retired(m))
		error_set(err, ERROR_INPUT, "%s: medium %s was retired; nothing was written", place->path, m->row.label);
	else if (!check_recipients(place, &label, m, err) && !check_device(app, place, &label, medium_is_series(m), err) && !medium_is_series(m))
		check_generation(app, place, m, err);
out:
	medium_label_dispose(&label);
	return err->code ? -1 : 0;
}
