# lan.sh: sourced inside a guest of vmrun that has pairs of NICs, each pair on a segment of its own. `lan DRIVER…` makes them
# two hosts of VLAN networks, one a pair, as a user would set them up on two machines. Of pair N, counted from 0:
#   responder, the guest's own namespace: first NIC = ethN 192.0.N.11/24, ethN.42 10.N.42.11/24, ethN.43 10.N.43.11/24
#   issuer, a network namespace:          second NIC = enoN, with 10 in place of 11
export PATH=$PATH:/usr/sbin:/sbin
# Runs its arguments on the issuer's host.
issuer() { ip netns exec issuer "$@"; }

# until_true SECONDS COMMAND…: waits for the command to succeed, at most that long.
until_true() {
  local deadline=$((SECONDS + $1 + 1))
  shift
  until "$@" > /dev/null 2>&1; do
    if [ $SECONDS -ge $deadline ]; then
      echo "lan.sh: gave up waiting for: $*" >&2
      return 1
    fi
    # A look costs an emulated processor as much as this.
    sleep 0.5
  done
}

# Name of the interface with this MAC. There is no udev in the guest: names are as the kernel gave them.
nic() { basename "$(dirname "$(grep -l "$1" /sys/class/net/*/address | head -n 1)")"; }
# Carrier, and the kernel's own view of it, which may follow a second later.
is_up() { [ "$(ip netns exec "$1" cat "/sys/class/net/$2/operstate")" = up ]; }

vlans() { # namespace, device, number of the pair, last octet
  ip -n "$1" -batch - << BATCH
addr add 192.0.$3.$4/24 dev $2
link set dev $2 up
link add link $2 name $2.42 type vlan id 42
addr add 10.$3.42.$4/24 dev $2.42
link set dev $2.42 up
link add link $2 name $2.43 type vlan id 43
addr add 10.$3.43.$4/24 dev $2.43
link set dev $2.43 up
BATCH
}

lan() {
  modprobe -a "$@" 8021q || return
  sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  mkdir -p /run/netns
  touch /run/netns/responder && mount --bind /proc/self/ns/net /run/netns/responder
  ip netns add issuer
  issuer sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  local pair
  for ((pair = 0; pair < $#; pair++)); do
    until_true 5 grep -q 52:54:00:00:00:0$((2 * pair + 2)) /sys/class/net/*/address || return
    ip link set dev "$(nic 52:54:00:00:00:0$((2 * pair + 2)))" netns issuer name eno$pair
    # A name that another NIC may still have is given in a second turn.
    ip link set dev "$(nic 52:54:00:00:00:0$((2 * pair + 1)))" name first$pair
  done
  for ((pair = 0; pair < $#; pair++)); do
    ip link set dev first$pair name eth$pair
    vlans responder eth$pair $pair 11
    vlans issuer eno$pair $pair 10
  done
  for ((pair = 0; pair < $#; pair++)); do
    until_true 10 is_up responder eth$pair && until_true 10 is_up issuer eno$pair || return
  done
}
