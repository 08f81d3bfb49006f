#include "archiver/export.h"

#include "store/batch.h"
#include "tests/archiver/sample_archive.h"

#include <jansson.h>
#include <sys/wait.h>

extern const struct command command_export;

#define SIGNED TEST_BINARY_DIR "/testpki/samples/15-QD-UBND.pdf"
#define STAMPED TEST_BINARY_DIR "/testpki/samples/24-QD-UBND-lta.pdf"
#define OF_SHA1 TEST_BINARY_DIR "/testpki/samples/61-QD-UBND-sha1.pdf" /* adbe.pkcs7.sha1 */
#define TAMPERED TEST_BINARY_DIR "/testpki/samples/40-QD-UBND-tampered.pdf"
#define ISSUER TEST_BINARY_DIR "/testpki/evidence/sub-g2.crt"
#define CRL TEST_BINARY_DIR "/testpki/evidence/sub-g2.crl"

static struct buf file_bytes(const char *path) {
	struct buf b = {0};
	char part[65536];
	FILE *file = fopen(path, "re");
	if (!file) fail_msg("%s is not there", path);
	for (size_t n; (n = fread(part, 1, sizeof part, file));) buf_add(&b, part, n);
	fclose(file);
	return b;
}

static struct object_id put_file(struct batch *batch, enum object_kind kind, const char *path) {
	struct buf b = file_bytes(path);
	struct object_id id;
	batch_put(batch, kind, b.data, b.len, &id, NULL);
	buf_dispose(&b);
	return id;
}

/* A signed file as a record with two pieces of evidence; its number. */
static uint64_t add_signed(struct app *app, const char *path, const char *name) {
	struct batch *batch = store_begin(sample_open(app, STORE_WRITE), SAMPLE_NOW);
	struct record_row row = {.name = (char *)name,
				 .source = (char *)"spool",
				 .actor = (char *)"clerk",
				 .taken_in = SAMPLE_NOW,
				 .state = RECORD_ACCEPTED,
				 .due = SAMPLE_NOW};
	struct buf b = file_bytes(path);
	uint64_t number;
	unsigned char sha512[DIGEST_MAX];
	row.size = b.len;
	digest_bytes(DIGEST_SHA512, b.data, b.len, sha512);
	memcpy(row.sha512, sha512, sizeof row.sha512);
	buf_dispose(&b);
	row.original = put_file(batch, OBJECT_DOCUMENT, path);
	batch_add_record(batch, &row, &number);
	struct object_id issuer = put_file(batch, OBJECT_CERTIFICATE, ISSUER), crl = put_file(batch, OBJECT_CRL, CRL);
	batch_link_evidence(batch, number, &issuer);
	batch_link_evidence(batch, number, &crl);
	sample_commit(batch);
	sample_close(app);
	return number;
}

static void in_folder(const char *folder, const char *script, int expected) {
	char *command = xasprintf("cd '%s' && { %s; } >output.log 2>&1", folder, script);
	int status = system(command);
	if ((status != 0) != (expected != 0)) {
		char *log = xasprintf("%s/output.log", folder), *text = folder_text(log);
		fail_msg("%s gave %d: %s", command, status, text ? text : "");
	}
	free(command);
}

/* Our own reading of RFC 8493: every line names a file with that digest, every payload file has a line. */
static size_t check_manifest(const char *bag, const char *manifest, enum digest_alg alg, const char *prefix) {
	char *path = xasprintf("%s/%s", bag, manifest), *text = folder_text(path);
	size_t lines = 0;
	if (!text) fail_msg("%s is not there", path);
	for (char *line = text, *end; *line; line = end + 1, lines++) {
		unsigned char told[DIGEST_MAX], is[DIGEST_MAX];
		size_t hex = 2 * digest_size(alg);
		end = strchr(line, '\n');
		assert_non_null(end);
		*end = 0;
		assert_int_equal(line[hex], ' ');
		line[hex] = 0;
		assert_true(hex_decode(line, told, hex / 2));
		const char *name = line + hex + 2;
		assert_int_equal(strncmp(name, prefix, strlen(prefix)), 0);
		assert_null(strpbrk(name, "%\\\r"));
		char *file = xasprintf("%s/%s", bag, name);
		struct buf b = file_bytes(file);
		digest_bytes(alg, b.data, b.len, is);
		assert_memory_equal(is, told, hex / 2);
		buf_dispose(&b);
		free(file);
	}
	free(path);
	free(text);
	return lines;
}

static size_t payload_files(const char *bag) {
	char *command = xasprintf("find '%s/data' -type f | wc -l", bag);
	FILE *pipe = popen(command, "re");
	unsigned long count = 0;
	assert_int_equal(fscanf(pipe, "%lu", &count), 1);
	pclose(pipe);
	free(command);
	return count;
}

static void check_bag(const char *bag) {
	size_t files = payload_files(bag);
	assert_int_equal(check_manifest(bag, "manifest-sha256.txt", DIGEST_SHA256, "data/"), files);
	assert_int_equal(check_manifest(bag, "manifest-sha512.txt", DIGEST_SHA512, "data/"), files);
	check_manifest(bag, "tagmanifest-sha256.txt", DIGEST_SHA256, "");
	check_manifest(bag, "tagmanifest-sha512.txt", DIGEST_SHA512, "");
}

static char *bag_path(const struct app *app, const char *name) {
	return xasprintf("%s/%s", app->archive, name);
}

static int export_run(struct app *app, const char *const *words) {
	int status;
	free(sample_run(app, &command_export, &status, words));
	return status;
}
#define EXPORT(app, ...) export_run(app, (const char *const[]){__VA_ARGS__, NULL})

static void bag_holds_originals_metadata_verdicts(void **state) {
	(void)state;
	struct app app = sample_archive("export-all");
	char *out = bag_path(&app, "out"), *text;
	assert_int_equal(EXPORT(&app, "--all", "-o", out), EXIT_FINE);
	check_bag(out);
	in_folder(out,
		  "sha256sum --strict -c manifest-sha256.txt && sha512sum --strict -c manifest-sha512.txt && sha256sum "
		  "--strict -c "
		  "tagmanifest-sha256.txt",
		  0);
	char *document = xasprintf("%s/data/1/document/15-QD-UBND.signed.pdf", out);
	assert_string_equal(text = folder_text(document), samples[0].content);
	free(text);
	char *metadata = xasprintf("%s/data/1/metadata.json", out);
	assert_string_equal(text = folder_text(metadata), samples[0].metadata);
	free(text);
	char *verdict = xasprintf("%s/data/4/verdicts/001.json", out);
	assert_string_equal(text = folder_text(verdict), samples[3].report);
	free(text);
	assert_true(folder_has(out, "data/3/document/no=0Ametadata =FF.pdf"));
	assert_false(folder_has(out, "data/omitted.txt"));
	free(out);
	free(document);
	free(metadata);
	free(verdict);
	sample_end(&app);
}

static void records_are_chosen_by_id_and_query(void **state) {
	(void)state;
	struct app app = sample_archive("export-chosen");
	char *a = bag_path(&app, "a"), *b = bag_path(&app, "b"), *c = bag_path(&app, "c.tar");
	assert_int_equal(EXPORT(&app, "2", "1", "2", "-o", a), EXIT_FINE);
	assert_true(folder_has(a, "data/1/record.json") && folder_has(a, "data/2/record.json"));
	assert_false(folder_has(a, "data/3"));
	assert_int_equal(EXPORT(&app, "--query", "state:accepted", "--output", b), EXIT_FINE);
	assert_true(folder_has(b, "data/1/record.json") && folder_has(b, "data/4/record.json"));
	assert_false(folder_has(b, "data/2"));
	assert_int_equal(EXPORT(&app, "--query=number:15", "-o", c), EXIT_FINE);
	assert_true(folder_has(app.archive, "c.tar"));
	free(a);
	free(b);
	free(c);
	sample_end(&app);
}

static void third_party_checks_signatures_with_openssl(void **state) {
	(void)state;
	struct app app = sample_archive("export-signed");
	uint64_t good = add_signed(&app, SIGNED, "15.pdf"), stamped = add_signed(&app, STAMPED, "24 lta.pdf"),
		 old = add_signed(&app, OF_SHA1, "61.pdf");
	char *out = bag_path(&app, "signed"),
	     *ids[] = {xasprintf("%llu", (unsigned long long)good), xasprintf("%llu", (unsigned long long)stamped),
		       xasprintf("%llu", (unsigned long long)old)};
	assert_int_equal(EXPORT(&app, ids[0], ids[1], ids[2], "-o", out), EXIT_FINE);
	check_bag(out);
	in_folder(out,
		  "sh check.sh >found && [ \"$(grep -c 'the signature holds' found)\" -ge 4 ] && grep 'lta.pdf.*the "
		  "timestamp holds' found && grep '61.pdf.*the signature holds' found && "
		  "[ \"$(find data/evidence -type f | wc -l)\" = 2 ]",
		  0);
	/* One byte of a document changed, the manifests left as they are. */
	in_folder(out, "printf X | dd of=$(ls data/*/document/15.pdf) bs=1 seek=600 conv=notrunc", 0);
	in_folder(out, "sh check.sh", 1);
	in_folder(out, "printf X | dd of=$(ls data/*/document/61.pdf) bs=1 seek=600 conv=notrunc", 0);
	in_folder(out, "sh check.sh | grep '61.pdf.*does NOT hold'", 0);
	free(out);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) free(ids[i]);
	sample_end(&app);
}

/* The commands that README.txt gives, taken out of it and run as they stand. */
static void commands_of_the_readme_work(void **state) {
	(void)state;
	struct app app = sample_archive("export-readme");
	uint64_t number = add_signed(&app, SIGNED, "15.pdf");
	char *out = bag_path(&app, "out"), *trust = bag_path(&app, "trust"),
	     *pem = folder_text(TEST_BINARY_DIR "/testpki/certs/root-g2.pem");
	assert_int_equal(mkdir(trust, 0755), 0);
	folder_put_text(trust, "root.pem", pem);
	folder_put_text(trust, "other.pem", pem + 1); /* no PEM: not named by a verdict either */
	in_folder(trust, "openssl x509 -in root.pem -outform DER | sha256sum | cut -c 1-64 > ../digest", 0);
	char *path = bag_path(&app, "digest"), *digest = folder_text(path);
	char *report = xasprintf("{\"signatures\":[{\"chain\":[{\"sha256\":\"%.64s\"}]}]}", digest);
	struct batch *batch = store_begin(sample_open(&app, STORE_WRITE), SAMPLE_NOW);
	struct verdict_row verdict = {
		.when = SAMPLE_NOW, .indication = (char *)"TOTAL-PASSED", .sub_indication = (char *)""};
	batch_put(batch, OBJECT_VERDICT, report, strlen(report), &verdict.report, NULL);
	batch_add_verdict(batch, number, &verdict, SAMPLE_NOW);
	/* The document brought its root along: that makes it evidence, and the anchor all the same. */
	in_folder(trust, "openssl x509 -in root.pem -outform DER -out ../root.der", 0);
	char *der = bag_path(&app, "root.der");
	struct object_id root = put_file(batch, OBJECT_CERTIFICATE, der);
	batch_link_evidence(batch, number, &root);
	free(der);
	sample_commit(batch);
	sample_close(&app);
	assert_int_equal(EXPORT(&app, "5", "-o", out), EXIT_FINE);
	check_bag(out);
	in_folder(out, "[ \"$(find data/trust -type f | wc -l)\" = 1 ]", 0);
	in_folder(out,
		  "F=data/5/document/15.pdf; AT=$(date -d 2026-11-22 +%s); set -e; "
		  "set -- $(grep -a -o '/ByteRange *\\[[ 0-9]*\\]' $F | head -n 1 | tr -dc '0-9 '); B=$2; C=$3; D=$4; "
		  "sed -n '/^2. The signatures/,/^4. Evidence/s/^       //p' README.txt > commands; [ $(wc -l < "
		  "commands) = 8 ]; . ./commands",
		  0);
	free(out);
	free(trust);
	free(pem);
	free(path);
	free(digest);
	free(report);
	sample_end(&app);
}

static void third_party_checks_detached_signatures_with_openssl(void **state) {
	(void)state;
	static const char *const names[] = {"75-du-lieu.txt", "75-du-lieu.txt.p7s", "76-BC-UBND.p7m", "77-du-lieu.tsr", "78-du-lieu.tst"};
	struct app app = sample_archive("export-detached");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char *path = xasprintf(TEST_BINARY_DIR "/testpki/samples/%s", names[i]);
		add_signed(&app, path, names[i]);
		free(path);
	}
	char *out = bag_path(&app, "out");
	assert_int_equal(EXPORT(&app, "5", "6", "7", "8", "9", "-o", out), EXIT_FINE);
	in_folder(out, "sh check.sh >found; cat found; [ \"$(grep -c 'p7[sm]: the signature holds' found)\" = 2 ] && grep 'p7m: carries what it signs' found", 0);
	in_folder(out, "[ \"$(grep -c '7[78].*ts[tr]: what it is about is not in this bag' found)\" = 2 ]", 0);
	/* Under the name of the text that it is about a time-stamp is found. */
	in_folder(out, "mkdir data/10; mkdir data/10/document; cp data/8/document/*.tsr data/10/document/75-du-lieu.txt.tsr; sh check.sh | grep 'txt.tsr: the timestamp holds'", 0);
	in_folder(out, "printf X >>data/5/document/75-du-lieu.txt; sh check.sh >found; grep -q 'p7s: the signature does NOT hold' found && grep 'txt.tsr: the timestamp does NOT hold' found", 0);
	free(out);
	sample_end(&app);
}

static void tampered_signature_does_not_hold(void **state) {
	(void)state;
	struct app app = sample_archive("export-tampered");
	add_signed(&app, TAMPERED, "40.pdf");
	char *out = bag_path(&app, "tampered");
	assert_int_equal(EXPORT(&app, "5", "-o", out), EXIT_FINE);
	in_folder(out, "sha256sum -c manifest-sha256.txt", 0);
	in_folder(out, "sh check.sh", 1);
	in_folder(out, "grep 'does NOT hold' output.log || sh check.sh | grep 'does NOT hold'", 0);
	free(out);
	sample_end(&app);
}

static void damaged_document_is_left_out_and_named(void **state) {
	(void)state;
	struct app app = sample_archive("export-damaged");
	char *out = bag_path(&app, "out"), *path = xasprintf("%s/data/omitted.txt", out);
	struct object_id id;
	sha256_bytes(samples[0].content, strlen(samples[0].content), id.sha256);
	sample_damage(&app, &id);
	assert_int_equal(EXPORT(&app, "--all", "-o", out), EXIT_DAMAGE);
	check_bag(out);
	assert_false(folder_has(out, "data/1/document"));
	assert_true(folder_has(out, "data/1/verdicts/001.json"));
	char *text = folder_text(path);
	assert_non_null(strstr(text, "record 1: the document is damaged"));
	free(text);
	free(out);
	free(path);
	sample_end(&app);
}

static void failing_export_leaves_nothing(void **state) {
	(void)state;
	struct app app = sample_archive("export-failing");
	char *out = bag_path(&app, "sub");
	folder_remove(out);
	assert_int_equal(mkdir(out, 0755), 0);
	char *bag = xasprintf("%s/bag.zip", out), *none = xasprintf("%s/none", out);
	assert_int_equal(EXPORT(&app, "1", "99", "-o", bag), EXIT_UNUSABLE);
	assert_int_equal(EXPORT(&app, "--query", "xyzzy", "-o", none), EXIT_UNUSABLE);
	assert_int_equal(rmdir(out), 0);
	assert_int_equal(EXPORT(&app, "1", "-o", bag), EXIT_UNUSABLE); /* its folder is gone now */
	free(bag);
	free(none);
	free(out);
	sample_end(&app);
}

static void wrong_requests_are_status_2(void **state) {
	(void)state;
	struct app app = sample_archive("export-wrong");
	assert_int_equal(EXPORT(&app, "1"), EXIT_UNUSABLE);
	assert_int_equal(EXPORT(&app, "-o", "/tmp/x"), EXIT_UNUSABLE);
	assert_int_equal(EXPORT(&app, "1", "--all", "-o", "/tmp/x"), EXIT_UNUSABLE);
	assert_int_equal(EXPORT(&app, "1", "--revision", "first", "-o", "/tmp/x"), EXIT_UNUSABLE);
	assert_int_equal(EXPORT(&app, "1", "--format", "rar", "-o", "/tmp/x"), EXIT_UNUSABLE);
	sample_end(&app);
}

/* ---- long-term forms ---- */

static void revisions_are_put_together_from_their_pieces(void **state) {
	(void)state;
	struct app app = sample_archive("export-revisions");
	struct revision_piece pieces[2] = {0};
	struct revision_row revision = {.when = SAMPLE_NOW,
					.size = strlen("first document") + strlen(" and more"),
					.pieces = pieces,
					.count = 2};
	struct batch *batch = store_begin(sample_open(&app, STORE_WRITE), SAMPLE_NOW);
	sha256_bytes(samples[0].content, strlen(samples[0].content), pieces[0].object.sha256);
	batch_put(batch, OBJECT_APPENDED, " and more", 9, &pieces[1].object, NULL);
	sha256_bytes("first document and more", 23, revision.digest.sha256);
	batch_add_revision(batch, 1, &revision);
	sample_commit(batch);
	sample_close(&app);
	static const struct {
		const char *which;
		bool original, longer;
	} cases[] = {{"original", true, false}, {"latest", false, true}, {"all", true, true}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *out = bag_path(&app, cases[i].which),
		     *path = xasprintf("%s/data/1/document/revision-1-15-QD-UBND.signed.pdf", out);
		assert_int_equal(EXPORT(&app, "1", "--revision", cases[i].which, "-o", out), EXIT_FINE);
		char *text = folder_text(path);
		assert_int_equal(text != NULL, cases[i].longer);
		if (text) assert_string_equal(text, "first document and more");
		assert_int_equal(folder_has(out, "data/1/document/15-QD-UBND.signed.pdf"), cases[i].original);
		check_bag(out);
		free(text);
		free(path);
		free(out);
	}
	sample_end(&app);
}

/* ---- the release in the journal ---- */

static int note_export(void *user, const struct event_row *event) {
	char **found = user;
	if (strcmp(event->type, "export") != 0) return 0;
	free(*found);
	*found = xstrdup(event->json);
	return 0;
}

static char *logged_release(struct app *app) {
	char *found = NULL;
	struct error err = {0};
	assert_true(store_each_event(sample_open(app, STORE_READ), 1, note_export, &found, &err) >= 0);
	sample_close(app);
	return found;
}

static void release_is_in_the_journal(void **state) {
	(void)state;
	struct app app = sample_archive("export-release");
	char *out = bag_path(&app, "out"), *tag = xasprintf("%s/tagmanifest-sha256.txt", out);
	assert_int_equal(EXPORT(&app, "1", "2", "-o", out), EXIT_FINE);
	char *json = logged_release(&app);
	assert_non_null(json);
	json_t *release = json_loads(json, 0, NULL);
	assert_int_equal(json_integer_value(json_object_get(release, "records")), 2);
	assert_string_equal(json_string_value(json_object_get(release, "selection")), "1 2");
	struct buf bytes = file_bytes(tag);
	unsigned char digest[SHA256_SIZE];
	char hex[SHA256_HEX];
	sha256_bytes(bytes.data, bytes.len, digest);
	assert_string_equal(json_string_value(json_object_get(release, "tagmanifest_sha256")),
			    hex_encode(digest, sizeof digest, hex));
	buf_dispose(&bytes);
	json_decref(release);
	free(json);
	free(out);
	free(tag);
	sample_end(&app);
}

static void release_beside_a_writer_waits_for_the_next_one(void **state) {
	(void)state;
	struct app app = sample_archive("export-waiting"), night = app;
	char *out = bag_path(&app, "out");
	struct error err = {0};
	/* flock belongs to the open file: a second opening of the same process is as locked out as another one. */
	int ready[2], stop[2];
	assert_true(!pipe(ready) && !pipe(stop));
	pid_t writer = fork();
	if (!writer) {
		char byte;
		night.store = store_open(night.archive, STORE_WRITE, "nightly", SAMPLE_NOW, &err);
		if (write(ready[1], night.store ? "y" : "n", 1) != 1 || read(stop[0], &byte, 1) != 1) _exit(1);
		store_close(night.store);
		_exit(0);
	}
	char byte;
	assert_true(read(ready[0], &byte, 1) == 1 && byte == 'y');
	assert_int_equal(EXPORT(&app, "1", "-o", out), EXIT_FINE);
	check_bag(out);
	assert_null(logged_release(&app));
	assert_int_equal(write(stop[1], "x", 1), 1);
	int status;
	assert_int_equal(waitpid(writer, &status, 0), writer);
	sample_open(&app, STORE_WRITE);
	assert_int_equal(export_log_pending(&app, &err), 0); /* nothing is left: opening took it */
	sample_close(&app);
	char *json = logged_release(&app);
	assert_non_null(json);
	free(json);
	in_folder(app.archive, "! ls work/release-*", 0);
	free(out);
	sample_end(&app);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bag_holds_originals_metadata_verdicts),
		cmocka_unit_test(records_are_chosen_by_id_and_query),
		cmocka_unit_test(third_party_checks_signatures_with_openssl),
		cmocka_unit_test(commands_of_the_readme_work),
		cmocka_unit_test(third_party_checks_detached_signatures_with_openssl),
		cmocka_unit_test(tampered_signature_does_not_hold),
		cmocka_unit_test(damaged_document_is_left_out_and_named),
		cmocka_unit_test(failing_export_leaves_nothing),
		cmocka_unit_test(wrong_requests_are_status_2),
		cmocka_unit_test(revisions_are_put_together_from_their_pieces),
		cmocka_unit_test(release_is_in_the_journal),
		cmocka_unit_test(release_beside_a_writer_waits_for_the_next_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
