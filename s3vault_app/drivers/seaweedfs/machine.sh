# What the portal does on a machine. Each verb may be run again at any time, beside others: they
# wait for one lock, and look first whether things are right already. Answers are lines name=value.
# Values come as variables; secrets come on standard input alone.
set -eu
umask 077
ROOT=${ROOT:-"${HOME:?}/s3vault"}
R=$ROOT/engine
DATA=${DATA:-"$R/data"}
BIN=$ROOT/bin/${BINARY:-weed}
UNIT=s3vault-${POOL:-0}.service
NODE=${NODE:?}

die() { echo "$1" >&2; exit 1; }

# A folder right below / is a system's, not one endpoint's.
for folder in "$ROOT" "$DATA"; do
  case $(printf %s "$folder" | tr -s /) in
  /?*/?*) ;;
  *) die "The folder $folder is too near the top of the machine." ;;
  esac
done

# Whose the folders are is in files there: two entries of the portal's list may be one machine.
theirs() { [ -s "$R/etc/node" ] && [ "$(cat "$R/etc/node")" != "$NODE" ]; }

foreign() { # files of an engine that no entry of the list has put there
  [ ! -s "$R/etc/node" ] && [ -n "$(find "$R/etc" "$R/run" "$R/log" "$R/run.sh" "$R/weed.sh" \
    -type f ! -name node 2>/dev/null | head -n 1)" ]
}

data_is_ours() { [ "$(cat "$DATA/.s3vault" 2>/dev/null)" = "$NODE" ]; }

unit_is_theirs() {
  [ "$(manager)" != loop ] && [ -e "$(units)/$UNIT" ] && ! grep -qF "$R/" "$(units)/$UNIT"
}

vet() { # nothing of anybody else is in the way
  if theirs; then die "The endpoint of another machine of the portal's list is in $ROOT."; fi
  if foreign; then die "Files that are not the portal's are in $R."; fi
  if unit_is_theirs; then die "Another endpoint of the storage pool runs on the machine."; fi
  if data_is_ours; then return 0; fi
  if [ -s "$DATA/.s3vault" ]; then die "The data folder $DATA is another endpoint's."; fi
  if [ -n "$(ls -A "$DATA" 2>/dev/null | grep -vx -e .s3vault -e 'lost+found' | head -n 1)" ]; then
    die "The data folder $DATA is not empty, and what is in it is not the portal's."
  fi
}

lock() {
  mkdir -p "$ROOT" || die "The folder $ROOT cannot be made."
  exec 8>"$ROOT/lock"
  flock -w "${WAIT:-60}" 8 || exit 75
}

digest() { sha256sum "$1" 2>/dev/null | cut -d' ' -f1; }

# "system" or "user" for systemd, "loop" without.
manager() {
  if [ ! -d /run/systemd/system ]; then echo loop
  elif [ "$(id -u)" = 0 ]; then echo system
  elif systemctl --user show-environment >/dev/null 2>&1; then echo user
  else echo loop; fi
}

ctl() {
  if [ "$(manager)" = system ]; then systemctl "$@"; else systemctl --user "$@"; fi
}

units() {
  if [ "$(manager)" = system ]; then echo /etc/systemd/system
  else echo "$HOME/.config/systemd/user"; fi
}

# A live process of ours, by the file that holds its pid: pids are used again.
ours() {
  pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$R" ]
}

running() {
  if [ "$(manager)" = loop ]; then ours "$R/run/supervisor.pid" && ours "$R/run/weed.pid"
  else ctl is-active --quiet "$UNIT"; fi
}

end() { # pid file, seconds of grace
  ours "$1" || return 0
  pid=$(cat "$1")
  left=$(($2 * 10))
  [ "$left" = 0 ] || kill "$pid" 2>/dev/null || true
  while [ "$left" -gt 0 ] && ours "$1" && kill -0 "$pid" 2>/dev/null; do sleep 0.1; left=$((left - 1)); done
  if ours "$1"; then
    kill -9 "$pid" 2>/dev/null || true
    left=100
    while [ "$left" -gt 0 ] && ours "$1"; do sleep 0.1; left=$((left - 1)); done
  fi
}

# Beside its ports a store opens sockets of these names in everybody's /tmp, whatever its flags say.
# Under systemd it has a /tmp of its own, and a gateway opens none.
sockets() {
  [ "$(manager)" != loop ] || tr ' ' '\n' <"$R/weed.sh" | awk -F '[.=]' '/^-(master|volume|filer|s3)\.port=[0-9]+$/ {
    printf "/tmp/seaweedfs-%s-grpc-%d.sock\n", substr($1, 2), $3 + 10000 }'
}

taken() { # whether somebody listens at the socket; one who is just ending gets three seconds
  patience=30
  while awk -v at="$1" '$4 == "00010000" && $8 == at {f = 1} END {exit !f}' /proc/net/unix; do
    patience=$((patience - 1))
    [ "$patience" -gt 0 ] || return 0
    sleep 0.1
  done
  return 1
}

claim() { # nothing lies where the engine will open its sockets
  for socket in $(sockets); do
    ! taken "$socket" ||
      die "Another engine of this machine uses the same ports, at another address ($socket): choose others."
    rm -f "$socket" 2>/dev/null ||
      die "$socket is in the way, of another account: remove it, or choose other ports."
  done
  sockets >"$R/run/sockets"
}

halt() { # seconds of grace
  rm -f "$R/run/want" "$R/run/stamp"
  if [ "$(manager)" != loop ]; then
    ctl disable --now "$UNIT" >/dev/null 2>&1 || true
  fi
  end "$R/run/supervisor.pid" 0
  end "$R/run/weed.pid" "$1"
  for socket in $(cat "$R/run/sockets" 2>/dev/null); do
    taken "$socket" || rm -f "$socket" 2>/dev/null || true
  done
  rm -f "$R/run/supervisor.pid" "$R/run/weed.pid" "$R/run/sockets"
}

launch() { # stamp of the files it is started with, "" for none
  claim
  : >"$R/run/want"
  if [ "$(manager)" = loop ]; then
    schedule "@reboot setsid -f sh $R/run.sh"
    # What an older supervisor started may hold its lock for the longest of its pauses.
    flock -w 35 "$R/run/lock" true || die "The engine did not start."
    (cd "$R" && setsid -f sh run.sh </dev/null >/dev/null 2>&1 8>&-)
    left=100 # another start must find what this one began
    until ours "$R/run/weed.pid"; do
      left=$((left - 1))
      [ "$left" -gt 0 ] || die "The engine did not start."
      sleep 0.1
    done
  else
    mkdir -p "$(units)"
    cp "$R/etc/unit" "$(units)/$UNIT"
    [ "$(manager)" = system ] || loginctl enable-linger >/dev/null 2>&1 || true
    ctl daemon-reload
    ctl enable --quiet "$UNIT"
    ctl restart "$UNIT" || die "systemd could not start $UNIT."
  fi
  [ -z "$1" ] || echo "$1" >"$R/run/stamp"
}

named() { # the program that the engine is started as
  sed -n 's,.*/bin/\(weed-[0-9.]*\).*,\1,p' "$R/weed.sh" 2>/dev/null | head -n 1
}

schedule() { # the lines of crontab without ours, and ours if it is given
  command -v crontab >/dev/null 2>&1 || return 0
  old=$(crontab -l 2>/dev/null || true)
  new=$(printf '%s\n' "$old" | grep -vF "$R/run.sh" || true)
  [ -z "${1:-}" ] || new=$(printf '%s\n%s' "$new" "$1")
  [ "$new" = "$old" ] || printf '%s\n' "$new" | sed '/^$/d' | crontab - 2>/dev/null || true
}

case $1 in
preflight)
  missing=
  for tool in flock gzip sha256sum tar setsid readlink df awk; do
    command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
  done
  [ -z "$missing" ] || die "Programs are missing:$missing."
  vet
  place=$DATA
  while [ ! -d "$place" ]; do place=$(dirname "$place"); done
  [ -w "$place" ] || die "The folder $place cannot be written to."
  spot=$ROOT
  while [ ! -d "$spot" ]; do spot=$(dirname "$spot"); done
  [ -w "$spot" ] || die "The folder $spot cannot be written to."
  echo "root=$ROOT"
  echo "data=$DATA"
  echo "system=$(. /etc/os-release 2>/dev/null && echo "${PRETTY_NAME:-}" || uname -s)"
  echo "processor=$(uname -m)"
  echo "now=$(date +%s)"
  echo "free_kb=$(df -Pk "$place" | awk 'NR==2{print $4}')"
  echo "total_kb=$(df -Pk "$place" | awk 'NR==2{print $2}')"
  echo "root_free_kb=$(df -Pk "$spot" | awk 'NR==2{print $4}')"
  echo "memory_kb=$(awk '/^MemAvailable/{print $2}' /proc/meminfo)"
  echo "manager=$(manager)"
  echo "listening=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '$4=="0A"{printf "%s ",$2}')"
  if running; then echo running=yes; else echo running=no; fi
  if [ -x "$BIN" ]; then echo program=yes; else echo program=no; fi
  if [ -e "$R/etc" ]; then echo "pool=$(cat "$R/etc/pool" 2>/dev/null || true)"; else echo pool=; fi
  ;;

have)
  lock
  vet
  mkdir -p "$ROOT/bin"
  if [ "$(digest "$BIN")" = "$DIGEST" ]; then echo have=yes; exit; fi
  echo have=no
  part=$BIN.part-$TOKEN
  echo "offset=$(stat -c %s "$part" 2>/dev/null || echo 0)"
  ;;

receive)
  lock
  vet
  part=$BIN.part-$TOKEN
  [ "$(stat -c %s "$part" 2>/dev/null || echo 0)" = "$OFFSET" ] || die "The file grew meanwhile."
  cat >>"$part" || die "The disk is full, or the file cannot be written."
  echo "size=$(stat -c %s "$part")"
  ;;

unpack)
  lock
  vet
  if [ "$(digest "$BIN")" = "$DIGEST" ]; then echo changed=no; exit; fi
  part=$BIN.part-$TOKEN
  rm -f "$BIN".new-* # of one that was killed
  new=$BIN.new-$$
  trap 'rm -f "$new"' EXIT
  if [ "${PACKED:-yes}" = yes ]; then
    gzip -dc "$part" >"$new" 2>/dev/null || { rm -f "$part"; die "The file arrived broken, or the disk is full."; }
  else
    mv "$part" "$new"
  fi
  rm -f "$BIN".part-*
  [ "$(digest "$new")" = "$DIGEST" ] || die "The file arrived with another content than was sent."
  chmod 700 "$new"
  mv "$new" "$BIN"
  trap - EXIT
  echo changed=yes
  ;;

configure)
  lock
  vet
  rm -rf "$R".new-* # of one that was killed
  new=$R.new-$$
  trap 'rm -rf "$new"' EXIT
  mkdir -p "$new" "$R/etc" "$R/run" "$R/log" "$DATA"
  [ -s "$R/etc/node" ] || echo "$NODE" >"$R/etc/node"
  [ -s "$DATA/.s3vault" ] || echo "$NODE" >"$DATA/.s3vault"
  tar -xf - -C "$new" || die "The configuration did not arrive whole, or the disk is full."
  changed=no
  for file in $(cd "$new" && find . -type f | sed 's,^\./,,'); do
    cmp -s "$new/$file" "$R/$file" && continue
    mv "$new/$file" "$R/$file"
    changed=yes
  done
  echo "changed=$changed"
  ;;

start)
  lock
  vet
  [ -x "$BIN" ] && [ -e "$R/weed.sh" ] || die "The engine is not installed on this machine."
  # Without a stamp it is to run, whatever it was started with.
  if running && { [ -z "$STAMP" ] || [ "$(cat "$R/run/stamp" 2>/dev/null)" = "$STAMP" ]; }; then
    echo changed=no
    exit
  fi
  halt 30
  launch "$STAMP"
  echo changed=yes
  ;;

runs)
  if running; then echo running=yes; else echo running=no; fi
  echo "program=$(named)"
  ;;

keep)
  # All that starts the engine as it is, but for certificates, which are of no version. What an
  # upgrade to the same program has kept is what was there before it: that stays.
  lock
  vet
  if [ ! -s "$R/weed.sh" ] || [ "$(cat "$R/before/for" 2>/dev/null)" = "$BINARY" ]; then
    echo changed=no
    exit
  fi
  rm -rf "$R/before" "$R/before.new"
  mkdir "$R/before.new"
  cp -pR "$R/etc" "$R/run.sh" "$R/weed.sh" "$R/before.new/" ||
    die "The disk is full, or the file cannot be written."
  rm -f "$R/before.new/etc"/endpoint.*
  cat "$R/run/stamp" >"$R/before.new/stamp" 2>/dev/null || true
  echo "$BINARY" >"$R/before.new/for"
  mv "$R/before.new" "$R/before"
  echo changed=yes
  ;;

back)
  # Killed anywhere in here, it begins anew: what was kept goes last.
  lock
  vet
  changed=no
  if [ "$(cat "$R/before/for" 2>/dev/null)" = "$BINARY" ]; then
    mkdir -p "$R/before.new"
    new=$R/before.new/file
    for file in $(cd "$R/before" && find etc run.sh weed.sh -type f); do
      cmp -s "$R/before/$file" "$R/$file" && continue
      cp -p "$R/before/$file" "$new" || die "The disk is full, or the file cannot be written."
      mv "$new" "$R/$file"
      changed=yes
    done
    for file in $(cd "$R" && find etc -type f ! -name 'endpoint.*'); do
      [ -e "$R/before/$file" ] || rm -f "$R/$file"
    done
    stamp=$(cat "$R/before/stamp" 2>/dev/null || true)
    if [ "${RUN:-yes}" = no ]; then halt 30; schedule # somebody has stopped it: it stays so
    elif [ "$changed" = yes ] || ! running || [ "$(cat "$R/run/stamp" 2>/dev/null)" != "$stamp" ]; then
      halt 30
      launch "$stamp"
      changed=yes
    fi
    rm -f "$R/before/for"
  fi
  rm -rf "$R/before" "$R/before.new"
  [ "$(named)" = "$BINARY" ] || rm -f "$BIN" "$BIN".part-* "$BIN".new-*
  echo "changed=$changed"
  echo "program=$(named)"
  ;;

tidy)
  # From here on there is no way back: that goes first, and the programs that it needs after it.
  lock
  vet
  changed=no
  rm -f "$R/before/for"
  rm -rf "$R/before" "$R/before.new"
  for file in "$ROOT"/bin/weed-*; do
    if [ -e "$file" ] && [ "$file" != "$BIN" ]; then
      rm -f "$file"
      changed=yes
    fi
  done
  echo "changed=$changed"
  ;;

stop)
  lock
  if theirs || unit_is_theirs; then echo changed=no; exit; fi
  if running; then echo changed=yes; else echo changed=no; fi
  halt 30
  schedule
  ;;

remove)
  [ -d "$ROOT" ] || { echo changed=no; exit; }
  # What another entry of the list has there is not this one's to take away.
  if theirs || foreign; then echo changed=no; exit; fi
  lock
  if theirs || foreign; then echo changed=no; exit; fi
  # What is to go need not be closed in order.
  if ! unit_is_theirs; then
    if [ "${PURGE:-no}" = yes ]; then halt 0; else halt 30; fi
    schedule
    if [ "$(manager)" != loop ] && [ -e "$(units)/$UNIT" ]; then
      rm -f "$(units)/$UNIT"
      ctl daemon-reload
    fi
  fi
  if [ "${PURGE:-no}" = yes ] && data_is_ours; then
    # The marker goes last: what a broken run left is still known for ours.
    (cd "$DATA" && find . -xdev -mindepth 1 ! -path ./.s3vault ! -path './lost+found' -delete) ||
      die "Not all of the data in $DATA could be deleted."
    rm -f "$DATA/.s3vault"
    rmdir "$DATA" 2>/dev/null || true
  fi
  rm -rf "$R/run" "$R/log" "$R/weed.sh" "$R/run.sh" "$R/before" "$R/before.new" "$R".new-*
  rm -f "$ROOT"/bin/weed-[0-9]*
  rmdir "$ROOT/bin" 2>/dev/null || true
  [ ! -d "$R/etc" ] || find "$R/etc" -mindepth 1 ! -name node -delete
  rm -f "$R/etc/node"
  rmdir "$R/etc" "$R" 2>/dev/null || true
  rm -f "$ROOT/lock"
  rmdir "$ROOT" 2>/dev/null || true
  echo changed=yes
  ;;

tail)
  # The last words of an engine that does not come up.
  cat "$R"/log/*.ERROR "$R"/log/*.FATAL "$R/log/out" 2>/dev/null |
    grep -v -e '^Log file created' -e '^Running on machine' -e '^Binary: ' -e '^Log line format' |
    tail -n 3 | awk '{printf "line%d=%s\n", NR, $0}'
  ;;

*)
  die "There is no verb $1."
  ;;
esac
