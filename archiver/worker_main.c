#include "archiver/worker_private.h"

#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>

static void *start(const char *policy, size_t policy_len, struct error *err) {
	return validator_new(policy, policy_len, err);
}

static int trust(void *state, const unsigned char *data, size_t len) {
	return validator_add_trust(state, data, len);
}

static json_t *policy_id(const void *state) {
	return validator_policy_id(state);
}

static json_t *judge(void *state, const struct val_request *request, bool path) {
	if (request->only_read) return validator_read_evidence(state, request);
	if (request->query.data) return validator_judge_answer(state, request);
	return path ? validator_judge_path(state, request) : validator_judge(state, request);
}

static void stop(void *state) {
	validator_free(state);
}

static const struct worker_engine engine = {start, trust, policy_id, judge, stop};

/* Whatever OpenSSL opens or asks for once is opened now: afterwards nothing can be. */
static void warm_up(void) {
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL);
	digest_init();
	static const char *const kinds[] = {"RSA", "RSA-PSS", "EC"};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) EVP_PKEY_CTX_free(EVP_PKEY_CTX_new_from_name(NULL, kinds[i], NULL));
}

int worker_main(void) {
	/* A worker whose parent is gone judges for nobody. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Each large piece of memory that is freed would have all small ones that were freed looked through. */
	mallopt(M_MXFAST, 0);
	warm_up();
	return worker_serve(WORKER_FD, &engine);
}
