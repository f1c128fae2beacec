"""A service manager's end of sd_notify(3): prints what it is told at the socket it is given."""

import socket
import sys

with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
    server.bind(sys.argv[1])
    print("listening")
    while True:
        print(server.recv(4096).decode())
