# lan.sh: sourced inside a guest of vmrun that has two NICs on one segment. `lan DRIVER` makes them two hosts of a VLAN
# network, as a user would set them up on two machines:
#   responder, the guest's own namespace: NIC 1 = eth0 192.0.2.11/24, eth0.42 10.10.10.11/24, eth0.43 10.10.43.11/24
#   issuer, a network namespace:          NIC 2 = eno2 192.0.2.10/24, eno2.42 10.10.10.10/24, eno2.43 10.10.43.10/24
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

vlans() { # namespace, device, last octet
  ip -n "$1" -batch - << BATCH
addr add 192.0.2.$3/24 dev $2
link set dev $2 up
link add link $2 name $2.42 type vlan id 42
addr add 10.10.10.$3/24 dev $2.42
link set dev $2.42 up
link add link $2 name $2.43 type vlan id 43
addr add 10.10.43.$3/24 dev $2.43
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
  local first second
  until_true 5 grep -q 52:54:00:00:00:02 /sys/class/net/*/address || return
  first=$(nic 52:54:00:00:00:01) second=$(nic 52:54:00:00:00:02)
  ip link set dev "$second" netns issuer name eno2
  [ "$first" = eth0 ] || ip link set dev "$first" name eth0
  vlans responder eth0 11
  vlans issuer eno2 10
  until_true 10 is_up responder eth0 && until_true 10 is_up issuer eno2
}
