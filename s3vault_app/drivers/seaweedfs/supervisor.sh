#!/bin/sh
# Keeps the engine running for as long as run/want is there. The lock lets one of these live.
cd "$(dirname "$0")" || exit 1
exec 9>run/lock
flock -n 9 || exit 0
echo $$ >run/supervisor.pid
delay=1
while [ -e run/want ]; do
  began=$(date +%s)
  sh ./weed.sh </dev/null >log/out 2>&1 9>&- &
  echo $! >run/weed.pid
  wait $!
  [ -e run/want ] || break
  [ $(($(date +%s) - began)) -lt 60 ] || delay=1
  sleep "$delay" 9>&- # it outlives a kill, and must not hold the lock for the next of these
  delay=$((delay * 2))
  [ "$delay" -le 30 ] || delay=30
done
