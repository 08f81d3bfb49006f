/* The yardstick for intake: a plain loop that reads files, hashes them with SHA-256 and appends them to one file,
 * with one fdatasync for every N files. Usage: plain_intake OUT N < list of paths */
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void fail(const char *what) {
	perror(what);
	exit(1);
}

static void append(int out, const char *path, unsigned char *chunk, size_t size, EVP_MD_CTX *ctx) {
	unsigned char sum[EVP_MAX_MD_SIZE];
	int in = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	if (in < 0) fail(path);
	EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	while ((n = read(in, chunk, size)) > 0) {
		EVP_DigestUpdate(ctx, chunk, (size_t)n);
		if (write(out, chunk, (size_t)n) != n) fail("write");
	}
	if (n < 0) fail(path);
	EVP_DigestFinal_ex(ctx, sum, NULL);
	close(in);
}

int main(int argc, char **argv) {
	if (argc != 3) return 2;
	char *line = NULL;
	size_t cap = 0, count = 0, every = strtoul(argv[2], NULL, 10), size = 1 << 20;
	unsigned char *chunk = malloc(size);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int out = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0 || !chunk || !ctx || !every) fail("start");
	while (getline(&line, &cap, stdin) > 0) {
		line[strcspn(line, "\n")] = 0;
		append(out, line, chunk, size, ctx);
		if (++count % every == 0 && fdatasync(out)) fail("fdatasync");
	}
	if (fdatasync(out)) fail("fdatasync");
	close(out);
	EVP_MD_CTX_free(ctx);
	free(chunk);
	free(line);
	return 0;
}
