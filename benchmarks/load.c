/* Asks one server on 127.0.0.1 the same question again and again, and checks every answer.
 *
 *     load PORT REQUEST CONNECTIONS PIECES SECONDS WARMUP [paced]
 *
 * REQUEST is a file that holds one whole HTTP/1.1 request. Each connection asks again as soon as it
 * has its answer; a closed one is opened again. An answer is right if its status is 200 and its
 * body, whatever its form, holds PIECES pieces of text as `mock` writes them (`@` and 16 digits),
 * numbered from 1 in their order. With `paced` the pieces hold times instead, from which the lag
 * of each is read, and the connections begin 2 ms apart.
 *
 * Prints `begun` after WARMUP seconds, which do not count, and after SECONDS more one line of JSON. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum State { HEAD, SIZE, CHUNK, CHUNK_END, TRAILER, FIXED, TO_THE_END };

typedef struct Conn {
    int fd, closes;
    enum State state;
    char head[16384];
    size_t head_len;
    long long left;          /* bytes of the chunk or of the body that are still to come */
    int line_len;            /* of the line of a size or a trailer */
    int status, wrong, digits; /* digits of the piece that have come, -1 between pieces */
    long long number, pieces, asked;
} Conn;

typedef struct { unsigned *all; size_t len, cap; } Times;

static Times latency, lag;
static long long answers, wrong, in_order, pieces, start;
static int port, poller, is_paced, counting;
static char *request, *first_wrong;
static size_t request_len;

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void fail(const char *what) { perror(what); exit(1); }

static void note(Times *times, long long t) {
    if (!counting) return;
    if (times->len == times->cap)
        times->all = realloc(times->all, sizeof *times->all * (times->cap = times->cap * 2 + 4096));
    times->all[times->len++] = t < 0 ? 0 : t;
}

static int by_size(const void *a, const void *b) {
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return (x > y) - (x < y);
}

static void print(const char *name, Times *times) {
    if (times->len) qsort(times->all, times->len, sizeof *times->all, by_size);
    for (int i = 0; i < 2; i++) {
        size_t at = times->len * (i ? 99 : 50) / 100;
        printf(", \"%s_p%d_us\": %u", name, i ? 99 : 50, times->len ? times->all[at] : 0);
    }
}

/* ---------------------------------------------------------------- asking */

static void ask(Conn *c) {
    c->state = HEAD;
    c->head_len = c->line_len = c->wrong = 0;
    c->pieces = 0;
    c->digits = -1;
    c->asked = now();
    for (size_t sent = 0; sent < request_len;) {
        ssize_t n = send(c->fd, request + sent, request_len - sent, MSG_NOSIGNAL);
        if (n < 0) return; /* reading will find it closed */
        sent += n;
    }
}

static void connect_and_ask(Conn *c) {
    struct sockaddr_in a = {AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}, {0}};
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c->fd, (void *)&a, sizeof a)) fail("load: connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event e = {EPOLLIN, {.ptr = c}};
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &e);
    ask(c);
}

static void finish(Conn *c, int whole) {
    int right = whole && c->status == 200 && !c->wrong && c->pieces == pieces;
    if (counting) { answers += right; wrong += !right; }
    if (right) note(&latency, now() - c->asked);
    else if (!first_wrong)
        asprintf(&first_wrong, "status %d, %lld pieces%s%s", c->status, c->pieces,
                 c->wrong ? ", out of order" : "", whole ? "" : ", cut off");
    if (!whole || c->closes) {
        close(c->fd);
        connect_and_ask(c);
    } else ask(c);
}

/* ---------------------------------------------------------------- reading */

static void read_piece(Conn *c, long long t) {
    c->pieces++;
    c->digits = -1;
    if (is_paced) note(&lag, t - c->number);
    else if (c->number != c->pieces) c->wrong = 1;
    in_order += counting && !c->wrong;
}

static void read_body(Conn *c, const char *p, size_t len) {
    const char *end = p + len;
    long long t = is_paced ? now() : 0;
    while (p < end) {
        if (c->digits < 0) {
            if (!(p = memchr(p, '@', end - p))) return;
            p++;
            c->digits = 0;
            c->number = 0;
        }
        while (p < end && c->digits < 16) {
            if (*p < '0' || *p > '9') { c->wrong = 1; c->digits = -1; break; }
            c->number = c->number * 10 + *p++ - '0';
            c->digits++;
        }
        if (c->digits == 16) read_piece(c, t);
    }
}

static void read_head(Conn *c) {
    c->status = atoi(c->head + 9);
    c->closes = strcasestr(c->head, "\nconnection: close") != NULL;
    char *length = strcasestr(c->head, "\ncontent-length:");
    if (strcasestr(c->head, "\ntransfer-encoding: chunked")) c->state = SIZE, c->left = 0;
    else if (length) c->state = FIXED, c->left = atoll(length + 16);
    else c->state = TO_THE_END, c->closes = 1;
}

static int value(char digit) {
    return digit >= 'a' ? digit - 'a' + 10 : digit >= 'A' ? digit - 'A' + 10 : digit - '0';
}

/* Read bytes of an answer; a server says nothing more before it is asked again. */
static void read_answer(Conn *c, const char *p, size_t len) {
    while (len) {
        size_t n = 1;
        switch (c->state) {
        case HEAD: {
            size_t before = c->head_len, room = sizeof c->head - 1 - before;
            n = len < room ? len : room;
            memcpy(c->head + before, p, n);
            c->head[c->head_len += n] = 0;
            char *end = strstr(c->head, "\r\n\r\n");
            if (!end && !room) { finish(c, 0); return; }
            if (end) {
                n = end + 4 - c->head - before;
                end[2] = 0;
                read_head(c);
                if (c->state == FIXED && !c->left) { finish(c, 1); return; }
            }
            break;
        }
        case SIZE:
            if (*p == '\n') c->state = c->left ? CHUNK : TRAILER, c->line_len = 0;
            else if (*p == ';') c->line_len = 1; /* what follows is no part of the size */
            else if (*p != '\r' && !c->line_len) c->left = c->left * 16 + value(*p);
            break;
        case CHUNK:
        case FIXED:
            n = len < (size_t)c->left ? len : (size_t)c->left;
            read_body(c, p, n);
            if ((c->left -= n)) break;
            if (c->state == FIXED) { finish(c, 1); return; }
            c->state = CHUNK_END;
            break;
        case CHUNK_END:
            if (*p == '\n') c->state = SIZE;
            break;
        case TRAILER:
            if (*p == '\n' && !c->line_len) { finish(c, 1); return; }
            if (*p == '\n') c->line_len = 0;
            else if (*p != '\r') c->line_len++;
            break;
        case TO_THE_END:
            n = len;
            read_body(c, p, n);
            break;
        }
        p += n;
        len -= n;
    }
}

int main(int argc, char **argv) {
    if (argc < 7) { fputs("load PORT REQUEST CONNECTIONS PIECES SECONDS WARMUP [paced]\n", stderr); return 2; }
    int connections = atoi(argv[3]), opened = 0;
    double seconds = atof(argv[5]), warmup = atof(argv[6]);
    FILE *file = fopen(argv[2], "rb");
    if (!file) fail("load: request");
    request = malloc(1 << 20);
    request_len = fread(request, 1, 1 << 20, file);
    fclose(file);
    port = atoi(argv[1]);
    pieces = atoll(argv[4]);
    is_paced = argc > 7;
    signal(SIGPIPE, SIG_IGN);
    poller = epoll_create1(0);
    Conn *all = calloc(connections, sizeof *all);
    static char data[1 << 18];
    struct epoll_event ready[256];
    long long began = now(), from = began + warmup * 1e6, t;
    while ((t = now()) < from + seconds * 1e6) {
        if (!counting && t >= from) {
            counting = 1;
            start = t;
            puts("begun");
            fflush(stdout);
        }
        while (opened < connections && (!is_paced || t > began + opened * 2000))
            connect_and_ask(&all[opened++]);
        int patience = !is_paced ? 0 : opened < connections ? 1 : 20; /* see mock.c */
        int n = epoll_wait(poller, ready, 256, patience);
        if (n <= 0 && !is_paced) sched_yield();
        for (int i = 0; i < n; i++) {
            Conn *c = ready[i].data.ptr;
            ssize_t len = recv(c->fd, data, sizeof data, 0);
            if (len > 0) read_answer(c, data, len);
            else finish(c, c->state == TO_THE_END);
        }
    }
    double took = (t - start) / 1e6;
    printf("{\"seconds\": %.3f, \"answers\": %lld, \"wrong\": %lld, \"pieces\": %lld", took, answers,
           wrong, in_order);
    print("latency", &latency);
    print("lag", &lag);
    printf(", \"first_wrong\": \"%s\"}\n", first_wrong ? first_wrong : "");
    return 0;
}
