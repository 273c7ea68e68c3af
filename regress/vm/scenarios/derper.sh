# shellcheck shell=sh
# Two bridges meet over derper.
pair
derp_map relay
derper
bridge a
bridge b
cut
transfer a b 10.77.0.2 512
must pings b fd77::1 10
