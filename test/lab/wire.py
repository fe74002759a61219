"""Sends frames and tells where they arrive. On stdin a JSON object:

  listen  [[namespace, interface], …]
  send    [[namespace, interface, hex], …]     in this order, after every listener is ready
  marker  hex that the last frame for each listener contains: what was to come has come before it

On stdout a JSON array: for each listener the frames in hex, tag included, without those that hold the marker.
"""

import ctypes
import json
import os
import select
import socket
import struct
import sys

SOL_PACKET, PACKET_AUXDATA = 263, 8
ETH_P_ALL = 3
PACKET_OUTGOING = 4
TP_STATUS_VLAN_VALID = 1 << 4
libc = ctypes.CDLL(None, use_errno=True)


def packet_socket(namespace, interface):
    fd = os.open(f'/run/netns/{namespace}', os.O_RDONLY)
    if libc.setns(fd, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), 'setns')
    os.close(fd)
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    s.bind((interface, ETH_P_ALL))
    return s


def receive(s):
    """One frame as on the wire, or None for one that left here. The kernel keeps the tag beside the frame."""
    frame, ancillary, _, address = s.recvmsg(65536, 512)
    if address[2] == PACKET_OUTGOING:
        return None
    for level, kind, octets in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tci, tpid = struct.unpack('=IIIHHHH', octets[:20])
            if status & TP_STATUS_VLAN_VALID:
                return frame[:12] + struct.pack('!HH', tpid, tci) + frame[12:]
    return frame


order = json.load(sys.stdin)
listeners = [packet_socket(*where) for where in order['listen']]
seen = [[] for _ in listeners]
senders = {}
for *where, frame in order['send']:
    sender = senders.get(tuple(where)) or packet_socket(*where)
    senders[tuple(where)] = sender
    sender.send(bytes.fromhex(frame))
waiting = set(range(len(listeners)))
while waiting:
    readable, _, _ = select.select([listeners[i] for i in waiting], [], [], 5)
    if not readable:
        sys.exit(f'no marker at {[order["listen"][i] for i in sorted(waiting)]}')
    for s in readable:
        i = listeners.index(s)
        frame = receive(s)
        if frame is None:
            continue
        if bytes.fromhex(order['marker']) in frame:
            waiting.discard(i)
        else:
            seen[i].append(frame.hex())
json.dump(seen, sys.stdout)
