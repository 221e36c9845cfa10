/* A stand-in for the chat services of OpenAI and Anthropic on 127.0.0.1: one thread, epoll.
 *
 *     mock PORT [CERTIFICATE KEY]    prints the port it got; with a certificate it speaks TLS
 *
 * POST …/chat/completions and POST …/messages are answered whole, or as events if the body asks
 * for a stream. The name of the model says how, so that it survives any gateway: `mock-N` streams
 * N pieces of text as fast as they are taken, `mock-N-dMS` one piece every MS milliseconds.
 *
 * Every piece of text is an `@` and 16 digits, by which a reader knows that it got all of them in
 * their order: the piece's number, from 1; in a paced stream, the microseconds of CLOCK_MONOTONIC
 * at which it was written. An answer in one piece holds number 1. Each event is an HTTP chunk of
 * its own, as both services send them.
 *
 * It does not sleep between requests, unless streams are paced: to wake a process whose core has gone idle takes up to 10 µs
 * here, which the kernel counts as the sender's time, and only of senders that are slow enough. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { OUT = 65536, EVENT = 2048, READ = 16384 };
enum { AWAKE = 50000 }; /* microseconds for which it waits without sleeping */
enum Kind { NOTHING, CHAT, MESSAGES };

typedef struct Conn {
    int fd, waits_to_write;
    SSL *tls;
    char *in, *out;
    size_t in_len, in_cap, out_len;
    enum Kind kind;              /* of the answer under way */
    int streaming, usage;        /* whether it is a stream; whether it tells usage */
    long next, pieces, delay_ms; /* the number of the next event */
    long long due;               /* when the next paced write is, or 0 */
    struct Conn *after, **before; /* links of the list of paced connections */
} Conn;

static Conn *paced;
static int poller;
static SSL_CTX *tls;

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void fail(const char *what) { perror(what); exit(1); }

/* ---------------------------------------------------------------- what is answered */

#define CHAT_HEAD "\"created\":1763600000,\"model\":\"gpt-4o-mini-2024-07-18\"," \
    "\"service_tier\":\"default\",\"system_fingerprint\":\"fp_1234567890\",\"choices\":["
#define CHAT_ID "{\"id\":\"chatcmpl-BxYz0123456789abcdefghijklmno\",\"object\":\"chat.completion"
#define CHUNK "data: " CHAT_ID ".chunk\"," CHAT_HEAD
#define NO_USAGE ",\"usage\":null"
#define CHUNK_END ",\"obfuscation\":\"aB3x\"}\n\n"
#define DETAILS "\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0}," \
    "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0," \
    "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}"
#define MESSAGE "{\"id\":\"msg_01XFDUDYJgAACzvnptvVoYEL\",\"type\":\"message\"," \
    "\"role\":\"assistant\",\"model\":\"claude-sonnet-4-5-20250929\",\"content\":["
#define CACHE "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,"

static const char WHOLE_CHAT[] = CHAT_ID "\"," CHAT_HEAD "{\"index\":0,\"message\":{\"role\":"
    "\"assistant\",\"content\":\"Hello! How can I help you today? @0000000000000001\","
    "\"refusal\":null,\"annotations\":[]},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
    "\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":10,\"total_tokens\":29," DETAILS "}";
static const char WHOLE_MESSAGE[] = MESSAGE "{\"type\":\"text\",\"text\":"
    "\"Hello! How can I help you today? @0000000000000001\"}],\"stop_reason\":\"end_turn\","
    "\"stop_sequence\":null,\"usage\":{\"input_tokens\":19," CACHE
    "\"output_tokens\":10,\"service_tier\":\"standard\"}}";
static const char NOT_FOUND[] = "{\"error\":{\"message\":\"mock: no such path or model\","
    "\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}}";

/* Write a piece of text with what stands around it; snprintf would be most of this program. */
static size_t piece(char *out, const char *before, size_t left, const char *after, size_t right,
                    long long number) {
    memcpy(out, before, left);
    for (int i = 15; i >= 0; i--, number /= 10) out[left + 1 + i] = '0' + number % 10;
    out[left] = '@';
    memcpy(out + left + 17, after, right);
    return left + 17 + right;
}
#define PIECE(out, before, after, number) \
    piece(out, before, sizeof before - 1, after, sizeof after - 1, number)
#define SAY(...) snprintf(out, EVENT, __VA_ARGS__)

static size_t chat_event(const Conn *c, char *out) {
    static const char before[] = CHUNK "{\"index\":0,\"delta\":{\"content\":\"";
    static const char after[] = "\"},\"logprobs\":null,\"finish_reason\":null}]" CHUNK_END;
    static const char null_after[] =
        "\"},\"logprobs\":null,\"finish_reason\":null}]" NO_USAGE CHUNK_END;
    const char *usage = c->usage ? NO_USAGE : "";
    long long number = c->delay_ms ? now() : c->next;
    long last = c->pieces + 1;
    if (c->next == 0)
        return SAY(CHUNK "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\","
                   "\"refusal\":null},\"logprobs\":null,\"finish_reason\":null}]%s" CHUNK_END, usage);
    if (c->next < last)
        return c->usage ? PIECE(out, before, null_after, number) : PIECE(out, before, after, number);
    if (c->next == last)
        return SAY(CHUNK "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]"
                   "%s" CHUNK_END, usage);
    if (c->usage && c->next == last + 1)
        return SAY(CHUNK "],\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":%ld,"
                   "\"total_tokens\":%ld," DETAILS CHUNK_END, c->pieces, c->pieces + 19);
    if (c->next == last + 1 + c->usage) return SAY("data: [DONE]\n\n");
    return 0;
}

static size_t message_event(const Conn *c, char *out) {
    static const char before[] = "event: content_block_delta\ndata: {\"type\":"
        "\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"";
    static const char after[] = "\"}}\n\n";
    if (c->next == 0)
        return SAY("event: message_start\ndata: {\"type\":\"message_start\",\"message\":" MESSAGE "],"
                   "\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":19," CACHE
                   "\"output_tokens\":1,\"service_tier\":\"standard\"}}}\n\n"
                   "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
                   "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
                   "event: ping\ndata: {\"type\": \"ping\"}\n\n");
    if (c->next <= c->pieces) return PIECE(out, before, after, c->delay_ms ? now() : c->next);
    if (c->next == c->pieces + 1)
        return SAY("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
                   "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
                   "\"end_turn\",\"stop_sequence\":null},\"usage\":{\"input_tokens\":19," CACHE
                   "\"output_tokens\":%ld}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
                   c->pieces);
    return 0;
}

/* ---------------------------------------------------------------- writing */

static void put(Conn *c, const char *data, size_t len) {
    memcpy(c->out + c->out_len, data, len);
    c->out_len += len;
}

static void put_whole(Conn *c) {
    const char *body = c->kind == CHAT ? WHOLE_CHAT : c->kind == MESSAGES ? WHOLE_MESSAGE : NOT_FOUND;
    char head[256];
    size_t len = snprintf(head, sizeof head, "HTTP/1.1 %s\r\ncontent-type: application/json\r\n"
                          "x-request-id: req_0123456789abcdef\r\ncontent-length: %zu\r\n\r\n",
                          c->kind ? "200 OK" : "404 Not Found", strlen(body));
    put(c, head, len);
    put(c, body, strlen(body));
}

static void pace(Conn *c, long long due) {
    c->due = due;
    if (!due && c->before) {
        *c->before = c->after;
        if (c->after) c->after->before = c->before;
        c->before = NULL;
    } else if (due && !c->before) {
        c->after = paced;
        if (paced) paced->before = &c->after;
        c->before = &paced;
        paced = c;
    }
}

/* Write the next event as a chunk, or after the last one the end of the body. */
static void put_event(Conn *c) {
    char event[EVENT], size[16];
    size_t len = c->kind == CHAT ? chat_event(c, event) : message_event(c, event);
    c->next++;
    put(c, size, sprintf(size, "%zx\r\n", len));
    put(c, event, len);
    put(c, "\r\n", 2);
    if (!len) { c->streaming = 0; pace(c, 0); }
}

/* Return the bytes sent or received, 0 if it has to wait, -1 if the connection is gone. */
static ssize_t moved(Conn *c, char *data, size_t len, int sends) {
    ssize_t n;
    if (c->tls) {
        ERR_clear_error(); /* what another connection left there would be taken for ours */
        n = sends ? SSL_write(c->tls, data, len) : SSL_read(c->tls, data, len);
        if (n > 0) return n;
        int why = SSL_get_error(c->tls, n);
        return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    n = sends ? send(c->fd, data, len, MSG_NOSIGNAL) : recv(c->fd, data, len, 0);
    return n > 0 ? n : n < 0 && errno == EAGAIN ? 0 : -1;
}

static int flush(Conn *c) {
    for (;;) {
        while (c->streaming && !c->delay_ms && c->out_len < OUT - 2 * EVENT) put_event(c);
        if (!c->out_len) break;
        ssize_t n = moved(c, c->out, c->out_len, 1);
        if (n < 0) return -1;
        if (n == 0) break;
        memmove(c->out, c->out + n, c->out_len -= n);
    }
    if (c->waits_to_write != (c->out_len > 0)) {
        c->waits_to_write = c->out_len > 0;
        struct epoll_event e = {EPOLLIN | (c->waits_to_write ? EPOLLOUT : 0), {.ptr = c}};
        epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &e);
    }
    return 0;
}

/* ---------------------------------------------------------------- reading */

static int has(const char *text, size_t len, const char *word) {
    return memmem(text, len, word, strlen(word)) != NULL;
}

static void answer(Conn *c, const char *head, const char *body, size_t len) {
    const char *name = memmem(body, len, "mock-", 5);
    char *end = NULL;
    c->kind = !name ? NOTHING : strstr(head, "/chat/completions ") ? CHAT
            : strstr(head, "/messages ") ? MESSAGES : NOTHING;
    c->next = c->delay_ms = 0;
    c->pieces = name ? strtol(name + 5, &end, 10) : 0;
    if (end && end[0] == '-' && end[1] == 'd') c->delay_ms = atol(end + 2);
    c->usage = has(body, len, "\"include_usage\":true") || has(body, len, "\"include_usage\": true");
    c->streaming = c->kind && (has(body, len, "\"stream\":true") || has(body, len, "\"stream\": true"));
    if (!c->streaming) { put_whole(c); return; }
    static const char start[] = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8"
        "\r\nx-request-id: req_0123456789abcdef\r\ntransfer-encoding: chunked\r\n\r\n";
    put(c, start, sizeof start - 1);
    put_event(c);
    if (c->delay_ms) pace(c, now() + c->delay_ms * 1000);
}

/* Answer every request that is whole, one after another; -1 if the connection is to be closed. */
static int serve(Conn *c) {
    while (c->in_len && !c->streaming) {
        char *end = memmem(c->in, c->in_len, "\r\n\r\n", 4);
        if (!end) return 0;
        *end = 0; /* the head is a string now */
        char *length = strcasestr(c->in, "\ncontent-length:"), *body = end + 4;
        int chunked = strcasestr(c->in, "\ntransfer-encoding: chunked") != NULL;
        size_t came = c->in + c->in_len - body, len = length ? strtoul(length + 16, NULL, 10) : 0;
        if (chunked) { /* the words that are looked for may stand between the sizes of chunks */
            char *last = memmem(body, came, "0\r\n\r\n", 5);
            len = last ? (size_t)(last + 5 - body) : came + 1;
        }
        if (len > came) { *end = '\r'; return 0; }
        answer(c, c->in, body, len);
        c->in_len = came - len;
        memmove(c->in, body + len, c->in_len);
        if (flush(c) < 0) return -1;
    }
    return 0;
}

static int read_all(Conn *c) {
    for (;;) {
        if (c->in_cap - c->in_len < READ) c->in = realloc(c->in, c->in_cap += c->in_cap + READ);
        size_t room = c->in_cap - c->in_len - 1;
        ssize_t n = moved(c, c->in + c->in_len, room, 0);
        if (n <= 0) return n;
        c->in_len += n;
        if (!c->tls && (size_t)n < room) return 0; /* TLS may hold more that nobody tells of */
    }
}

/* ---------------------------------------------------------------- connections */

static void open_connection(int fd) {
    int one = 1;
    Conn *c = calloc(1, sizeof *c);
    c->fd = fd;
    c->out = malloc(OUT);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (tls) {
        c->tls = SSL_new(tls);
        SSL_set_fd(c->tls, fd);
        SSL_set_accept_state(c->tls);
    }
    struct epoll_event e = {EPOLLIN, {.ptr = c}};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e);
}

static void close_connection(Conn *c) {
    pace(c, 0);
    SSL_free(c->tls);
    close(c->fd);
    free(c->in);
    free(c->out);
    free(c);
}

static void write_what_is_due(void) {
    long long t = now();
    for (Conn *c = paced, *after; c; c = after) {
        after = c->after;
        if (c->due > t) continue;
        c->due += c->delay_ms * 1000;
        do put_event(c); while (c->streaming && c->next > c->pieces); /* the end comes at once */
        if (flush(c) < 0 || serve(c) < 0) close_connection(c);
    }
}

static int listener(int port) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in a = {AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}, {0}};
    socklen_t len = sizeof a;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (void *)&a, len) || listen(fd, 4096)) fail("mock");
    getsockname(fd, (void *)&a, &len);
    printf("%d\n", ntohs(a.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv) {
    if (argc != 2 && argc != 4) { fputs("mock PORT [CERTIFICATE KEY]\n", stderr); return 2; }
    signal(SIGPIPE, SIG_IGN);
    if (argc == 4) {
        tls = SSL_CTX_new(TLS_server_method());
        SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        if (SSL_CTX_use_certificate_chain_file(tls, argv[2]) != 1
            || SSL_CTX_use_PrivateKey_file(tls, argv[3], SSL_FILETYPE_PEM) != 1)
            fail("mock: certificate");
    }
    poller = epoll_create1(0);
    int door = listener(atoi(argv[1]));
    struct epoll_event e = {EPOLLIN, {.ptr = NULL}}, ready[256];
    epoll_ctl(poller, EPOLL_CTL_ADD, door, &e);
    for (long long busy = 0;;) {
        int awake = !paced && now() - busy < AWAKE;
        int n = epoll_wait(poller, ready, 256, awake ? 0 : paced ? 1 : -1);
        if (n > 0) busy = now();
        else if (awake) sched_yield();
        for (int i = 0; i < n; i++) {
            Conn *c = ready[i].data.ptr;
            if (!c) {
                int fd;
                while ((fd = accept4(door, NULL, NULL, SOCK_NONBLOCK)) >= 0) open_connection(fd);
                continue;
            }
            int gone = ready[i].events & EPOLLOUT ? flush(c) < 0 : 0;
            if (!gone && ready[i].events & ~EPOLLOUT) gone = read_all(c) < 0;
            if (gone || serve(c) < 0) close_connection(c);
        }
        if (paced) write_what_is_due();
    }
}
