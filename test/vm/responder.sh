# responder.sh DRIVER:WAY[,WAY]…: in a guest of so many pairs of NICs (lan.sh), evlnet answers an unmodified ping over real
# VLAN devices of all of them, in one round or two. WAY is what a pair does in a round:
#   xdp   evlnet alone may answer, and is ended with SIGINT
#   kill  the same, ended with SIGKILL
#   pcap  on libpcap, beside a kernel that may answer as well
# Prints facts, "ROUND DEVICE NAME: value" a line, for responder.test.ts to judge; evlnet's own words go to stderr.
here=$(dirname "$0")
. "$here/lan.sh"
PATH=$here/../../bin:$PATH
export EVLNET_STATE=/run/evlnet-test/state.json
declare -A pid way dump
fact() { echo "$round $1 $2: $3"; }
# How many of COUNT echo requests (ping waits for the last reply no longer than its interval, or twice the slowest) to the responder's address in NETWORK are answered.
received() { issuer ping -n -c "$2" -i 0.5 -W 1 "$1.11" | sed -n 's/.*, \([0-9]*\) received.*/\1/p'; }
echos() { awk '/^Icmp: [0-9]/ { print $10 }' /proc/net/snmp; }
ignore() { sysctl -qw net.ipv4.icmp_echo_ignore_all="$1"; }
# What a NIC is set to: offloads, queues, promiscuous mode.
settings() {
  ethtool -k "$1"
  ethtool -l "$1" 2> /dev/null
  ip -d -o link show dev "$1" | grep -o 'promiscuity [0-9]*'
}
changes() { settings "$1" | diff "/run/$1-before" - | grep -c '^>'; }

before() { # device, number
  [ -f "/run/$1-before" ] || settings "$1" > "/run/$1-before"
  fact "$1" silent "$(ignore 1; received "10.$2.42" 1)"
  evlnet icmp -i "$1.42" > "/run/$1-lines" 2> "/run/$1-words" &
  pid[$1]=$!
}
# It says so, and the link is back (some NICs reset).
is_listening() { grep -q ^listening "/run/$1-lines" && is_up responder "$1"; }

# What the program at the hook tells of the frames that it takes.
tap() { # device
  [ "${way[$1]}" = pcap ] && return
  evlnet dump -i "$1.42" -c 5 verdict vlan > "/run/$1-dump" &
  dump[$1]=$!
}
is_tapped() { [ "${way[$1]}" = pcap ] || grep -q ^listening "/run/$1-dump"; }

during() { # device, number
  [ "${way[$1]}" = pcap ] && ignore 0 || ignore 1
  local echos
  echos=$(echos)
  issuer ping -n -c 5 -i 0.5 -W 2 "10.$2.42.11" > /run/ping
  fact "$1" received "$(sed -n 's/.*, \([0-9]*\) received.*/\1/p' /run/ping)"
  fact "$1" twice "$(grep -c 'DUP!' /run/ping)"
  fact "$1" kernel-echos $(($(echos) - echos))
  ignore 0
  fact "$1" in-band-43 "$(received "10.$2.43" 2)"
  fact "$1" in-band-untagged "$(received "192.0.$2" 2)"
  fact "$1" lines "$(grep -c '^\[[0-9]*\] count=84' "/run/$1-lines")"
  fact "$1" changed "$(changes "$1")"
  if [ "${way[$1]}" != pcap ]; then
    wait "${dump[$1]}"
    fact "$1" dump-status $?
    fact "$1" dumped "$(grep -c ' OOB .* ICMP echo request .*(vlan 42 in set)$' "/run/$1-dump")"
  fi
  fact "$1" warning "$(grep -c "^Warning: The kernel answers too on \"$1.42\"" "/run/$1-words")"
}

after() { # device, number
  if [ "${way[$1]}" = kill ]; then
    kill -KILL "${pid[$1]}"
    wait "${pid[$1]}" 2> /dev/null
  else
    kill -INT "${pid[$1]}"
    wait "${pid[$1]}"
    fact "$1" status $?
  fi
  until_true 10 is_up responder "$1"
  fact "$1" left "$(changes "$1")"
  fact "$1" kernel-again "$(received "10.$2.42" 2)"
  cat "/run/$1-words" >&2
}

drivers=()
for pair in "$@"; do drivers+=("${pair%%:*}"); done
lan "${drivers[@]}" || exit
mkdir -p /run/evlnet-test
# One process for all commands but the responders: its start costs an emulated processor seconds.
exec 4>&2
coproc COMMANDS { evlnet -j -batch - 2>&4; }
ask() { echo "$1" >&"${COMMANDS[1]}" && read -r -t 120 answer <&"${COMMANDS[0]}"; }
for round in 1 2; do
  devices=()
  for ((n = 0; n < $#; n++)); do
    ways=${*:n + 1:1} ways=${ways#*:},
    [ $round = 1 ] || ways=${ways#*,}
    way[eth$n]=${ways%%,*}
    [ -n "${way[eth$n]}" ] || continue
    devices+=("eth$n")
    [ $round = 1 ] && verb=enable || verb=set
    echo "port $verb eth$n.42 driver ${way[eth$n]/kill/xdp}" >&"${COMMANDS[1]}"
  done
  echo 'vlans set 42' >&"${COMMANDS[1]}"
  ask vlans || exit
  for device in "${devices[@]}"; do before "$device" "${device#eth}"; done
  for device in "${devices[@]}"; do until_true 200 is_listening "$device" || { cat "/run/$device-words" >&2; exit 1; }; done
  for device in "${devices[@]}"; do tap "$device"; done
  for device in "${devices[@]}"; do until_true 60 is_tapped "$device" || exit 1; done
  for device in "${devices[@]}"; do during "$device" "${device#eth}"; done
  for device in "${devices[@]}"; do
    for object in stats port; do ask "$object show dev $device.42" && fact "$device" $object "$answer"; done
  done
  for device in "${devices[@]}"; do after "$device" "${device#eth}"; done
done
