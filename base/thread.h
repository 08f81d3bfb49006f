/* Threads that help: signals are for the thread that runs the program. */
#ifndef LTVAULT_BASE_THREAD_H
#define LTVAULT_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Starts one with every signal blocked but those that it brings on itself; pthread_join ends it. False: there is none to be had. */
bool thread_start(pthread_t *thread, void *(*work)(void *user), void *user);

#endif
