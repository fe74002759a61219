"""Sends frames and tells where they arrive. On stdin a JSON object:

  listen  [[namespace, interface], …]
  send    [[namespace, interface, hex], …]     in this order, after every listener is ready
  marker  hex that the last frame for each listener contains: what was to come has come before it

On stdout a JSON array: for each listener the frames in hex, tag included, without those that hold the marker.
"""

import json
import select
import sys

from host import packet_socket, receive

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
    readable, _, _ = select.select([listeners[i] for i in waiting], [], [], 20)
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
