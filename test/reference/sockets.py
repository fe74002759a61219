"""Asks the kernel what its UDP sockets do. On stdin a JSON object:

  wire      [namespace, interface] at the other end of the host's cable
  host      [namespace, interface, its MAC address, its address]
  sends     [{bind, device, broadcast, to}, ...]     bind: an address or null, device: whether it is bound to the interface
  receives  [{bind, device, to}, ...]

On stdout {"sends": [[errno of bind, errno of sendto, MAC address and source of the frame], ...], "receives": [arrived, ...]}.
"""

import json
import os
import select
import socket
import struct
import sys

sys.path.append(os.path.join(os.path.dirname(__file__), '../lab'))
from host import enter

SO_BINDTODEVICE = 25
PORT, CONTROL, PEER_PORT = 5000, 5001, 4000
PEER, PEER_MAC = '10.10.10.10', '02fc00000002'
TIMEOUT = 20


def errno_of(call):
    try:
        call()
        return 0
    except OSError as error:
        return error.errno


def open_socket(case, port=PORT):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if case.get('device'):
        s.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, order['host'][1].encode() + b'\0')
    if case.get('broadcast'):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    bind = errno_of(lambda: s.bind((case['bind'], port))) if case['bind'] is not None else 0
    return s, bind


def wait_for(s):
    if not select.select([s], [], [], TIMEOUT)[0]:
        sys.exit('nothing came')


def frame_from_host():
    """The next datagram that the host sends: destination MAC address and source address."""
    while True:
        wait_for(wire)
        frame, address = wire.recvfrom(2048)
        if address[2] != 4 and frame[12:14] == b'\x08\x00' and frame[36:38] == struct.pack('!H', PEER_PORT):
            return [frame[:6].hex(':'), socket.inet_ntoa(frame[26:30])]


def send(case):
    s, bind = open_socket(case)
    with s:
        if bind:
            return [bind, 0, None]
        sent = errno_of(lambda: s.sendto(b'x', (case['to'], PEER_PORT)))
        return [0, sent, None if sent else frame_from_host()]


def datagram(to, port):
    header = struct.pack('!BBHHHBBH', 0x45, 0, 29, 0, 0, 64, 17, 0)
    addresses = socket.inet_aton(PEER) + socket.inet_aton(to)
    total = sum(struct.unpack('!10H', header + addresses))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    mac = order['host'][2] if to == order['host'][3] else 'ff:ff:ff:ff:ff:ff'
    ip = header[:10] + struct.pack('!H', total ^ 0xFFFF) + addresses
    # No checksum: a host accepts that.
    return bytes.fromhex(mac.replace(':', '') + PEER_MAC) + b'\x08\x00' + ip + struct.pack('!HHHH', PEER_PORT, port, 9, 0) + b'x'


def receive(case):
    s, bind = open_socket(case)
    with s:
        if bind:
            sys.exit(f'cannot bind: {case}')
        s.setblocking(False)
        wire.send(datagram(case['to'], PORT))
        # What comes after it has come after it.
        wire.send(datagram(order['host'][3], CONTROL))
        wait_for(control)
        control.recv(64)
        return errno_of(lambda: s.recv(64)) == 0


order = json.load(sys.stdin)
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
enter(order['wire'][0])
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
wire.bind((order['wire'][1], 3))
enter(order['host'][0])
control, _ = open_socket({'bind': '0.0.0.0'}, CONTROL)
json.dump({'sends': [send(c) for c in order['sends']], 'receives': [receive(c) for c in order['receives']]}, sys.stdout)
