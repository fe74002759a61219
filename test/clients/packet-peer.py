"""The kernel's packet socket on an interface, at the other end of the wire.

  packet-peer.py INTERFACE send HEX…    sends these frames
  packet-peer.py INTERFACE listen       prints "ready", then a line of hex for each frame that comes in, tag included
"""

import os
import socket
import sys

sys.path.append(os.path.join(os.path.dirname(__file__), '../lab'))
from host import ETH_P_ALL, PACKET_AUXDATA, SOL_PACKET, receive

interface, act, *frames = sys.argv[1:]
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
s.bind((interface, ETH_P_ALL if act == 'listen' else 0))
for frame in frames:
    s.send(bytes.fromhex(frame))
if act == 'listen':
    print('ready', flush=True)
while act == 'listen':
    frame = receive(s)
    if frame is not None:
        print(frame.hex(), flush=True)
