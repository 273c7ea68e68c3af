# Makes stund.service of derpd.service: the same restrictions, another
# configuration, which is always there.
/^# derpd under/s/derpd/stund/
s/^Description=.*/Description=STUN server/
s/^Documentation=.*/Documentation=man:stund(8) man:derpd.conf(5)/
/^ConditionPathExists=/d
s|/etc/derpd\.conf|/etc/stund.conf|g
s|/derpctl |/derpctl -s /run/stund.sock |
s|/var/db/derpd|/var/db/stund|g
