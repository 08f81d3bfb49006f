#include "archiver/backup.h"

#include "archiver/archive_key.h"
#include "archiver/envelope.h"
#include "archiver/image_ledger.h"
#include "archiver/medium_device.h"
#include "archiver/medium_identity.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Anything but the folder a fresh file system has would be someone else's data. */
static int expect_empty(const struct medium_place *place, struct error *err) {
	char **names;
	size_t count;
	if (place_has(place, MEDIUM_LABEL)) return error_set(err, ERROR_EXISTS, "%s: is a medium already", place->path);
	if (place_list(place, "", 16, &names, &count, err)) return -1;
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], "lost+found"))
			error_set(err, ERROR_INPUT, "%s: not empty (%s); a medium is made on an empty file system", place->path, names[i]);
	place_names_free(names, count);
	return err->code ? -1 : 0;
}

/* The medium's identity follows from archive, place in the ledger and time: no two are alike within one archive. */
static void make_id(const struct store_totals *totals, const char *label, utime now, size_t ordinal, unsigned char id[static 16]) {
	unsigned char sum[SHA256_SIZE];
	struct buf seed = {0};
	buf_add(&seed, totals->archive_id, sizeof totals->archive_id);
	buf_printf(&seed, "medium %zu %lld %s", ordinal, (long long)now, label);
	sha256_bytes(seed.data, seed.len, sum);
	memcpy(id, sum, 16);
	buf_dispose(&seed);
}

/* Signature and key before the label: what is found with a label is whole. */
static int write_label(struct app *app, const struct medium_place *place, const struct medium_label *label, const char *recipients,
                       struct error *err) {
	unsigned char signature[ARCHIVE_SIGNATURE_BYTES];
	char *text = medium_label_text(label), *pem = NULL;
	if (!text) error_set(err, ERROR_INPUT, "%s: label, site and set must be UTF-8 text", label->label);
	else if (!archive_key_pem(app, &pem, err) && !archive_key_sign(app, text, strlen(text), signature, err) &&
	         !place_write(place, MEDIUM_KEY, pem, strlen(pem), err) &&
	         (!recipients || !place_write(place, MEDIUM_RECIPIENTS, recipients, strlen(recipients), err)) &&
	         !place_write(place, MEDIUM_LABEL_SIGNATURE, signature, sizeof signature, err) &&
	         !place_write(place, MEDIUM_LABEL, text, strlen(text), err))
		place_sync_folder(place, "", err);
	free(text);
	free(pem);
	return err->code ? -1 : 0;
}

static int check_wish(struct app *app, const struct medium_place *place, const struct medium_wish *wish, const struct ledger *ledger,
                      const char *label, struct error *err) {
	struct medium_label probe = {.label = (char *)label, .site = (char *)wish->site, .set = (char *)wish->set, .uuid = (char *)"",
	                             .kind = wish->kind, .registered = app->now};
	struct medium_label read = {0};
	char *text = medium_label_text(&probe);
	if (!*label || !text || medium_label_parse(text, strlen(text), &read, NULL))
		error_set(err, ERROR_USAGE, "label, site and set of a medium are UTF-8 texts of one line, up to 255 bytes");
	for (size_t i = 0; i < ledger->count; i++)
		if (!strcmp(ledger->media[i].row.label, label)) error_set(err, ERROR_EXISTS, "%s: another medium has this label", label);
	if (!err->code && !wish->image_size && medium_same_device(app, place) && !conf_yes(app->conf, CONF_backup_same_device))
		error_set(err, ERROR_INPUT,
		          "%s: on the archive's own device: is the medium mounted? it would not survive the loss of that device (the setting "
		          "backup.same_device allows it, for trying things out)",
		          place->path);
	medium_label_dispose(&read);
	free(text);
	return err->code ? -1 : 0;
}

static void set_facts(struct medium *m, const struct medium_wish *wish, const struct medium_device *device, utime now) {
	int year, month, day, hour, minute, second, microsecond;
	utime end = wish->end_of_life;
	m->facts = json_object();
	if (end == UTIME_NONE) {
		utime_to_civil(now, &year, &month, &day, &hour, &minute, &second, &microsecond);
		utime_from_civil(year + medium_kind_years(wish->kind), month, day > 28 ? 28 : day, 0, 0, 0, 0, &end);
	}
	medium_set_text(m, "kind", medium_kind_word(wish->kind));
	medium_set_text(m, "site", wish->site);
	medium_set_text(m, "set", wish->set);
	medium_set_text(m, "protect", wish->append_only ? "append" : "");
	medium_set_time(m, "end_of_life", end);
	if (wish->image_size) medium_set_number(m, IMAGE_CAPACITY, wish->image_size);
	medium_set_number(m, "capacity", device->capacity);
	medium_set_number(m, "available", device->available);
}

/* The certificates alone, and only such as everything can be encrypted to: found out now and not in the first night. */
static int check_recipients(const char *pem, utime now, char **text, char hex[static SHA256_HEX], struct error *err) {
	unsigned char sum[SHA256_SIZE];
	struct buf probe = {0};
	struct recipients *r = recipients_parse(pem, strlen(pem), err);
	if (r && !recipients_check(r, now, err) && !envelope_make(r, "probe", 5, &probe, err)) {
		*text = recipients_text(r);
		sha256_bytes(*text, strlen(*text), sum);
		hex_encode(sum, sizeof sum, hex);
	}
	buf_dispose(&probe);
	recipients_free(r);
	return err->code ? -1 : 0;
}

int media_init(struct app *app, const struct medium_wish *wish, struct error *err) {
	struct ledger ledger = {0};
	struct medium_place place = {0};
	struct medium_device device;
	struct store_totals totals;
	char *recipients = NULL, hex[SHA256_HEX];
	struct medium medium = {.row = {.written = UTIME_NONE, .verified = UTIME_NONE, .registered = app->now}};
	if (place_open(&place, wish->path, false, err) || expect_empty(&place, err) || store_totals(app->store, &totals, err) ||
	    ledger_read(app, &ledger, err) || medium_device(&place, &device, err) ||
	    (wish->recipients && check_recipients(wish->recipients, app->now, &recipients, hex, err)))
		goto out;
	medium.row.label = wish->label ? xstrdup(wish->label) : xasprintf("medium-%zu", ledger.count + 1);
	medium.row.path = xstrdup(wish->path);
	/* Images may be made on another disk tomorrow. */
	medium.row.uuid = xstrdup(wish->image_size ? "" : device.uuid);
	make_id(&totals, medium.row.label, app->now, ledger.count, medium.row.id);
	if (check_wish(app, &place, wish, &ledger, medium.row.label, err)) goto out;
	set_facts(&medium, wish, &device, app->now);
	if (recipients) medium_set_text(&medium, "recipients", recipients);
	struct medium_label label = {.label = medium.row.label, .site = (char *)wish->site, .set = (char *)wish->set, .uuid = medium.row.uuid,
	                             .kind = wish->kind, .registered = app->now, .recipients = recipients ? hex : NULL};
	memcpy(label.archive_id, totals.archive_id, sizeof label.archive_id);
	memcpy(label.medium_id, medium.row.id, sizeof label.medium_id);
	/* The label first: a medium without a row is refused with a message, a row without its medium is a lasting finding. */
	if (write_label(app, &place, &label, recipients, err)) goto out;
	struct batch *batch = store_begin(app->store, app->now);
	medium_put(batch, &medium);
	batch_commit(batch, err);
out:
	place_close(&place);
	ledger_dispose(&ledger);
	medium_dispose(&medium);
	free(recipients);
	return err->code ? -1 : 0;
}
