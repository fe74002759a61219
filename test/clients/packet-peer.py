"""The kernel's packet socket on an interface, at the other end of the wire.

  packet-peer.py INTERFACE send HEX…    sends these frames
  packet-peer.py INTERFACE listen       prints "ready", then a line of hex for each frame that comes in, tag included
"""

import socket
import struct
import sys

SOL_PACKET, PACKET_AUXDATA = 263, 8
ETH_P_ALL = 3
PACKET_OUTGOING = 4
TP_STATUS_VLAN_VALID = 1 << 4


def as_on_the_wire(frame, ancillary):
    """The kernel keeps the tag beside the frame."""
    for level, kind, octets in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tci, tpid = struct.unpack('=IIIHHHH', octets[:20])
            if status & TP_STATUS_VLAN_VALID:
                return frame[:12] + struct.pack('!HH', tpid, tci) + frame[12:]
    return frame


interface, act, *frames = sys.argv[1:]
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
s.bind((interface, ETH_P_ALL if act == 'listen' else 0))
for frame in frames:
    s.send(bytes.fromhex(frame))
if act == 'listen':
    print('ready', flush=True)
while act == 'listen':
    frame, ancillary, _, address = s.recvmsg(65536, 512)
    if address[2] != PACKET_OUTGOING:
        print(as_on_the_wire(frame, ancillary).hex(), flush=True)
