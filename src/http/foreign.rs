//! Whether a request was made by a page of another site. Pure.
//!
//! A person's browser reaches a daemon on their own host, and sends what any page asks it to. So a page elsewhere could
//! forge an approved change, erase a case, or page somebody. Browsers say where a request comes from (`Origin`,
//! `Sec-Fetch-Site`) and which name led here (`Host`); programs that are no browsers say neither of the first two.

use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use hyper::{Method, Request, Uri};

use crate::config::guards::Admission;
use crate::config::hosts::{Authority, Hosts};

/// Who may ask for a path from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers {
    /// Programs and day90's own pages.
    Own,
    /// Links on other pages may lead to it too: a page for people.
    Links,
    /// Programs that reach this daemon by any name, too: events.
    Programs,
    /// Everybody: what changes nothing and shows no case.
    All,
}

/// Why the request is refused as one of another site; `None` when it isn't.
pub(super) fn refusal<B>(request: &Request<B>, callers: Callers, entry: Admission, hosts: &Hosts) -> Option<String> {
    let headers = request.headers();
    let has_origin = headers.contains_key(ORIGIN);
    match callers {
        Callers::All => return None,
        Callers::Programs if !has_origin => return None,
        _ => {}
    }
    let asked = host(request.uri(), headers);
    if let Some(origin) = headers.get_all(ORIGIN).iter().find(|origin| !is_own(origin, asked.as_ref(), hosts)) {
        let origin = String::from_utf8_lossy(origin.as_bytes());
        return Some(format!(
            "this comes from a page of another site ({}); if people reach day90 there, set server.external_url",
            origin.escape_debug()
        ));
    }
    let is_known = asked.as_ref().is_some_and(|asked| hosts.has(&asked.host));
    if is_cross_site(headers) && !(callers == Callers::Links && is_navigation(request.method(), headers) && is_known) {
        return Some("this comes from a page of another site (Sec-Fetch-Site: cross-site)".to_owned());
    }
    let says_host = headers.contains_key(HOST) || request.uri().authority().is_some();
    (entry == Admission::Open && says_host && !is_known).then(|| {
        "this host is not one of day90's names, and no token is asked for here, so it may be a page of another site: use the \
         address, or name the host in server.hosts or server.external_url"
            .to_owned()
    })
}

/// The host that the request is for. An address in its first line comes before its header.
fn host(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    match uri.authority() {
        Some(authority) => Authority::read(authority.as_str()),
        None => {
            let mut all = headers.get_all(HOST).iter();
            let one = all.next()?;
            if all.next().is_some() { None } else { Authority::read(one.to_str().ok()?) }
        }
    }
}

/// Whether an origin is the host that it asks, or where people reach the page.
fn is_own(origin: &HeaderValue, asked: Option<&Authority>, hosts: &Hosts) -> bool {
    let Some(origin) = origin.to_str().ok().and_then(Authority::of_url) else { return false };
    let is_asked = asked.is_some_and(|asked| {
        let asked = Authority { host: asked.host.clone(), port: asked.port.or(implied(&origin)) };
        asked.is_same(&origin)
    });
    is_asked || hosts.is_external(&origin)
}

/// The port of a `Host` that names none: that of the origin, if that is one that goes without saying.
fn implied(origin: &Authority) -> Option<u16> {
    origin.port.filter(|port| matches!(port, 80 | 443))
}

fn is_cross_site(headers: &HeaderMap) -> bool {
    says(headers, "sec-fetch-site", "cross-site")
}

/// A person follows a link, or opens a bookmark.
fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::GET && says(headers, "sec-fetch-mode", "navigate") && says(headers, "sec-fetch-dest", "document")
}

fn says(headers: &HeaderMap, name: &'static str, value: &str) -> bool {
    headers.get_all(HeaderName::from_static(name)).iter().any(|said| said.as_bytes() == value.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Hosts {
        let server = crate::config::Server {
            hosts: vec!["day90.payments.svc".to_owned()],
            external_url: Some("https://day90.example.com".to_owned()),
            ..Default::default()
        };
        Hosts::of(&server)
    }

    /// Of a request `METHOD`, with `Name: value` lines.
    fn is_refused(callers: Callers, entry: Admission, head: &str) -> bool {
        let mut lines = head.lines();
        let mut request = Request::builder().method(lines.next().expect("a method")).uri("/");
        for line in lines {
            let (name, value) = line.split_once(':').expect("a header");
            request = request.header(name, value.trim());
        }
        refusal(&request.body(()).expect("a request"), callers, entry, &hosts()).is_some()
    }

    #[test]
    fn a_page_of_another_site_is_refused_and_day90s_own_is_not() {
        for (origin, host, refused) in [
            ("https://evil.example", "127.0.0.1:9790", true),
            ("null", "127.0.0.1:9790", true),
            ("http://127.0.0.1:3000", "127.0.0.1:9790", true),
            ("http://localhost:9790", "127.0.0.1:9790", true),
            ("http://127.0.0.1:9790", "127.0.0.1:9790", false),
            ("http://[::1]:9790", "[::1]:9790", false),
            ("http://localhost", "localhost", false),
            ("https://day90.payments.svc", "day90.payments.svc", false),
            ("https://day90.payments.svc:8443", "day90.payments.svc", true),
            ("https://day90.example.com", "127.0.0.1:9790", false),
            ("https://day90.example.com:8443", "127.0.0.1:9790", true),
            ("http://day90.example.com", "127.0.0.1:9790", true),
        ] {
            for (callers, entry) in [
                (Callers::Own, Admission::Open),
                (Callers::Programs, Admission::Open),
                (Callers::Own, Admission::Proven),
            ] {
                let head = format!("POST\nHost: {host}\nOrigin: {origin}");
                assert_eq!(is_refused(callers, entry, &head), refused, "{origin} at {host}, {callers:?}, {entry:?}");
            }
        }
        assert!(is_refused(
            Callers::Own,
            Admission::Open,
            "POST\nHost: a\nOrigin: http://a\nOrigin: https://evil.example"
        ));
    }

    #[test]
    fn a_name_that_leads_here_without_being_day90s_is_refused_where_no_token_is_asked_for() {
        for host in ["evil.example:9790", "evil.example", "127.0.0.1.evil.example:9790", "a b", ""] {
            let head = format!("GET\nHost: {host}");
            assert!(is_refused(Callers::Own, Admission::Open, &head), "{host}");
            assert!(is_refused(Callers::Links, Admission::Open, &head), "{host}");
            assert!(!is_refused(Callers::Own, Admission::Proven, &head), "{host}");
            assert!(!is_refused(Callers::Programs, Admission::Open, &head), "{host}");
            assert!(!is_refused(Callers::All, Admission::Open, &head), "{host}");
        }
        for host in ["127.0.0.1:9790", "[::1]:9790", "localhost", "day90.payments.svc:9790", "day90.example.com"] {
            assert!(!is_refused(Callers::Own, Admission::Open, &format!("GET\nHost: {host}")), "{host}");
        }
        // DNS that was changed under a page: its origin is its host, and both are wrong.
        let rebound = "POST\nHost: evil.example:9790\nOrigin: http://evil.example:9790";
        assert!(
            is_refused(Callers::Own, Admission::Open, rebound)
                && is_refused(Callers::Programs, Admission::Open, rebound)
        );
        assert!(!is_refused(Callers::Own, Admission::Open, "GET"), "HTTP/1.0 has no host, and no browser speaks it");
    }

    #[test]
    fn a_link_elsewhere_opens_a_page_and_nothing_else() {
        let link =
            "GET\nHost: 127.0.0.1:9790\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document";
        assert!(!is_refused(Callers::Links, Admission::Open, link));
        assert!(is_refused(Callers::Own, Admission::Open, link));
        for other in [
            link.replace("GET", "POST"),
            link.replace("document", "iframe"),
            link.replace("navigate", "no-cors"),
            link.replace("127.0.0.1:9790", "evil.example"),
        ] {
            assert!(is_refused(Callers::Links, Admission::Open, &other), "{other}");
        }
        assert!(!is_refused(Callers::Programs, Admission::Open, link), "events without an origin are no browser's");
    }
}
