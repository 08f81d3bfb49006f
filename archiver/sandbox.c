#include "archiver/sandbox.h"

#include "base/limits.h"
#include "base/mem.h"

#include <errno.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WORKER_FILES 16 /* three standard ones, the socket, two memory files, and room for what libraries keep */

#ifdef LTVAULT_SANITIZED
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

/* Never raises: a limit that came from outside stays. */
static bool lower(int resource, rlim_t value) {
	struct rlimit now;
	if (getrlimit((__rlimit_resource_t)resource, &now)) return false;
	struct rlimit wanted = {value < now.rlim_max ? value : now.rlim_max, value < now.rlim_max ? value : now.rlim_max};
	return setrlimit((__rlimit_resource_t)resource, &wanted) == 0;
}

static bool raise_rlimits(void) {
	static const struct {
		int resource;
		rlim_t most;
		bool always; /* the sanitizers reserve terabytes and start processes of their own to tell what they found */
	} rows[] = {
		{RLIMIT_CORE, 0, true},
		{RLIMIT_FSIZE, 0, true},
		{RLIMIT_NOFILE, WORKER_FILES, true},
		{RLIMIT_AS, LIMIT_WORKER_MEMORY, false},
		{RLIMIT_NPROC, 0, false},
	};
	bool all = true;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if ((rows[i].always || !sanitized) && !lower(rows[i].resource, rows[i].most)) all = false;
	return all;
}

/* Landlock forbids each kind of access that a ruleset handles and no rule allows: handle all, allow none. */
static bool raise_landlock(void) {
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1) return false;
	uint64_t handled[2] = {(UINT64_C(1) << 13) - 1, 0}; /* file access of version 1; connections (version 4) */
	if (abi >= 2) handled[0] |= UINT64_C(1) << 13;      /* refer */
	if (abi >= 3) handled[0] |= UINT64_C(1) << 14;      /* truncate */
	if (abi >= 5) handled[0] |= UINT64_C(1) << 15;      /* ioctl on devices */
	if (abi >= 4) handled[1] = 3;                       /* bind and connect with TCP */
	size_t size = abi >= 4 ? sizeof handled : sizeof handled[0];
	long ruleset = syscall(SYS_landlock_create_ruleset, handled, size, 0);
	if (ruleset < 0) return false;
	bool done = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	close((int)ruleset);
	return done;
}

/* What computing on memory and answering needs. */
static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendto),
	SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
	SCMP_SYS(futex), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(sched_yield), SCMP_SYS(getpid),
	SCMP_SYS(gettid), SCMP_SYS(tgkill), /* abort() */
	SCMP_SYS(sysinfo),                  /* qsort() asks how much memory there is */
};

/* What libraries try and can do without: refused, because a kill would turn a harmless question into a dead worker. */
static const int refused[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat), SCMP_SYS(fstat), SCMP_SYS(lstat), SCMP_SYS(newfstatat),
	SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(ioctl), SCMP_SYS(fcntl), SCMP_SYS(uname), SCMP_SYS(getcwd), SCMP_SYS(prlimit64), SCMP_SYS(getrlimit),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
};

static bool raise_seccomp(void) {
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (!filter) return false;
	bool good = true;
	/* Calls that this machine's architecture does not have are passed over by libseccomp. */
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++) good &= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		good &= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), refused[i], 0) == 0;
	/* Memory, but none that can be executed. */
	struct scmp_arg_cmp data_only = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	good &= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, data_only) == 0;
	good &= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, data_only) == 0;
	good = good && seccomp_load(filter) == 0;
	seccomp_release(filter);
	return good;
}

unsigned sandbox_enter(void) {
	unsigned missing = 0;
	if (!raise_rlimits()) missing |= SANDBOX_RLIMITS;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) missing |= SANDBOX_PRIVILEGES;
	if (sanitized) return missing;
	if (!raise_landlock()) missing |= SANDBOX_LANDLOCK;
	if (!raise_seccomp()) missing |= SANDBOX_SECCOMP;
	return missing;
}

char *sandbox_names(unsigned walls) {
	static const struct {
		enum sandbox_wall wall;
		const char *name;
	} names[] = {{SANDBOX_RLIMITS, "rlimits"}, {SANDBOX_PRIVILEGES, "no-new-privileges"}, {SANDBOX_LANDLOCK, "landlock"},
	             {SANDBOX_SECCOMP, "seccomp"}};
	struct buf text = {0};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (walls & names[i].wall) buf_printf(&text, "%s%s", text.len ? " " : "", names[i].name);
	buf_add_text(&text, "");
	return text.data ? buf_take_text(&text) : xstrdup("");
}
