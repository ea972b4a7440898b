/* The floor of the benchmarks: what recording costs at least. It plays N RTSP cameras over TCP, reads the sockets as data
 * comes and writes the bytes, RTP headers and all, to one file per channel. No parsing, no syncs, no index, no checksum.
 *
 * usage: floor HOST PORT CHANNELS FOLDER     ends on SIGTERM and prints the bytes it wrote */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE (256 * 1024)

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* Sends one request and reads its answer up to the end of the body. Media follows only the answer to PLAY, and then the
 * first bytes of it may be in the same read: the return value is how many bytes of the buffer lie behind the answer. */
static size_t request(int fd, const char *text, char *buffer, size_t size, char **behind)
{
    size_t filled = 0;
    if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        fail("request");
    for (;;) {
        ssize_t got = read(fd, buffer + filled, size - 1 - filled);
        if (got <= 0)
            fail("answer");
        filled += (size_t)got;
        buffer[filled] = 0;
        char *end = memmem(buffer, filled, "\r\n\r\n", 4);
        if (!end)
            continue;
        const char *length = strcasestr(buffer, "\r\nContent-Length:");
        size_t whole = (size_t)(end + 4 - buffer) + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
        if (filled < whole)
            continue;
        if (strncmp(buffer, "RTSP/1.0 200", 12) != 0) {
            fprintf(stderr, "floor: %.60s\n", buffer);
            exit(1);
        }
        *behind = buffer + whole;
        return filled - whole;
    }
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: floor HOST PORT CHANNELS FOLDER\n");
        return 2;
    }
    const char *host = argv[1], *port = argv[2], *folder = argv[4];
    int channels = atoi(argv[3]);
    int epoll = epoll_create1(0);
    int *files = calloc((size_t)channels, sizeof *files);
    int *sockets = calloc((size_t)channels, sizeof *sockets);
    char *buffer = malloc(READ_SIZE);
    unsigned long long total = 0;
    struct sigaction action = { .sa_handler = on_signal };
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);

    for (int i = 0; i < channels; i++) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
        char text[512], path[512], *behind;
        inet_pton(AF_INET, host, &address.sin_addr);
        sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(sockets[i], (struct sockaddr *)&address, sizeof address) < 0)
            fail("connect");
        snprintf(path, sizeof path, "%s/%d.bin", folder, i);
        files[i] = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        if (files[i] < 0)
            fail(path);

        snprintf(text, sizeof text, "OPTIONS rtsp://%s:%s/%d RTSP/1.0\r\nCSeq: 1\r\n\r\n", host, port, i);
        request(sockets[i], text, buffer, READ_SIZE, &behind);
        snprintf(text, sizeof text, "DESCRIBE rtsp://%s:%s/%d RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n\r\n", host, port, i);
        request(sockets[i], text, buffer, READ_SIZE, &behind);
        snprintf(text, sizeof text, "SETUP rtsp://%s:%s/%d/trackID=0 RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n",
                 host, port, i);
        request(sockets[i], text, buffer, READ_SIZE, &behind);
        char *session = strcasestr(buffer, "\r\nSession:");
        char id[64] = "";
        if (session)
            sscanf(session + 10, " %63[^;\r]", id);
        snprintf(text, sizeof text, "PLAY rtsp://%s:%s/%d RTSP/1.0\r\nCSeq: 4\r\nSession: %s\r\n\r\n", host, port, i, id);
        size_t early = request(sockets[i], text, buffer, READ_SIZE, &behind);
        if (early && write(files[i], behind, early) != (ssize_t)early)
            fail("write");
        total += early;

        struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)i };
        epoll_ctl(epoll, EPOLL_CTL_ADD, sockets[i], &event);
    }
    printf("playing\n");
    fflush(stdout);

    while (!stopped) {
        struct epoll_event events[64];
        int count = epoll_wait(epoll, events, 64, -1);
        for (int e = 0; e < count; e++) {
            uint32_t i = events[e].data.u32;
            ssize_t got = read(sockets[i], buffer, READ_SIZE);
            if (got <= 0) {
                fprintf(stderr, "floor: channel %u ended\n", i);
                return 1;
            }
            if (write(files[i], buffer, (size_t)got) != got)
                fail("write");
            total += (unsigned long long)got;
        }
    }
    printf("%llu\n", total);
    return 0;
}
