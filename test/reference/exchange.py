"""Asks a host with crafted frames and tells what it answered to each. On stdin a JSON object:

  wire       [namespace, interface] at the other end of the host's cable
  echo       namespace in which a UDP echo server (RFC 862, port 7) runs meanwhile, or null
  questions  [[hex, ...], ...]  frames sent one after another, then what came back is the answer to them
  marker     hex of a frame that the host always answers, sent after each question: hosts answer in order, so what
             answers the question has come before the answer to the marker, and nothing needs to be waited out
  token      hex in the answer to the marker, and in no other

On stdout a JSON array: for each question the frames that came back, in hex, tags included.
"""

import json
import os
import select
import socket
import sys

sys.path.append(os.path.join(os.path.dirname(__file__), '../lab'))
from host import enter, packet_socket, receive

TIMEOUT = 20


def echo(server):
    datagram, source = server.recvfrom(65536)
    # To port 0 nothing can be sent.
    if source[1] != 0:
        server.sendto(datagram, source)


order = json.load(sys.stdin)
# Frames for the kernel's own stack pass a queue of this CPU: on one CPU they stay in order.
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
server = None
if order['echo']:
    enter(order['echo'])
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    server.bind(('0.0.0.0', 7))
wire = packet_socket(*order['wire'])
wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
sockets = [s for s in (wire, server) if s]
marker, token = bytes.fromhex(order['marker']), bytes.fromhex(order['token'])

answers = []
for number, question in enumerate(order['questions']):
    for frame in question:
        wire.send(bytes.fromhex(frame))
    wire.send(marker)
    answer = []
    answers.append(answer)
    is_over = False
    while not is_over:
        readable, _, _ = select.select(sockets, [], [], TIMEOUT)
        if not readable:
            sys.exit(f'question {number}: the marker was not answered')
        if server in readable:
            echo(server)
        if wire in readable:
            frame = receive(wire)
            if frame is not None and token in frame:
                is_over = True
            elif frame is not None:
                answer.append(frame.hex())
json.dump(answers, sys.stdout)
