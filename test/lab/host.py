"""The wires of hosts in network namespaces, for the programs here and in test/reference."""

import ctypes
import os
import socket
import struct

SOL_PACKET, PACKET_AUXDATA = 263, 8
ETH_P_ALL = 3
PACKET_OUTGOING = 4
TP_STATUS_VLAN_VALID = 1 << 4
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def enter(namespace):
    fd = os.open(f'/run/netns/{namespace}', os.O_RDONLY)
    if libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), 'setns')
    os.close(fd)


def packet_socket(namespace, interface):
    """All that passes the interface; the caller is in its namespace afterwards."""
    enter(namespace)
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    wire.bind((interface, ETH_P_ALL))
    return wire


def receive(wire):
    """One frame as on the wire, or None for one that left here. The kernel keeps the outer tag beside the frame."""
    frame, ancillary, _, address = wire.recvmsg(65536, 512)
    if address[2] == PACKET_OUTGOING:
        return None
    for level, kind, octets in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tci, tpid = struct.unpack('=IIIHHHH', octets[:20])
            if status & TP_STATUS_VLAN_VALID:
                return frame[:12] + struct.pack('!HH', tpid, tci) + frame[12:]
    return frame
