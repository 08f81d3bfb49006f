/* The walls around a worker: after sandbox_enter the process can compute, read and write what is open, and nothing else.
 *
 * Rlimits: address space, files, processes, core, file size. No new privileges. Landlock: no path can be opened.
 * Seccomp: system calls beyond a short list kill the process; opening and asking about files is refused. A build with
 * sanitizers (LTVAULT_SANITIZED) stands only behind the rlimits that sanitizers bear. */
#ifndef LTVAULT_ARCHIVER_SANDBOX_H
#define LTVAULT_ARCHIVER_SANDBOX_H

enum sandbox_wall {
	SANDBOX_RLIMITS = 1,
	SANDBOX_PRIVILEGES = 2,
	SANDBOX_LANDLOCK = 4,
	SANDBOX_SECCOMP = 8,
};

/* Returns the walls that could not be raised, as bits; 0 when all stand. Cannot be undone. */
unsigned sandbox_enter(void);
/* "seccomp landlock"; owned by the caller. */
char *sandbox_names(unsigned walls);

#endif
