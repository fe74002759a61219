"""An access switch in user space: what comes in untagged at ACCESS leaves tagged at TRUNK, and the other way round.

  access.py TRUNK ACCESS VID
"""

import select
import socket
import struct
import sys

SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 263, 8, 23
ETH_P_ALL = 3
TP_STATUS_VLAN_VALID = 1 << 4


def packet_socket(interface):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    s.bind((interface, ETH_P_ALL))
    return s


def receive(s):
    """The frame without its tag, which the kernel keeps beside it, and the VID; None where there is no tag."""
    frame, ancillary, _, _ = s.recvmsg(65536, 512)
    for level, kind, octets in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tci, _ = struct.unpack('=IIIHHHH', octets[:20])
            if status & TP_STATUS_VLAN_VALID:
                return frame, tci & 0xFFF
    return frame, None


trunk, access = packet_socket(sys.argv[1]), packet_socket(sys.argv[2])
vid = int(sys.argv[3])
print('switching', flush=True)
while True:
    readable, _, _ = select.select([trunk, access], [], [])
    if trunk in readable:
        frame, tag = receive(trunk)
        if tag == vid:
            access.send(frame)
    if access in readable:
        frame, tag = receive(access)
        if tag is None:
            trunk.send(frame[:12] + struct.pack('!HH', 0x8100, vid) + frame[12:])
