# The kernel's stack as a multicast peer: multicast-peer.py igmp INTERFACE | recv ADDRESS GROUP PORT | send ADDRESS GROUP PORT TEXT |
# query ADDRESS GROUP TENTHS. `igmp` tells of IGMP on the interface, whatever it is to.
import socket
import struct
import sys

what, *rest = sys.argv[1:]


def say(*words):
    print(*words, flush=True)


if what == "igmp":
    s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    s.bind((rest[0], 0x0800))
    # PACKET_ADD_MEMBERSHIP, PACKET_MR_ALLMULTI.
    s.setsockopt(263, 1, struct.pack("iHH8s", socket.if_nametoindex(rest[0]), 2, 0, b""))
    say("listening")
    while True:
        packet, (_, _, kind, _, mac) = s.recvfrom(2048)
        header = (packet[0] & 15) * 4
        if packet[9] != 2 or kind == 4:
            continue
        words = [socket.inet_ntoa(packet[at : at + 4]) for at in (12, 16, header + 4)]
        say(f"type {packet[header]:02x} group {words[2]} from {words[0]} to {words[1]} ttl {packet[8]} options {packet[20:header].hex()}")

address, group, number, *rest = rest
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if what == "recv":
    s.bind(("", int(number)))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(address))
    s.setsockopt(socket.IPPROTO_IP, 12, 1)  # IP_RECVTTL
    say("listening")
    while True:
        text, extra, _, (host, _) = s.recvmsg(65536, 64)
        ttl = struct.unpack("i", extra[0][2])[0]
        say(f"{text.rstrip(bytes(1)).decode()} from {host} ttl {ttl}")
elif what == "send":
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
    s.sendto(rest[0].encode(), (group, int(number)))
elif what == "query":
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 2)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, bytes.fromhex("94040000"))
    message = bytes([0x11, int(number), 0, 0]) + socket.inet_aton(group)
    total = sum(struct.unpack("!4H", message))
    total = (total & 0xFFFF) + (total >> 16)
    message = message[:2] + struct.pack("!H", ~total & 0xFFFF) + message[4:]
    s.sendto(message, (group if group != "0.0.0.0" else "224.0.0.1", 0))
