#ifndef RONDA_CCURL_SHIM_H
#define RONDA_CCURL_SHIM_H

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

// Swift cannot call C variadics, and libcurl sets and reads every option through one. One wrapper
// per argument type; the parentheses around the name step past libcurl's type-checking macros,
// which only understand an option that is a constant at the call.

static inline CURLcode ronda_curl_set_long(CURL *handle, CURLoption option, long value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode ronda_curl_set_string(
    CURL *handle, CURLoption option, const char *value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode ronda_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode ronda_curl_set_headers(CURL *handle, struct curl_slist *list) {
    return (curl_easy_setopt)(handle, CURLOPT_HTTPHEADER, list);
}

// For CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION, whose callbacks have the same type.
static inline CURLcode ronda_curl_set_write(
    CURL *handle, CURLoption option, curl_write_callback callback) {
    return (curl_easy_setopt)(handle, option, callback);
}

static inline CURLcode ronda_curl_set_progress(CURL *handle, curl_xferinfo_callback callback) {
    return (curl_easy_setopt)(handle, CURLOPT_XFERINFOFUNCTION, callback);
}

// The bytes are not copied: they must outlive the transfer. No bytes means an empty body; a null
// pointer would instead make libcurl ask its read callback, which by default reads stdin.
static inline CURLcode ronda_curl_set_body(CURL *handle, const void *bytes, curl_off_t count) {
    CURLcode code = (curl_easy_setopt)(handle, CURLOPT_POSTFIELDSIZE_LARGE, count);
    if (code != CURLE_OK) return code;
    return (curl_easy_setopt)(handle, CURLOPT_POSTFIELDS, bytes ? bytes : "");
}

// Lets a transfer that is given up during a DNS look-up return at once instead of joining the
// resolver's thread, which can take the system's whole DNS timeout. libcurl 7.87.
static inline CURLcode ronda_curl_set_quick_exit(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075700
    return (curl_easy_setopt)(handle, CURLOPT_QUICK_EXIT, 1L);
#else
    (void)handle;
    return CURLE_OK;
#endif
}

static inline CURLcode ronda_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return (curl_easy_getinfo)(handle, info, value);
}

static inline CURLcode ronda_curl_get_size(CURL *handle, CURLINFO info, curl_off_t *value) {
    return (curl_easy_getinfo)(handle, info, value);
}

// CURLOPT_NOSIGNAL also stops libcurl from ignoring SIGPIPE, and a TLS library that writes to a
// socket the peer has closed would end the process. Between hold and release the signal is blocked
// in this thread only, and one raised meanwhile is swallowed; one that was already pending is not.
typedef struct {
    sigset_t previous;
    int was_pending;
} ronda_curl_sigpipe;

static inline ronda_curl_sigpipe ronda_curl_hold_sigpipe(void) {
    ronda_curl_sigpipe held;
    sigset_t pending, pipe;
    sigemptyset(&pending);
    sigpending(&pending);
    held.was_pending = sigismember(&pending, SIGPIPE);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &held.previous);
    return held;
}

static inline void ronda_curl_release_sigpipe(ronda_curl_sigpipe held) {
#if defined(__linux__)
    if (!held.was_pending) {
        sigset_t pipe;
        struct timespec now = {0, 0};
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        while (sigtimedwait(&pipe, NULL, &now) == SIGPIPE) {}
    }
#endif
    pthread_sigmask(SIG_SETMASK, &held.previous, NULL);
}

#endif
