//! nginx as Debian has it: started in a temporary folder, in front of one server.

use std::{fs, net::TcpListener, path::Path, process::Stdio, time::Duration};

use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::{sleep, timeout},
};

use crate::DEADLINE;

/// How long to wait between two looks.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// A running proxy.
pub(crate) struct Nginx {
    child: Child,
    /// Address and port that leads to the server over HTTP/1.1.
    pub(crate) host: String,
    /// One that leads there as nginx does it when it is told nothing: over HTTP/1.0.
    pub(crate) plain_host: String,
    /// The same, paying no heed to what the server says of buffering.
    pub(crate) deaf_host: String,
    _folder: TempDir,
}

impl Nginx {
    /// Starts one in front of a server.
    pub(crate) async fn start(upstream: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ports = free_ports();
        let settings = settings(folder.path(), upstream, ports);
        let file = folder.path().join("nginx.conf");
        fs::write(&file, settings).expect("written");
        // It lies where only administrators look for programs.
        let program = if Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" };
        let child = Command::new(program)
            .args(["-p".as_ref(), folder.path(), "-c".as_ref(), file.as_path(), "-e".as_ref(), "error.log".as_ref()])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("nginx; `make setup-test` installs it");
        let [host, plain_host, deaf_host] = ports.map(|port| format!("127.0.0.1:{port}"));
        let mut nginx = Self { child, host, plain_host, deaf_host, _folder: folder };
        timeout(DEADLINE, nginx.answers()).await.expect("nginx answers in time");
        nginx
    }

    async fn answers(&mut self) {
        while TcpStream::connect(&self.host).await.is_err() {
            assert!(self.child.try_wait().expect("a child of ours").is_none(), "nginx ended; its words are above");
            sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Ends it.
    pub(crate) async fn stop(mut self) {
        self.child.kill().await.expect("killed");
    }
}

/// All at once, for else they could be the same.
fn free_ports() -> [u16; 3] {
    let ports = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    ports.map(|free| free.local_addr().expect("an address").port())
}

/// What is usual, and nothing about buffering: it is on. One process, so that its end is the end of all.
fn settings(folder: &Path, upstream: &str, [port, plain_port, deaf_port]: [u16; 3]) -> String {
    let folder = folder.display();
    format!(
        "daemon off;
        master_process off;
        pid {folder}/nginx.pid;
        events {{}}
        http {{
            access_log off;
            client_body_temp_path {folder}/body;
            proxy_temp_path {folder}/proxy;
            fastcgi_temp_path {folder}/fastcgi;
            uwsgi_temp_path {folder}/uwsgi;
            scgi_temp_path {folder}/scgi;
            server {{
                listen 127.0.0.1:{port};
                proxy_http_version 1.1;
                location / {{
                    proxy_pass http://{upstream};
                }}
                location /api/v1/ws {{
                    proxy_pass http://{upstream};
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection upgrade;
                }}
            }}
            server {{
                listen 127.0.0.1:{plain_port};
                location / {{
                    proxy_pass http://{upstream};
                }}
            }}
            server {{
                listen 127.0.0.1:{deaf_port};
                proxy_ignore_headers X-Accel-Buffering;
                location / {{
                    proxy_pass http://{upstream};
                }}
            }}
        }}"
    )
}
