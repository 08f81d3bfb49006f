/* A small archive with a series of write-once images, and copies of them that stand for discs and tapes. */
#ifndef LTVAULT_TESTS_IMAGE_ARCHIVE_H
#define LTVAULT_TESTS_IMAGE_ARCHIVE_H

#include "tests/archiver/small_archive.h"

#include "archiver/backup.h"
#include "archiver/image_ledger.h"
#include "archiver/image_verify.h"
#include "archiver/json_get.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMAGE_SMALL 4200000 /* bytes of one image: three megabytes of documents go on a disc */

static char *archive, *series, *shelf;
static struct app app;

static int image_fresh(void **state) {
	(void)state;
	archive = folder_new("image-archive");
	series = folder_new("image-series");
	shelf = folder_new("image-shelf");
	small_open(&app, archive, NOW);
	return 0;
}

static int image_gone(void **state) {
	(void)state;
	small_close(&app);
	folder_remove(archive), folder_remove(series), folder_remove(shelf);
	free(archive), free(series), free(shelf);
	return 0;
}

static inline void series_made(enum medium_kind kind, uint64_t size) {
	const struct medium_wish wish = {.path = series, .label = "Discs", .site = "Vault", .set = "", .kind = kind, .end_of_life = UTIME_NONE, .image_size = size};
	fine(media_init(&app, &wish, oops));
}

/* A document of so many bytes, all of them the same letter. */
static inline uint64_t document(const char *name, char letter, size_t size) {
	char *bytes = xmalloc(size + 1);
	memset(bytes, letter, size);
	bytes[size] = 0;
	uint64_t number = small_add(&app, name, bytes, "TOTAL-PASSED", "");
	free(bytes);
	return number;
}

static inline struct backup_result images_written(bool full) {
	struct backup_result result;
	fine(backup_medium(&app, series, full, &result, oops));
	assert_true(result.images);
	return result;
}

/* "SHELF/NAME"; the caller's. */
static inline char *on_shelf(const char *name) {
	return xasprintf("%s/%s", shelf, name);
}

/* The image of that number, copied to the shelf as if a disc had been made of it; the path is the caller's. */
static inline char *burnt(const char *ending, unsigned number) {
	char *disc = xasprintf("%s/disc-%u", shelf, number);
	char *command = xasprintf("rm -f %s; cp %s/images/%06u.%s %s && chmod 644 %s", disc, series, number, ending, disc, disc);
	assert_int_equal(system(command), 0);
	free(command);
	return disc;
}

static inline struct image_verified verified(const char *path) {
	struct image_verified result;
	fine(image_verify(&app, path, &result, oops));
	return result;
}

/* Burnt and read, every one that the ledger has. */
static inline void all_burnt(const char *ending) {
	struct ledger ledger;
	fine(ledger_read(&app, &ledger, oops));
	const json_t *list = medium_images(ledger_find(&ledger, "Discs"));
	for (size_t i = 0; i < json_array_size(list); i++) {
		char *disc = burnt(ending, (unsigned)number_at(json_array_get(list, i), "number"));
		assert_true(verified(disc).good);
		free(disc);
	}
	ledger_dispose(&ledger);
}

static inline void flip(const char *path, off_t at) {
	unsigned char byte = 0;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static inline off_t size_of(const char *path) {
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

#define IMAGE_TEST(name) cmocka_unit_test_setup_teardown(name, image_fresh, image_gone)

#endif
