/* Gives the files of folders, and a few bytes that every reader must bear, to a fuzz target: the corpus as a test. */
#include "base/mem.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void give(const char *text, size_t size) {
	/* A copy of exactly this size: a sanitizer sees each byte that is read beyond it. */
	uint8_t *copy = xmemdup(text, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static int give_file(const char *path) {
	struct stat st;
	FILE *in = fopen(path, "re");
	if (!in || fstat(fileno(in), &st) || !S_ISREG(st.st_mode)) {
		if (in) fclose(in);
		return in ? 0 : 1;
	}
	char *data = xmalloc((size_t)st.st_size + 1);
	size_t size = fread(data, 1, (size_t)st.st_size, in);
	fclose(in);
	give(data, size);
	free(data);
	return size != (size_t)st.st_size;
}

static int give_folder(const char *folder) {
	struct dirent *entry;
	DIR *d = opendir(folder);
	int bad = !d;
	while (d && (entry = readdir(d))) {
		char *path = xasprintf("%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.') bad |= give_file(path);
		free(path);
	}
	if (d) closedir(d);
	return bad;
}

int main(int argc, char **argv) {
	static const char *const starts[] = {"", "\x30", "\x30\x80", "\x30\x84\xff\xff\xff\xff", "%PDF-1.7\n", "%PDF-1.7\nstartxref\n9\n%%EOF",
	                                     "-----BEGIN CERTIFICATE-----\n"};
	int bad = 0;
	for (size_t i = 0; i < ARRAY_LEN(starts); i++) give(starts[i], strlen(starts[i]));
	for (int i = 1; i < argc; i++) bad |= give_folder(argv[i]);
	return bad;
}
