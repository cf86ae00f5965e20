#!/bin/sh
# What udhcpc calls: takes the address that was offered.
[ "$1" = bound ] || exit 0
ip address add "$ip/24" dev "$interface"
echo "nested-guest: lease $ip"
