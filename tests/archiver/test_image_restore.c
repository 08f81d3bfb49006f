#include "tests/archiver/image_archive.h"

#include "archiver/bag_package.h"
#include "archiver/image_plan.h"
#include "archiver/image_restore.h"
#include "archiver/repair.h"
#include "archiver/restore.h"
#include "base/limits.h"
#include "store/scrub.h"

/* ---- the plan ---- */

static void a_file_that_fits_stays_whole_and_one_byte_more_begins_the_next_image(void **state) {
	(void)state;
	struct image_files files = {0};
	struct image_plan plan;
	uint64_t first = 0;
	image_files_add(&files, "packs/000001.tar", "packs/000001.tar", 0, 100, "");
	fine(image_plan(&files, 1, MEDIUM_OPTICAL, LIMIT_IMAGE_LEAST, &plan, oops));
	first = plan.images[0].bytes;
	uint64_t member = first - 100;
	image_plan_dispose(&plan);
	image_files_add(&files, "packs/000002.tar", "packs/000002.tar", 500, 600, "");
	fine(image_plan(&files, 1, MEDIUM_OPTICAL, LIMIT_IMAGE_LEAST, &plan, oops));
	member = plan.images[0].bytes - first - 100;
	image_plan_dispose(&plan);
	for (int more = 0; more < 2; more++) {
		files.items[1].to = 500 + LIMIT_IMAGE_LEAST - first - member + (uint64_t)more;
		fine(image_plan(&files, 1, MEDIUM_OPTICAL, LIMIT_IMAGE_LEAST, &plan, oops));
		assert_int_equal(plan.count, 1 + more);
		const struct image_label *last = &plan.images[plan.count - 1].pieces;
		assert_int_equal(last->pieces[last->count - 1].offset, 500);
		for (size_t i = 0; i < plan.count; i++) assert_true(plan.images[i].bytes <= LIMIT_IMAGE_LEAST);
		image_plan_dispose(&plan);
	}
	image_files_dispose(&files);
}

static void a_file_that_fits_into_none_is_cut_without_a_gap(void **state) {
	(void)state;
	struct image_files files = {0};
	struct image_plan plan;
	struct error err = {0};
	image_files_add(&files, "packs/000001.tar", "packs/000001.tar", 700, 20000000, "");
	image_files_add(&files, "trust/empty", "trust/empty", 0, 0, "");
	fine(image_plan(&files, 2, MEDIUM_TAPE, 5000000, &plan, oops));
	uint64_t at = 700;
	assert_true(plan.count > 3);
	for (size_t i = 0; i < plan.count; i++)
		for (size_t k = 0; k < plan.images[i].pieces.count; k++) {
			const struct image_piece *piece = &plan.images[i].pieces.pieces[k];
			if (!strcmp(piece->file, "trust/empty")) continue;
			assert_int_equal(piece->offset, at);
			at += piece->size;
		}
	assert_int_equal(at, 20000000);
	image_plan_dispose(&plan);
	/* Lists that leave no room, and more images than anybody would burn. */
	assert_int_equal(image_plan(&files, 100000, MEDIUM_TAPE, 5000000, &plan, &err), -1);
	assert_int_equal(err.code, ERROR_LIMIT);
	image_plan_dispose(&plan);
	error_clear(&err);
	files.items[0].to = LIMIT_IMAGES * 5000000ULL;
	assert_int_equal(image_plan(&files, 2, MEDIUM_TAPE, 5000000, &plan, &err), -1);
	assert_int_equal(err.code, ERROR_LIMIT);
	image_plan_dispose(&plan);
	image_files_dispose(&files);
}

/* ---- what is no image ---- */

static int accept(void *user, const char *name, uint64_t size, struct error *err) {
	(void)user, (void)size, (void)err;
	assert_true(*name && *name != '/');
	return 0;
}
static int pass(void *user, const void *data, size_t len, struct error *err) {
	(void)user, (void)data, (void)len, (void)err;
	return 0;
}
static int done(void *user, struct error *err) {
	(void)err;
	++*(int *)user;
	return 0;
}

static int read_tar(const char *make, uint64_t most, int *files, struct error *err) {
	char *command = xasprintf("cd %s && rm -rf t x.tar && mkdir t && cd t && %s", shelf, make), *path = on_shelf("x.tar");
	assert_int_equal(system(command), 0);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	*files = 0;
	int rc = package_read(fd, "x.tar", most, &(struct package_sink){accept, pass, done, files}, err);
	close(fd);
	free(command), free(path);
	return rc;
}

static void what_leads_elsewhere_is_no_image(void **state) {
	(void)state;
	static const char *const bad[] = {
		"ln -s /etc/passwd link && tar -cf ../x.tar link",
		"echo a >a && ln a b && tar -cf ../x.tar a b",
		"mkfifo pipe && tar -cf ../x.tar pipe",
		"echo a >a && tar -cPf ../x.tar ../t/a",
		"echo a >a && tar -cPf ../x.tar $PWD/a",
		"echo a >a && tar -cf ../x.tar --transform 's,a,x/../../a,' a",
		"truncate -s 1000000 a && tar -cSf ../x.tar a", /* holes that unpack to more than there is */
		"echo no image at all >../x.tar",
		"echo a >a && tar -czf ../x.tar a",
		"head -c 5000 /dev/urandom >a && tar -cf - a | head -c 3000 >../x.tar",
	};
	int files;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct error err = {0};
		if (read_tar(bad[i], 100000, &files, &err) != -1) fail_msg("%s", bad[i]);
		assert_int_equal(err.code, ERROR_DAMAGED);
	}
	/* The nearest that is one; and the bound on bytes on its two sides. */
	struct error err = {0};
	fine(read_tar("mkdir d && echo a >d/a && echo b >b && tar -cf ../x.tar d b", 4, &files, oops));
	assert_int_equal(files, 2);
	assert_int_equal(read_tar("mkdir d && echo a >d/a && echo b >b && tar -cf ../x.tar d b", 3, &files, &err), -1);
	assert_int_equal(err.code, ERROR_DAMAGED);
}

static void a_label_of_an_image_that_leads_elsewhere_is_refused(void **state) {
	(void)state;
	struct image_label label = {.number = 2, .generation = 1, .base = 1, .made = NOW}, read;
	image_label_add(&label, "packs/000001.tar", 512, 1024);
	char *text = image_label_text(&label);
	fine(image_label_parse(text, strlen(text), &read, oops));
	assert_int_equal(read.pieces[0].offset, 512);
	char *name = image_piece_name(&read.pieces[0]);
	assert_string_equal(name, "packs/000001.tar.000000000512");
	free(name), free(text);
	image_label_dispose(&read);
	static const char *const names[] = {"../packs/000001.tar", "/etc/passwd", "keys/archive.pem", "packs/a/b", "spool/in/a.pdf", ""};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct error err = {0};
		free(label.pieces[0].file);
		label.pieces[0].file = xstrdup(names[i]);
		text = image_label_text(&label);
		assert_int_equal(image_label_parse(text, strlen(text), &read, &err), -1);
		assert_int_equal(err.code, ERROR_DAMAGED);
		image_label_dispose(&read);
		free(text);
	}
	image_label_dispose(&label);
}

/* ---- getting it back ---- */

static void three_discs(void) {
	series_made(MEDIUM_OPTICAL, IMAGE_SMALL);
	document("a.pdf", 'a', 1200000);
	images_written(false);
	app.now += UTIME_DAY;
	document("b.pdf", 'b', 1200000);
	images_written(false);
	app.now += UTIME_DAY;
	document("c.pdf", 'c', 5000);
	images_written(false);
	small_close(&app);
	app = (struct app){0};
}

static utime later = 20 * UTIME_DAY; /* after NOW: when an archive is restored */

static int restored(const char *const *images, size_t count, struct restore_result *result, struct error *err) {
	char *target = on_shelf("again");
	struct app to = {.archive = target, .now = NOW + later, .command = "restore", .verbosity = -1};
	const struct restore_request request = {.medium = images[0], .directory = target, .images = images, .image_count = count, .until = UTIME_NONE};
	char *command = xasprintf("rm -rf %s %s.restoring", target, target);
	assert_int_equal(system(command), 0);
	int rc = restore_run(&to, &request, result, err);
	store_close(to.store);
	conf_free(to.conf);
	free(command), free(target);
	return rc;
}

static void told(void *user, const char *text) {
	(void)user;
	fail_msg("%s", text);
}

static void images_alone_give_an_archive_that_checks_clean_and_goes_on(void **state) {
	(void)state;
	struct restore_result result;
	struct fsck_counts counts = {0};
	three_discs();
	char *discs[] = {burnt("iso", 3), burnt("iso", 1), burnt("iso", 2)};
	fine(restored((const char *const *)discs, 3, &result, oops));
	assert_int_equal(result.counts.records, 3);
	char *target = on_shelf("again");
	small_open(&app, target, NOW + 21 * UTIME_DAY);
	assert_int_equal(store_fsck(app.store, true, told, NULL, &counts, &(struct error){0}), 0);
	/* It goes on with its series: what its ledger does not know yet is taken over first. */
	document("d.pdf", 'd', 1000);
	images_written(false);
	images_written(false);
	assert_true(folder_has(series, "images/000004.iso"));
	small_close(&app);
	app = (struct app){0};
	later = 30 * UTIME_DAY;
	const char *const all[] = {series};
	fine(restored(all, 1, &result, oops));
	assert_int_equal(result.counts.records, 4);
	for (int i = 0; i < 3; i++) free(discs[i]);
	free(target);
}

static void what_is_missing_damaged_or_of_another_series_is_told_and_nothing_goes_live(void **state) {
	(void)state;
	struct restore_result result;
	three_discs();
	char *one = burnt("iso", 1), *two = burnt("iso", 2), *three = burnt("iso", 3), *target = on_shelf("again"), *copy = on_shelf("copy");
	const char *const missing[] = {one, three}, *const with_copy[] = {one, two, copy, three}, *const all[] = {one, two, three}, *const early[] = {one};
	struct error err = {0};
	assert_int_equal(restored(missing, 2, &result, &err), -1);
	assert_int_equal(err.code, ERROR_DAMAGED);
	assert_non_null(strstr(err.text, "another one of the series is needed"));
	assert_int_equal(access(target, F_OK), -1);
	char *command = xasprintf("cp %s %s", two, copy);
	assert_int_equal(system(command), 0);
	flip(two, 800000);
	error_clear(&err);
	assert_int_equal(restored(all, 3, &result, &err), -1);
	assert_int_equal(err.code, ERROR_DAMAGED);
	assert_int_equal(access(target, F_OK), -1);
	/* A second copy of the same disc makes up for it; and the first backup needs only its own. */
	fine(restored(with_copy, 4, &result, oops));
	assert_int_equal(result.counts.records, 3);
	fine(restored(early, 1, &result, oops));
	assert_int_equal(result.counts.records, 1);
	free(one), free(two), free(three), free(target), free(copy), free(command);
}

/* What a mounted disc looks like. */
static char *unpacked(unsigned number) {
	char *folder = xasprintf("%s/mounted-%u", shelf, number);
	char *command = xasprintf("rm -rf %s; mkdir %s && tar -C %s -xf %s/images/%06u.tar && chmod -R u+w %s", folder, folder, folder, series, number, folder);
	assert_int_equal(system(command), 0);
	free(command);
	return folder;
}

static void a_mounted_disc_is_read_file_by_file(void **state) {
	(void)state;
	struct restore_result result;
	struct error err = {0};
	series_made(MEDIUM_TAPE, 50000000);
	document("a.pdf", 'a', 100000);
	images_written(false);
	document("b.pdf", 'b', 1000);
	images_written(false);
	char *one = unpacked(1), *two = unpacked(2), *pack = xasprintf("%s/packs/000001.tar", one), *link = xasprintf("%s/README.txt", two);
	assert_true(verified(one).good);
	assert_int_equal(verified(two).generation, 2);
	const char *const both[] = {two, one};
	fine(restored(both, 2, &result, oops));
	assert_int_equal(result.counts.records, 2);
	flip(pack, 70000);
	assert_false(verified(one).good);
	assert_int_equal(restored(both, 2, &result, &err), -1);
	assert_int_equal(err.code, ERROR_DAMAGED);
	flip(pack, 70000);
	assert_true(verified(one).good);
	/* A link on it leads nowhere. */
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	assert_false(verified(two).good);
	free(one), free(two), free(pack), free(link);
}

static void images_of_two_series_are_not_mixed(void **state) {
	(void)state;
	struct restore_result result;
	struct error err = {0};
	series_made(MEDIUM_OPTICAL, IMAGE_SMALL);
	document("a.pdf", 'a', 1000);
	images_written(false);
	char *first = burnt("iso", 1), *kept = on_shelf("kept"), *second = NULL;
	assert_int_equal(rename(first, kept), 0);
	folder_remove(series);
	mkdir(series, 0755);
	const struct medium_wish wish = {.path = series, .label = "Others", .site = "", .set = "", .kind = MEDIUM_OPTICAL, .end_of_life = UTIME_NONE,
	                                 .image_size = IMAGE_SMALL};
	fine(media_init(&app, &wish, oops));
	images_written(false);
	second = burnt("iso", 1);
	const char *const both[] = {kept, second};
	assert_int_equal(restored(both, 2, &result, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	assert_non_null(strstr(err.text, "another series"));
	free(first), free(kept), free(second);
}

static void a_repair_takes_good_bytes_from_discs(void **state) {
	(void)state;
	struct repair_named named;
	struct repair_media media;
	struct repair_counts counts = {0};
	struct record_row row;
	struct object_info info;
	series_made(MEDIUM_OPTICAL, IMAGE_SMALL);
	document("a.pdf", 'a', 1200000);
	images_written(false);
	uint64_t number = document("b.pdf", 'b', 1200000);
	images_written(false);
	fine(records_get(app.store, number, &row, oops));
	assert_true(store_object_info(app.store, &row.original, &info, NULL));
	char *pack = xasprintf("%s/packs/%06u.tar", archive, info.pack), *disc = burnt("iso", 2);
	flip(pack, (off_t)info.offset + 100);
	const char *const paths[] = {disc};
	fine(repair_named_open(&named, &app, paths, 1, oops));
	assert_int_equal(named.count, 1);
	fine(repair_media_open(&media, &app, named.paths, named.count, oops));
	fine(repair_known(&app, &media, &row.original, 1, &counts, oops));
	assert_int_equal(counts.repaired, 1);
	assert_int_equal(counts.lost, 0);
	repair_media_close(&media);
	char *scratch = xstrdup(named.scratch);
	repair_named_close(&named);
	assert_int_equal(access(scratch, F_OK), -1);
	record_row_dispose(&row);
	free(pack), free(disc), free(scratch);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_fits_stays_whole_and_one_byte_more_begins_the_next_image),
		cmocka_unit_test(a_file_that_fits_into_none_is_cut_without_a_gap),
		IMAGE_TEST(what_leads_elsewhere_is_no_image),
		IMAGE_TEST(a_label_of_an_image_that_leads_elsewhere_is_refused),
		IMAGE_TEST(images_alone_give_an_archive_that_checks_clean_and_goes_on),
		IMAGE_TEST(what_is_missing_damaged_or_of_another_series_is_told_and_nothing_goes_live),
		IMAGE_TEST(a_mounted_disc_is_read_file_by_file),
		IMAGE_TEST(images_of_two_series_are_not_mixed),
		IMAGE_TEST(a_repair_takes_good_bytes_from_discs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
