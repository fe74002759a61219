# copies.sh: where responder.sh has been, evlnet answers an unmodified ping over a real eth0.42 on the driver pcap, beside a kernel that
# has the same address. Prints facts, "name: value" a line, for responder.test.ts to judge; evlnet's own words go to stderr.
here=$(dirname "$0")
. "$here/lan.sh"
PATH=$here/../../bin:$PATH
export EVLNET_STATE=/run/evlnet-copies/state.json
fact() { echo "$1: $2"; }

# Echo requests that the kernel counted.
echos() { awk '/^Icmp: [0-9]/ { print $10 }' /proc/net/snmp; }

mkdir -p /run/evlnet-copies
before=$(echos)
printf 'vlans set 42\nport enable eth0.42 driver pcap\n' | evlnet -batch - || exit
evlnet icmp -i eth0.42 > /run/lines 2> /run/words &
responder=$!
until_true 150 grep -q ^listening /run/lines || { cat /run/words >&2; exit 1; }
issuer ping -n -c 5 -i 0.2 -W 2 10.10.10.11 > /run/ping
fact received "$(sed -n 's/.*, \([0-9]*\) received.*/\1/p' /run/ping)"
fact twice "$(grep -c 'DUP!' /run/ping)"
printf 'port show dev eth0.42\nstats show dev eth0.42\n' | evlnet -j -batch - > /run/shown
fact port "$(sed -n 1p /run/shown)"
fact stats "$(sed -n 2p /run/shown)"
fact warning "$(grep -c '^Warning: The kernel answers too on "eth0.42"' /run/words)"
fact kernel-echos $(($(echos) - before))
kill -INT $responder
wait $responder
fact status $?
cat /run/words >&2
