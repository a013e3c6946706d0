#!/usr/bin/env bash
# Starts nginx with Nchan as one process, in a folder of its own, and says where it is: streams at /stream, events to /publish, one a
# request. What it keeps are as many messages as Signalbox' clients may ask for again.
# Needs Debian's libnginx-mod-nchan; without it, it says so and fails. With --is-there that is all it does.
set -euo pipefail

module=/usr/lib/nginx/modules/ngx_nchan_module.so
if ! command -v nginx >/dev/null || [ ! -e "$module" ]; then
    echo "Nchan is not installed. To measure it too: apt-get install libnginx-mod-nchan" >&2
    exit 1
fi
if [ "${1:-}" = --is-there ]; then exit 0; fi

folder=$(mktemp --directory)
# Tried until one is free; nginx says so itself if another program was quicker.
while port=$((20000 + RANDOM % 12000)) && (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
cat >"$folder/nginx.conf" <<CONF
load_module $module;
daemon off;
master_process off;
pid $folder/pid;
error_log stderr error;
worker_rlimit_nofile 65536;
events { worker_connections 16384; }
http {
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    nchan_shared_memory_size 256M;
    server {
        listen 127.0.0.1:$port backlog=4096;
        location = /stream {
            nchan_subscriber eventsource;
            nchan_channel_id bench;
            nchan_subscriber_first_message newest;
        }
        location = /publish {
            nchan_publisher http;
            nchan_channel_id bench;
            nchan_message_buffer_length 1000;
        }
    }
}
CONF
# Said once it listens; by a process beside it, for this one becomes nginx, whose memory and time are measured.
(
    until (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.05; done
    echo "listening at http://127.0.0.1:$port"
) &
exec nginx -p "$folder" -c "$folder/nginx.conf"
