#include "tests/archiver/image_archive.h"

#include "archiver/coverage.h"
#include "archiver/drill.h"
#include "archiver/image_backup.h"
#include "archiver/image_label.h"
#include "archiver/medium_show.h"
#include "archiver/rotation.h"
#include "store/private.h"

static struct medium *discs(struct ledger *ledger) {
	fine(ledger_read(&app, ledger, oops));
	return ledger_find(ledger, "Discs");
}

static uint64_t reach(void) {
	struct ledger ledger;
	uint64_t there = coverage_reach(discs(&ledger));
	ledger_dispose(&ledger);
	return there;
}

static char *action(void) {
	struct ledger ledger;
	fine(ledger_read(&app, &ledger, oops));
	json_t *list = rotation_next(&app, &ledger);
	char *word = xstrdup(json_array_size(list) ? text_at(json_array_get(list, 0), "action") : "");
	json_decref(list);
	ledger_dispose(&ledger);
	return word;
}

static void must_be(char *text, const char *expected) {
	assert_string_equal(text, expected);
	free(text);
}

static void not_verified(const char *path, const char *words) {
	struct image_verified result;
	struct error err = {0};
	assert_int_equal(image_verify(&app, path, &result, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	if (!strstr(err.text, words)) fail_msg("%s, not \"%s\"", err.text, words);
}

static void an_image_counts_when_its_disc_was_read_and_no_longer_when_it_is_damaged(void **state) {
	(void)state;
	series_made(MEDIUM_OPTICAL, IMAGE_SMALL);
	document("a.pdf", 'a', 1000);
	struct backup_result result = images_written(false);
	assert_int_equal(result.files, 1);
	assert_int_equal(result.generation, 1);
	assert_int_equal(reach(), 0);
	must_be(action(), "burn");
	char *disc = burnt("iso", 1);
	struct image_verified read = verified(disc);
	assert_true(read.good && read.same_device);
	assert_int_equal(read.generation, 1);
	assert_int_equal(read.unread, 0);
	assert_true(reach() > 0);
	must_be(action(), "");
	flip(disc, size_of(disc) / 2);
	read = verified(disc);
	assert_false(read.good);
	assert_int_equal(read.generation, 0);
	assert_int_equal(reach(), 0);
	must_be(action(), "burn");
	/* Time to read it again. */
	flip(disc, size_of(disc) / 2);
	assert_true(verified(disc).good);
	app.now += 366 * UTIME_DAY;
	images_written(false);
	char *second = burnt("iso", 2);
	assert_true(verified(second).good);
	must_be(action(), "read");
	assert_true(verified(disc).good);
	must_be(action(), "");
	free(disc), free(second);
}

static void one_flipped_byte_is_found_wherever_it_is(void **state) {
	(void)state;
	static const struct {
		enum medium_kind kind;
		const char *ending;
	} kinds[] = {{MEDIUM_OPTICAL, "iso"}, {MEDIUM_TAPE, "tar"}};
	document("a.pdf", 'a', 5000);
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		folder_remove(series);
		mkdir(series, 0755);
		const struct medium_wish wish = {.path = series, .label = kinds[k].ending, .site = "", .set = "", .kind = kinds[k].kind, .end_of_life = UTIME_NONE,
		                                 .image_size = IMAGE_SMALL};
		fine(media_init(&app, &wish, oops));
		images_written(false);
		char *disc = burnt(kinds[k].ending, 1);
		off_t size = size_of(disc);
		for (int part = 0; part <= 64; part++) {
			off_t at = (size - 1) * part / 64;
			flip(disc, at);
			struct image_verified read;
			struct error err = {0};
			/* Where its own head is spoilt it is not known which one it is. */
			if (image_verify(&app, disc, &read, &err)) assert_true(err.code == ERROR_DAMAGED || err.code == ERROR_INPUT);
			else assert_false(read.good);
			flip(disc, at);
		}
		assert_true(verified(disc).good);
		assert_int_equal(truncate(disc, size - 1), 0);
		assert_false(verified(disc).good);
		free(disc);
	}
}

static void a_wrong_disc_is_refused_and_nothing_is_recorded(void **state) {
	(void)state;
	struct ledger ledger;
	series_made(MEDIUM_OPTICAL, IMAGE_SMALL);
	document("a.pdf", 'a', 1000);
	images_written(false);
	char *made = xasprintf("%s/images/000001.iso", series), *disc = burnt("iso", 1), *linked = on_shelf("linked");
	not_verified(made, "where it was made");
	assert_int_equal(link(made, linked), 0);
	not_verified(linked, "where it was made");
	fine(conf_set(app.conf, CONF_backup_same_device, "no", oops));
	not_verified(disc, "own device");
	fine(conf_set(app.conf, CONF_backup_same_device, "yes", oops));
	/* Another archive's, and one that this archive's ledger does not have. */
	char *other = folder_new("image-other");
	struct app own = app;
	small_open(&app, other, NOW);
	not_verified(disc, "not in this archive's ledger");
	small_close(&app);
	app = own;
	struct medium *m = discs(&ledger);
	assert_false(json_object_get(medium_newest_image(m), "read"));
	json_array_clear(medium_images(m));
	struct batch *batch = store_begin(app.store, app.now);
	medium_put(batch, m);
	fine(batch_commit(batch, oops));
	not_verified(disc, "not in this archive's ledger");
	ledger_dispose(&ledger);
	folder_remove(other);
	free(other), free(made), free(disc), free(linked);
}

static void another_image_with_the_same_number_is_not_taken_for_it(void **state) {
	(void)state;
	series_made(MEDIUM_OPTICAL, IMAGE_SMALL);
	document("a.pdf", 'a', 1000);
	char *command = xasprintf("cp -a %s %s/earlier", archive, shelf), *earlier = on_shelf("earlier");
	assert_int_equal(system(command), 0);
	images_written(false);
	char *disc = burnt("iso", 1);
	/* The same archive, gone another way, writes its own first image. */
	char *aside = xasprintf("mkdir %s/aside && mv %s/images/000001.iso %s/aside/", shelf, series, shelf);
	assert_int_equal(system(aside), 0);
	small_close(&app);
	small_open(&app, earlier, NOW + UTIME_DAY);
	document("b.pdf", 'b', 1000);
	images_written(false);
	struct image_verified read = verified(disc);
	assert_false(read.good);
	if (!strstr(read.detail, "another image")) fail_msg("%s", read.detail);
	free(disc), free(command), free(earlier), free(aside);
}

static void only_what_is_new_goes_to_the_next_image_and_a_full_one_has_everything(void **state) {
	(void)state;
	struct ledger ledger;
	series_made(MEDIUM_TAPE, 50000000);
	document("a.pdf", 'a', 3000000);
	images_written(false);
	document("b.pdf", 'b', 1000);
	images_written(false);
	char *second = xasprintf("%s/images/000002.tar", series);
	assert_true(size_of(second) < 400000);
	struct backup_result result = images_written(true);
	assert_true(result.full);
	struct medium *m = discs(&ledger);
	assert_int_equal(number_at(medium_image(m, 2), "base"), 1);
	assert_int_equal(number_at(medium_image(m, 3), "base"), 3);
	ledger_dispose(&ledger);
	/* The third alone is enough; the second without the first is nothing. */
	char *disc = burnt("tar", 2);
	verified(disc);
	assert_int_equal(reach(), 0);
	free(disc);
	disc = burnt("tar", 3);
	verified(disc);
	assert_true(reach() > 0);
	free(disc), free(second);
}

static void a_tape_is_read_with_tar_and_sha256sum_alone(void **state) {
	(void)state;
	series_made(MEDIUM_TAPE, 50000000);
	document("a.pdf", 'a', 300000);
	images_written(false);
	document("b.pdf", 'b', 1000);
	images_written(false);
	char *command = xasprintf("cd %s && for n in 1 2; do mkdir $n && tar -C $n -xf %s/images/00000$n.tar && (cd $n && sha256sum --quiet -c SHA256SUMS && for p in "
	                          "packs/*; do tar -xf $p; done && for f in sha256/*; do [ $(sha256sum <$f | cut -c-64) = ${f#sha256/} ] || exit 1; done) || exit 1; done",
	                          shelf, series);
	if (system(command)) fail_msg("%s", command);
	char *tape = xasprintf("%s/images/000001.tar", series);
	assert_int_equal(size_of(tape) % 10240, 0);
	free(command), free(tape);
}

static void an_image_is_read_only_and_never_written_again(void **state) {
	(void)state;
	struct stat st;
	series_made(MEDIUM_OPTICAL, IMAGE_SMALL);
	document("a.pdf", 'a', 1000);
	images_written(false);
	char *made = xasprintf("%s/images/000001.iso", series), *before = NULL;
	assert_int_equal(stat(made, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0440);
	before = folder_text(made);
	time_t changed = st.st_mtime;
	ino_t inode = st.st_ino;
	for (int day = 1; day <= 5; day++) {
		app.now += UTIME_DAY;
		document("b.pdf", (char)('b' + day), 1000);
		images_written(day == 3);
	}
	all_burnt("iso");
	assert_int_equal(stat(made, &st), 0);
	assert_true(st.st_mtime == changed && st.st_ino == inode);
	char *after = folder_text(made);
	assert_string_equal(before, after);
	free(made), free(before), free(after);
}

static void what_a_dead_run_left_is_removed_taken_over_or_set_aside(void **state) {
	(void)state;
	struct ledger ledger;
	struct medium old = {0};
	series_made(MEDIUM_OPTICAL, IMAGE_SMALL);
	document("a.pdf", 'a', 100000);
	struct medium *m = discs(&ledger);
	old.facts = json_deep_copy(m->facts);
	ledger_dispose(&ledger);
	images_written(false);
	/* As if the run had died before the ledger: the image is whole, and is taken over; nothing else is written. */
	for (int damaged = 0; damaged < 2; damaged++) {
		m = discs(&ledger);
		json_decref(m->facts);
		m->facts = json_deep_copy(old.facts);
		m->row.written = UTIME_NONE, m->row.generation = 0;
		struct batch *batch = store_begin(app.store, app.now);
		medium_put(batch, m);
		fine(batch_commit(batch, oops));
		ledger_dispose(&ledger);
		folder_put_text(series, "images/000002.iso.part-77", "half");
		char *made = xasprintf("%s/images/000001.iso", series);
		chmod(made, 0640);
		if (damaged) flip(made, size_of(made) / 4);
		struct backup_result result = images_written(false);
		assert_false(folder_has(series, "images/000002.iso.part-77"));
		assert_int_equal(result.mended, damaged);
		assert_int_equal(folder_has(series, "images/000001.iso.left"), damaged);
		assert_int_equal(folder_has(series, "images/000002.iso"), damaged);
		m = discs(&ledger);
		assert_int_equal(json_array_size(medium_images(m)), 1);
		assert_int_equal(number_at(medium_newest_image(m), "number"), 1 + damaged);
		assert_int_equal(m->row.generation, 1);
		ledger_dispose(&ledger);
		free(made);
	}
	char *disc = burnt("iso", 2);
	assert_true(verified(disc).good);
	json_decref(old.facts);
	free(disc);
}

static void an_older_state_of_the_archive_writes_nothing(void **state) {
	(void)state;
	struct error err = {0};
	struct backup_result result;
	struct ledger ledger;
	series_made(MEDIUM_OPTICAL, IMAGE_SMALL);
	document("a.pdf", 'a', 1000);
	images_written(false);
	struct medium *m = discs(&ledger);
	json_object_set_new((json_t *)medium_newest_image(m), "events", json_integer(100000));
	struct batch *batch = store_begin(app.store, app.now);
	medium_put(batch, m);
	fine(batch_commit(batch, oops));
	ledger_dispose(&ledger);
	assert_int_equal(backup_medium(&app, series, false, &result, &err), -1);
	assert_int_equal(err.code, ERROR_DAMAGED);
	assert_false(folder_has(series, "images/000002.iso"));
}

static void a_damaged_sealed_pack_goes_to_no_image(void **state) {
	(void)state;
	struct error err = {0};
	struct backup_result result;
	series_made(MEDIUM_TAPE, 50000000);
	document("a.pdf", 'a', 1000);
	images_written(false);
	/* Packs of a few documents: the first two are closed and sealed. */
	store_set_bounds(app.store, 8192, 1 << 20);
	for (char letter = 'b'; letter < 'g'; letter++) document("b.pdf", letter, 3000);
	small_close(&app);
	small_open(&app, archive, NOW + UTIME_DAY);
	char *pack = xasprintf("%s/packs/000001.tar", archive);
	chmod(pack, 0644);
	off_t at = size_of(pack) - 1;
	flip(pack, at);
	assert_int_equal(backup_medium(&app, series, false, &result, &err), -1);
	assert_int_equal(err.code, ERROR_DAMAGED);
	assert_non_null(strstr(err.text, "it was sealed as"));
	assert_false(folder_has(series, "images/000002.tar"));
	/* The nearest: as it was sealed. */
	flip(pack, at);
	images_written(false);
	assert_true(folder_has(series, "images/000002.tar"));
	free(pack);
}

static void the_night_makes_one_when_its_time_has_come(void **state) {
	(void)state;
	struct ledger ledger;
	struct drill_state drill;
	series_made(MEDIUM_OPTICAL, IMAGE_SMALL);
	document("a.pdf", 'a', 1000);
	fine(ledger_read(&app, &ledger, oops));
	assert_false(image_is_not_due(&app, &ledger, series));
	ledger_dispose(&ledger);
	images_written(false);
	all_burnt("iso");
	fine(ledger_read(&app, &ledger, oops));
	assert_true(image_is_not_due(&app, &ledger, series));
	app.now += 29 * UTIME_DAY;
	assert_true(image_is_not_due(&app, &ledger, series));
	app.now += UTIME_DAY;
	assert_false(image_is_not_due(&app, &ledger, series));
	/* No restore test is asked of it. */
	fine(drill_state(&app, &drill, oops));
	assert_string_equal(drill.connect, "");
	json_t *doc = medium_json(&(struct medium_view){&app, &ledger, &drill}, ledger_find(&ledger, "Discs"), true);
	assert_int_equal(number_at(doc, "image_size"), IMAGE_SMALL);
	assert_int_equal(json_array_size(json_object_get(doc, "images")), 1);
	json_decref(doc);
	ledger_dispose(&ledger);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		IMAGE_TEST(an_image_counts_when_its_disc_was_read_and_no_longer_when_it_is_damaged),
		IMAGE_TEST(one_flipped_byte_is_found_wherever_it_is),
		IMAGE_TEST(a_wrong_disc_is_refused_and_nothing_is_recorded),
		IMAGE_TEST(another_image_with_the_same_number_is_not_taken_for_it),
		IMAGE_TEST(only_what_is_new_goes_to_the_next_image_and_a_full_one_has_everything),
		IMAGE_TEST(a_tape_is_read_with_tar_and_sha256sum_alone),
		IMAGE_TEST(an_image_is_read_only_and_never_written_again),
		IMAGE_TEST(what_a_dead_run_left_is_removed_taken_over_or_set_aside),
		IMAGE_TEST(an_older_state_of_the_archive_writes_nothing),
		IMAGE_TEST(a_damaged_sealed_pack_goes_to_no_image),
		IMAGE_TEST(the_night_makes_one_when_its_time_has_come),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
