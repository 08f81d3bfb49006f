#include "archiver/medium_signed.h"

#include "archiver/archive_key.h"
#include "archiver/medium_identity.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

#define BACKWARDS 3 /* manifests looked at from the newest on: those of backups that were cut off are few */

int medium_read_signed(struct app *app, const struct medium_place *place, const char *name, const char *signature_name, char **text, size_t *len,
                       struct error *err) {
	char *signature = NULL;
	size_t signature_len = 0;
	*text = NULL;
	*len = 0;
	if (!place_has(place, name) || place_read(place, name, LIMIT_MANIFEST_BYTES, text, len, err)) return err->code ? -1 : 0;
	if (!place_has(place, signature_name)) return 0;
	int made = place_read(place, signature_name, ARCHIVE_SIGNATURE_BYTES, &signature, &signature_len, err)
			   ? -1
			   : archive_key_made(app, *text, *len, (unsigned char *)signature, signature_len, err);
	free(signature);
	return made;
}

int medium_read_manifest(struct app *app, const struct medium_place *place, uint64_t number, struct generation *g, struct error *err) {
	char *name = generation_path(number, "manifest.json"), *signature = generation_path(number, "manifest.sig"), *text;
	size_t len;
	int made = medium_read_signed(app, place, name, signature, &text, &len, err);
	if (made == 1 && generation_parse(text, len, g, err)) generation_dispose(g);
	free(text);
	free(name);
	free(signature);
	return err->code ? -1 : made;
}

int medium_newest_manifest(struct app *app, const struct medium_place *place, const unsigned char medium_id[static 16], struct generation *g,
                           struct error *err) {
	uint64_t number;
	int made = 0;
	if (medium_highest_generation(place, &number, err)) return -1;
	for (uint64_t lowest = number > BACKWARDS ? number - BACKWARDS : 0; number > lowest && made == 0; number--) {
		made = medium_read_manifest(app, place, number, g, err);
		if (made != 1 || (g->number == number && !memcmp(g->medium_id, medium_id, 16))) continue;
		generation_dispose(g);
		made = 0;
	}
	return made;
}
