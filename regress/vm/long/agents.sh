# shellcheck shell=sh
# Two peers in user space meet over derpd or derper, whose region they compute.
network
new_key a
new_key b
derp_map relay relay2
relay
derper relay2
block_udp
agent a 1 relay "$(public b)=10.77.0.2/32,fd77::2/128"
agent b 2 both "$(public a)=10.77.0.1/32,fd77::1/128@10.1.0.2:$PORT"
within 20 "the peers meet" answers a 10.77.0.2
transfer a b 10.77.0.2 256
at b netstat -tn | grep :443
