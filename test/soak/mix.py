"""Mixed traffic from the issuer: mix.py DEVICE SECONDS RATE, or a rate of 0: as much as comes back.

Every frame is of a kind below; questions of ARP are answered. On stdout a JSON object:

  {"rate": frames a second, "sent": {KIND: frames}, "answers": {KIND: frames}, "frames": all sent, "received": all received,
   "announced": ARP probes and announcements, "lost": frames that the kernel had no room for here}
"""

import json
import socket
import struct
import sys
import time

SOL_PACKET, PACKET_STATISTICS, PACKET_AUXDATA = 263, 6, 8
SO_RCVBUFFORCE = 33
OWN, PEER = '02fc00000010', '02fc00000011'
OWN_ADDRESS, PEER_ADDRESS, SIDE_ADDRESS = '0a0a0a0a', '0a0a0a0b', '0a2c000b'
SLICE = 0.01
# What comes back comes sooner, but for a machine that is busy: answers that are owed are waited for.
DRAIN, PATIENCE = 0.5, 20
ANSWERED = ('echo', 'echo-large', 'udp-service', 'udp-socket', 'arp', 'echo-fragments', 'udp-fragments')


def checksum(octets):
    if len(octets) % 2:
        octets += b'\0'
    total = sum(struct.unpack(f'!{len(octets) // 2}H', octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def ethernet(vid, ethertype, payload, to=PEER):
    tag = struct.pack('!HH', 0x8100, vid) if vid else b''
    return bytes.fromhex(to + OWN) + tag + struct.pack('!H', ethertype) + payload


def ipv4(protocol, payload, to=PEER_ADDRESS, flags=0, identification=0, source=OWN_ADDRESS, wrong=0, longer=0):
    def header(total):
        fixed = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(payload) + longer, identification, flags, 64, protocol, total)
        return fixed + bytes.fromhex(source + to)
    return header(checksum(header(0)) ^ wrong) + payload


def echo(size, identifier):
    message = struct.pack('!BBHHH', 8, 0, 0, identifier, 1) + bytes(i & 0xFF for i in range(size))
    return message[:2] + struct.pack('!H', checksum(message)) + message[4:]


def udp(port, size):
    payload = bytes(i & 0xFF for i in range(size))
    header = struct.pack('!HHH', 40000, port, 8 + size)
    pseudo = bytes.fromhex(OWN_ADDRESS + PEER_ADDRESS) + struct.pack('!HH', 17, 8 + size)
    return header + struct.pack('!H', checksum(pseudo + header + b'\0\0' + payload) or 0xFFFF) + payload


def arp(target, operation=1):
    return bytes.fromhex(f'000108000604000{operation}' + OWN + OWN_ADDRESS + (PEER if operation == 2 else '0' * 12) + target)


def frames_of(protocol, message, step=1480):
    """Fragments; their identification is written when they are sent."""
    cuts = range(0, len(message), step)
    return [(protocol, message[at:at + step], at // 8 | (0x2000 if at + step < len(message) else 0)) for at in cuts]


PLAIN = {
    # kind: (how many of a hundred, frame)
    'echo': (30, ethernet(42, 0x0800, ipv4(1, echo(56, 7)))),
    'echo-large': (5, ethernet(42, 0x0800, ipv4(1, echo(1400, 7)))),
    'udp-service': (20, ethernet(42, 0x0800, ipv4(17, udp(7, 64)))),
    'udp-socket': (15, ethernet(42, 0x0800, ipv4(17, udp(5000, 64)))),
    'arp': (1, ethernet(42, 0x0806, arp(PEER_ADDRESS))),
    'arp-other': (1, ethernet(42, 0x0806, arp('0a0a0a0c'), 'ffffffffffff')),
    'side': (8, ethernet(44, 0x0800, ipv4(1, echo(56, 9), SIDE_ADDRESS))),
    'closed-port': (2, ethernet(42, 0x0800, ipv4(17, udp(9, 64)))),
    'unknown-protocol': (1, ethernet(42, 0x0800, ipv4(99, b'x' * 64))),
    'bad-checksum': (1, ethernet(42, 0x0800, ipv4(1, echo(56, 7), wrong=1))),
    'bad-length': (1, ethernet(42, 0x0800, ipv4(1, echo(56, 7), longer=9))),
    'bad-source': (1, ethernet(42, 0x0800, ipv4(1, echo(56, 7), source='e0000001'))),
    'other-vlan': (2, ethernet(43, 0x0800, ipv4(1, echo(56, 7)))),
    'other-host': (1, ethernet(42, 0x0800, ipv4(1, echo(56, 7)), '02fc00000099')),
    'untagged': (1, ethernet(0, 0x88B5, b'soak' * 16)),
}
CUT = {
    'echo-fragments': (3, frames_of(1, echo(3000, 7))),
    'udp-fragments': (2, frames_of(17, udp(7, 4000))),
    'lone-fragment': (1, frames_of(1, echo(3000, 7))[:1]),
}


class Mix:
    def __init__(self, device):
        self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.wire.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
        self.wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.wire.bind((device, 3))
        self.wire.setblocking(False)
        self.sent = dict.fromkeys([*PLAIN, *CUT, 'arp-answer'], 0)
        self.answers = {}
        self.frames = self.received = self.announced = self.lost = 0
        self.identification = 0
        weights = [(kind, weight) for kinds in (PLAIN, CUT) for kind, (weight, _) in kinds.items()]
        # One after the other, each as often as it should, well mixed and always the same.
        self.order = [kind for _, kind in sorted(
            ((n + 0.5) / weight, kind) for kind, weight in weights for n in range(weight))]
        self.at = 0

    def send(self, count):
        for _ in range(count):
            kind = self.order[self.at]
            self.at = (self.at + 1) % len(self.order)
            if kind in PLAIN:
                self.put(kind, PLAIN[kind][1])
                continue
            self.identification = self.identification % 0xFFFF + 1
            for protocol, part, flags in CUT[kind][1]:
                packet = ipv4(protocol, part, flags=flags, identification=self.identification)
                self.put(kind, ethernet(42, 0x0800, packet))

    def put(self, kind, frame):
        while True:
            try:
                self.wire.send(frame)
                break
            except (BlockingIOError, OSError):
                self.receive()
        self.sent[kind] += 1
        self.frames += 1

    def receive(self):
        """Everything that is there."""
        while True:
            try:
                frame, _, _, address = self.wire.recvmsg(2048, 64)
            except BlockingIOError:
                return
            if address[2] != 4:
                self.count(frame)

    def count(self, frame):
        self.received += 1
        kind = self.kind_of(frame)
        if kind == 'announced':
            self.announced += 1
            return
        self.answers[kind] = self.answers.get(kind, 0) + 1
        if kind == 'arp-question':
            self.put('arp-answer', ethernet(42, 0x0806, arp(PEER_ADDRESS, operation=2)))

    @staticmethod
    def kind_of(frame):
        """Of an answer; the kernel has put the tag beside the frame."""
        if frame[12:14] == b'\x08\x06':
            if frame[21] == 2:
                return 'arp'
            sender, target = frame[28:32], frame[38:42]
            return 'announced' if sender in (target, bytes(4)) else 'arp-question'
        if frame[12:14] != b'\x08\x00':
            return 'unknown'
        protocol, fragment = frame[23], struct.unpack('!H', frame[20:22])[0] & 0x3FFF
        if fragment:
            return 'echo-fragments' if protocol == 1 else 'udp-fragments'
        if protocol == 1 and frame[34] == 0:
            if frame[26:30].hex() == SIDE_ADDRESS:
                return 'side'
            return 'echo' if len(frame) < 200 else 'echo-large'
        if protocol == 17:
            return {7: 'udp-service', 5000: 'udp-socket'}.get(struct.unpack('!H', frame[34:36])[0], 'unknown')
        return 'unknown'

    def flood(self, seconds):
        """As much as comes back, for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            want = self.received + 40
            self.send(64)
            patience = time.monotonic() + 0.005
            while self.received < want and time.monotonic() < patience:
                self.receive()
        return int(self.frames / seconds)

    def run(self, seconds, rate):
        """So many frames a second; what could not be sent in time is not caught up with all at once."""
        start = time.monotonic()
        while (now := time.monotonic()) - start < seconds:
            self.send(max(0, min(int((now - start) * rate) - self.frames, int(rate * SLICE * 4))))
            self.receive()
            time.sleep(max(0, SLICE - (time.monotonic() - now)))
        return rate

    def owes(self):
        return any(self.answers.get(kind, 0) < self.sent[kind] for kind in ANSWERED)

    def drain(self, patience):
        until = time.monotonic() + DRAIN
        late = until + patience
        while (now := time.monotonic()) < until or (now < late and self.owes()):
            before = self.received
            self.receive()
            if self.received != before:
                until = time.monotonic() + DRAIN
            time.sleep(SLICE)
        self.lost = struct.unpack('II', self.wire.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]


device, seconds, rate = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
mix = Mix(device)
paced = rate > 0
rate = mix.run(seconds, rate) if paced else mix.flood(seconds)
# Under full load some are lost.
mix.drain(PATIENCE if paced else 0)
print(json.dumps({
    'rate': rate, 'sent': mix.sent, 'answers': mix.answers, 'frames': mix.frames, 'received': mix.received,
    'announced': mix.announced, 'lost': mix.lost,
}), flush=True)
