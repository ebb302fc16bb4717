//! Who may do what: pages of other sites, hosts and tokens, on the real daemon. A real Chromium is the attacker's browser.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};

use crate::harness::http::raw;
use crate::harness::{Answer, Day90, Dir, Request, event, metric};

const EVIL: &str = "https://evil.example";

fn opened(case: &str) -> crate::harness::events::Event {
    event("escalation.opened").with("case", case).with("queue", "billing")
}

/// Asks with exactly this head.
fn ask(address: SocketAddr, first: &str, headers: &[(&str, &str)]) -> Answer {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    raw(address, format!("{first} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n").as_bytes()).expect("an answer")
}

/// Case J: any web page could page on-call, and read case ids by a name that leads to this host.
#[test]
fn a_page_of_another_site_gets_403_and_changes_nothing() {
    let day90 = Day90::start();
    day90.post([&opened("c-1")]);
    let from_evil =
        |request: Request| day90.ask(&request.header("Origin", EVIL).header("Sec-Fetch-Site", "cross-site"));
    for (method, path) in [
        ("POST", "/api/v1/page-test?system=refund-agent"),
        ("DELETE", "/api/v1/page-test?system=refund-agent"),
        ("POST", "/api/v1/accept?system=refund-agent"),
        ("POST", "/api/v1/forget"),
        ("POST", "/-/reload"),
        ("GET", "/api/v1/cases?system=refund-agent"),
        ("GET", "/"),
    ] {
        let refused = from_evil(Request::new(method, path).header("Content-Type", "text/plain")).expect(403);
        assert!(refused.text().contains("another site"), "{}", refused.text());
    }
    from_evil(Request::events(Some("text/plain"), opened("c-2").to_string())).expect(403);
    for path in ["/metrics", "/-/healthy", "/-/ready"] {
        from_evil(Request::get(path)).expect(200);
    }
    let cases = day90.get("/api/v1/cases?system=refund-agent").expect(200).json();
    assert_eq!(cases["total"].as_u64(), Some(1), "{cases}");
    day90
        .scrape()
        .expect(metric("day90_ingest_requests_total").label("code", "403").value(1))
        .expect_none(metric("day90_escalation_spike").label("test", "true"));
}

#[test]
fn a_name_that_merely_leads_here_opens_no_page_and_takes_events() {
    let day90 = Day90::start();
    day90.post([&opened("c-1")]);
    let cases = "GET /api/v1/cases?system=refund-agent";
    let refused = ask(day90.address, cases, &[("Host", "evil.example")]).expect(403);
    assert!(refused.text().contains("server.hosts"), "it says what to do: {}", refused.text());
    let port = day90.address.port();
    for host in
        [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}"), "a.localhost".into()]
    {
        ask(day90.address, cases, &[("Host", &host)]).expect(200);
    }
    // A replica in a cluster is no browser, whatever it calls this daemon.
    let body = event("fallback.ended").to_string();
    let length = body.len().to_string();
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nHost: day90.payments.svc:9790\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    raw(day90.address, head.as_bytes()).expect("an answer").expect(202);
}

#[test]
fn names_that_are_declared_are_day90s_own() {
    let day90 = Day90::start_with("server: {hosts: [day90.payments.svc], external_url: 'https://day90.example.com'}");
    for host in ["day90.payments.svc:9790", "DAY90.payments.svc", "day90.example.com"] {
        ask(day90.address, "GET /", &[("Host", host)]).expect(200);
    }
    let post = |origin| ask(day90.address, "POST /-/reload", &[("Host", "127.0.0.1"), ("Origin", origin)]).status;
    assert_eq!(post("https://day90.example.com"), 200, "a proxy's own name");
    assert_eq!(post("https://day90.payments.svc"), 403, "an origin is host and port, and this one is another host");
    // A link in a chat leads to the page.
    let link = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
    let with_host = |host| [&[("Host", host)], &link[..]].concat();
    ask(day90.address, "GET /", &with_host("day90.example.com")).expect(200);
    ask(day90.address, "GET /", &with_host("evil.example")).expect(403);
    ask(day90.address, "GET /api/v1/status", &with_host("day90.example.com")).expect(403);
}

/// A token file for each of these roles, and the `auth` that names them.
fn guarded(secrets: &Dir, roles: &[&str]) -> String {
    let mut config = "auth:\n".to_owned();
    for role in roles {
        let path = secrets.write(role, format!("{role}-0123456789abcdef\n"));
        config += &format!("  {role}: {{token_file: {}}}\n", path.display());
    }
    config
}

fn bearer(request: Request, role: &str) -> Request {
    request.header("Authorization", &format!("Bearer {role}-0123456789abcdef"))
}

/// Case S8: with `auth.ingest` alone, whoever reached the listener could reload, erase, page, and read cases.
#[test]
fn beyond_loopback_a_role_without_a_token_is_closed() {
    let secrets = Dir::new();
    let beyond = r#"exec "$0" "${@/127.0.0.1:0/0.0.0.0:0}" --insecure-listen"#;
    let beyond = ["bash", "-c", beyond].map(str::to_owned).to_vec();
    let data = Dir::new();
    let start = |config: &str| {
        Day90::start_under(beyond.clone(), &data.path().join("data"), config)
            .unwrap_or_else(|ended| panic!("it serves: {}", ended.log()))
    };
    let day90 = start(&guarded(&secrets, &["ingest"]));
    let events = || Request::events(None, event("fallback.ended").to_string());
    for request in [
        Request::new("POST", "/-/reload"),
        Request::new("POST", "/api/v1/forget"),
        Request::new("POST", "/api/v1/page-test?system=refund-agent"),
        Request::new("POST", "/api/v1/accept?system=refund-agent"),
        Request::get("/api/v1/cases?system=refund-agent"),
        Request::get("/"),
        Request::get("/metrics"),
        events(),
    ] {
        let refused = day90.ask(&request).expect(401);
        assert!(refused.text().contains("auth."), "it names the key: {}", refused.text());
    }
    day90.ask(&bearer(events(), "ingest")).expect(202);
    day90.ask(&bearer(Request::get("/"), "ingest")).expect(401);
    day90.get("/-/ready").expect(200);
    drop(day90.stop());
    // Who guards nothing, and says so by flag, gets what it says.
    let day90 = start("systems: {refund-agent: {}}");
    day90.ask(&events()).expect(202);
    day90.get("/").expect(200);
    day90.get("/metrics").expect(200);
}

#[test]
fn a_browser_gives_the_token_as_its_password_and_view_sees_without_acting() {
    let secrets = Dir::new();
    let day90 = Day90::start_with(&guarded(&secrets, &["view", "admin"]));
    // printf 'alice:view-0123456789abcdef' | base64
    let basic = ("Authorization", "Basic YWxpY2U6dmlldy0wMTIzNDU2Nzg5YWJjZGVm");
    let asked = day90.get("/").expect(401);
    assert!(asked.text().contains("auth.view"), "{}", asked.text());
    day90.ask(&Request::get("/").header(basic.0, basic.1)).expect(200);
    for path in ["/", "/api/v1/status", "/api/v1/cases?system=refund-agent", "/runbooks/"] {
        assert_ne!(day90.ask(&bearer(Request::get(path), "view")).status, 401, "{path}");
        day90.get(path).expect(401);
    }
    for path in ["/-/reload", "/api/v1/accept?system=refund-agent"] {
        day90.ask(&bearer(Request::new("POST", path), "view")).expect(401);
    }
    for request in [Request::get("/"), Request::get("/api/v1/status"), Request::new("POST", "/-/reload")] {
        assert_ne!(day90.ask(&bearer(request, "admin")).status, 401, "admin may everything");
    }
    // On loopback what has no token is open.
    day90.ask(&Request::events(None, event("fallback.ended").to_string())).expect(202);
    day90.get("/metrics").expect(200);
}

/// Serves one page to whoever asks, until the process ends.
fn evil_site(page: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 8 << 10]);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
            let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{page}", page.len());
        }
    });
    address
}

/// What a page looks like after its scripts have run. `evil.example` leads to this host.
fn browse(url: &str) -> String {
    let profile = Dir::new();
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--host-resolver-rules=MAP evil.example 127.0.0.1", "--virtual-time-budget=10000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(url)
        .stdin(Stdio::null())
        .output()
        .expect("chromium must be installed (Debian package chromium) to run this test");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Seen with 0.2.0: a page elsewhere forged an approved change, erased a case, and read the ids of cases.
#[test]
fn a_real_browser_forges_nothing_from_another_origin() {
    let day90 = Day90::start();
    let agent = "\"system\":\"refund-agent\"";
    day90.post([&opened("c-secret")]);
    let forged =
        format!("{{\"type\":\"change.deployed\",{agent},\"kind\":\"prompt\",\"version\":\"evil\",\"approver\":\"x\"}}");
    let target = format!("http://127.0.0.1:{}", day90.address.port());
    let page = format!(
        r#"<body>before<form id=f method=post enctype=text/plain target=frame action="{target}/api/v1/page-test?system=refund-agent">
<input name='x' value='y'></form><iframe name=frame></iframe><img src="{target}/api/v1/cases?system=refund-agent"><script>
const send = (path, options) => fetch('{target}' + path, options).then(r => r.text()).catch(e => 'failed');
(async () => {{
  let seen = '';
  for (const type of ['text/plain', 'application/x-www-form-urlencoded'])
    await send('/v1/events', {{method: 'POST', mode: 'no-cors', headers: {{'content-type': type}}, body: '{forged}'}});
  await send('/api/v1/forget', {{method: 'POST', mode: 'no-cors', body: '{{"case":"c-secret","system":"refund-agent"}}'}});
  await send('/api/v1/page-test?system=refund-agent', {{method: 'POST', mode: 'no-cors'}});
  await send('/-/reload', {{method: 'POST', mode: 'no-cors'}});
  navigator.sendBeacon('{target}/v1/events', '{forged}');
  seen += await send('/api/v1/cases?system=refund-agent', {{}});
  document.getElementById('f').submit();
  await new Promise(r => setTimeout(r, 1000));
  document.body.textContent = 'after: ' + seen;
}})();
</script>"#
    );
    let evil = evil_site(page);
    let shown = browse(&format!("http://evil.example:{}/", evil.port()));
    assert!(shown.contains("after: failed"), "the page ran, and could read nothing: {shown}");
    // A name that leads to this host makes the page and the daemon one origin: it reads what it gets.
    let rebound = browse(&format!("http://evil.example:{}/api/v1/cases?system=refund-agent", day90.address.port()));
    assert!(rebound.contains("not one of day90's names") && !rebound.contains("c-secret"), "{rebound}");
    let cases = day90.get("/api/v1/cases?system=refund-agent").expect(200).json();
    assert_eq!(cases["cases"][0]["case"].as_str(), Some("c-secret"), "nothing was erased: {cases}");
    let scrape = day90.scrape();
    scrape
        .expect(metric("day90_ingest_requests_total").label("code", "403").value(3))
        .expect(metric("day90_events_total").label("type", "change.deployed").value(0));
    assert!(!scrape.text.contains("test=\"true\""), "nobody was paged: {}", scrape.lines_of("day90_escalation_spike"));
    // The same browser opens day90's own pages.
    let own = browse(&format!("{target}/api/v1/status"));
    assert!(own.contains("refund-agent"), "{own}");
}
