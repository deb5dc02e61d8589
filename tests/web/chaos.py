"""What a server may do instead of answering."""

import gzip
import socket
import time

from tests.loopback import answers

LONG = 60  # seconds for which it goes on, or hangs


def slow_header(connection, request):
    for byte in b"HTTP/1.1 200 OK\r\n" * 71:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def slow_body(connection, request):
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n")
    for _ in range(LONG * 20):
        connection.sendall(b"x")
        time.sleep(0.05)


def silence(connection, request):
    time.sleep(LONG)


def endless_body(connection, request):
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


BOMB = gzip.compress(b"x" * 50_000_000)


def gzip_bomb(connection, request):
    answers(200, BOMB, {"content-encoding": "gzip"})(connection, request)


def reset(connection, request):
    connection.sendall(b"HTTP/1.1 200")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    connection.close()


def bad_chunk(connection, request):
    connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello")


def many_headers(connection, request):
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"x-a: " + b"b" * 100 + b"\r\n")
    for _ in range(1_000_000):
        connection.sendall(b"x-a: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n")


def not_http(connection, request):
    connection.sendall(b"SSH-2.0-OpenSSH_9.0\r\n")


def redirect(connection, request):
    answers(302, b"", {"location": f"https://api.anthropic.com{request.path}"})(connection, request)


BAD = [slow_header, slow_body, silence, endless_body, gzip_bomb, reset, bad_chunk, many_headers, not_http, redirect]
