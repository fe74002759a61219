#!/bin/sh
# The main job as an ordinary user, run as the first process of a namespace of each kind (`unshare -Urnmpf`): an unmodified ping over VLAN 42,
# answered by evlnet on the driver pcap. BPF is for root, so the switch is a program, and the kernel is asked for nothing but interfaces.
#   demo.sh ROOT FOLDER
#
#   issuer: eno2 --- access :switch: trunk --- eth0 :here, evlnet
set -eu
root=$1 folder=$2
PATH=$PATH:/usr/sbin:/sbin
mount -t proc none /proc
mount -t tmpfs none /run
for host in issuer switch; do ip netns add $host; done
ip link add eth0 type veth peer name trunk netns switch
ip -n issuer link add eno2 type veth peer name access netns switch
for port in trunk access; do ip -n switch link set dev $port addrgenmode none up; done
ip link set dev eth0 addrgenmode none up
ip -n issuer link set dev eno2 addrgenmode none up
ip -n issuer address add 10.10.10.10/24 dev eno2

ip netns exec switch python3 "$(dirname "$0")/access.py" trunk access 42 >"$folder/switch" 2>&1 &
export EVLNET_STATE="$folder/state.json"
# As a user would type it.
evlnet() {
  echo "responder\$ evlnet $*"
  "$root/bin/evlnet" "$@"
}
evlnet vlans set 42 2>/dev/null
evlnet port enable eth0.42 address 10.10.10.11/24
echo 'responder$ evlnet icmp -i eth0.42'
"$root/bin/evlnet" icmp -i eth0.42 >"$folder/out" 2>"$folder/err" &
responder=$!
tries=0
until grep -qs listening "$folder/out" && grep -qs switching "$folder/switch"; do
  [ $((tries += 1)) -le 300 ] && kill -0 $responder || { cat "$folder/err"; exit 1; }
  sleep 0.05
done
echo 'issuer$ ping -c 5 10.10.10.11'
ip netns exec issuer ping -n -c 5 -i 0.2 10.10.10.11
evlnet port show
evlnet stats show eth0.42 | grep -v ' 0$' # what did not happen is not shown
"$root/bin/evlnet" -j stats show eth0 >"$folder/stats"
kill -INT $responder
wait $responder
echo 'What the responder printed:'
cat "$folder/out" "$folder/err"
