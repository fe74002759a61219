# responder.sh DRIVER [killed]: in a guest of two NICs, evlnet answers an unmodified ping over a real eth0.42 while the
# kernel is forbidden to; with "killed" it is then ended by SIGKILL and started again. Prints facts, "name: value" a line, for responder.test.ts to judge; evlnet's own words go to stderr.
here=$(dirname "$0")
. "$here/lan.sh"
PATH=$here/../../bin:$PATH
export EVLNET_STATE=/run/evlnet-test/state.json
fact() { echo "$1: $2"; }
received() { issuer ping -n -c "$2" -i 0.2 -W 2 "$1" | sed -n 's/.*, \([0-9]*\) received.*/\1/p'; }
# What a NIC is set to: offloads, queues, promiscuous mode.
settings() {
  ethtool -k eth0
  ethtool -l eth0 2> /dev/null
  ip -d -o link show dev eth0 | grep -o 'promiscuity [0-9]*'
}

# evlnet icmp in the background, $responder; ready when it says so and the link is back (some NICs reset).
start() {
  evlnet icmp -i eth0.42 > /run/lines &
  responder=$!
  until_true 120 grep -q ^listening /run/lines && until_true 10 is_up responder eth0
}
stop() {
  kill -INT $responder
  wait $responder
  fact status $?
  until_true 10 is_up responder eth0 || exit
  settings > /run/after
  fact settings "$(diff /run/before /run/after >&2 && echo restored)"
}

lan "$1" || exit
mkdir -p /run/evlnet-test
settings > /run/before
printf 'port enable eth0.42\nvlans set 42\n' | evlnet -batch - || exit

sysctl -qw net.ipv4.icmp_echo_ignore_all=1
fact silent "$(received 10.10.10.11 1)"
start || exit
settings > /run/during
fact out-of-band "$(received 10.10.10.11 5)"
sysctl -qw net.ipv4.icmp_echo_ignore_all=0
fact in-band-43 "$(received 10.10.43.11 2)"
fact in-band-untagged "$(received 192.0.2.11 2)"
printf 'stats show dev eth0.42\nport show dev eth0.42\n' | evlnet -j -batch - > /run/shown
fact stats "$(sed -n 1p /run/shown)"
fact port "$(sed -n 2p /run/shown)"
fact lines "$(grep -c '^\[[0-9]*\] count=84' /run/lines)"
fact changed "$(diff /run/before /run/during | grep -c '^>')"
if [ "${2:-}" = killed ]; then
  kill -KILL $responder
  wait $responder 2> /dev/null
  fact kernel-at-once "$(received 10.10.10.11 2)"
  settings > /run/killed
  fact left "$(diff /run/before /run/killed | grep -c '^>')"
  start || exit
  fact after-killed "$(received 10.10.10.11 2)"
fi
stop
fact kernel-again "$(received 10.10.10.11 2)"
# Echo requests that the kernel counted: the ignored first one is among them.
fact kernel-echos "$(awk '/^Icmp: [0-9]/ { print $10 }' /proc/net/snmp)"
