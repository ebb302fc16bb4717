//! What may follow the question mark, read strictly: a misspelled name is an error, not an answer about everything.

use crate::state::views::cases::PAGE_MAX;

/// Open cases on a page, when the caller doesn't say.
const PAGE_DEFAULT: usize = 100;

/// `system=…` or nothing.
pub(super) fn system_query(query: &str) -> Result<Option<&str>, String> {
    match query.split_once('=') {
        None if query.is_empty() => Ok(None),
        Some(("system", system)) if !system.contains('&') => Ok(Some(system).filter(|system| !system.is_empty())),
        _ => Err("known is system alone".to_owned()),
    }
}

/// `system=…&offset=…&limit=…`, each at most once.
#[derive(Debug, Default, PartialEq)]
pub(super) struct CasesQuery {
    pub(super) system: Option<String>,
    pub(super) offset: usize,
    pub(super) limit: usize,
}

impl CasesQuery {
    pub(super) fn parse(query: &str) -> Result<CasesQuery, String> {
        let mut asked = CasesQuery { limit: PAGE_DEFAULT, ..CasesQuery::default() };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let number = || value.parse().map_err(|_| format!("{name} is a whole number, from 0 on"));
            match name {
                "system" => asked.system = Some(value.to_owned()).filter(|system| !system.is_empty()),
                "offset" => asked.offset = number()?,
                "limit" => asked.limit = number()?.clamp(1, PAGE_MAX),
                _ => {
                    return Err(format!(
                        "{name} is not known; known are system, offset and limit (at most {PAGE_MAX})"
                    ));
                }
            }
        }
        Ok(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_of_a_system_is_read_strictly() {
        assert_eq!(system_query(""), Ok(None));
        assert_eq!(system_query("system=agent"), Ok(Some("agent")));
        for wrong in ["sytem=agent", "agent", "system=a&stage=current"] {
            assert!(system_query(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_query_of_cases_is_read_strictly() {
        let asked = CasesQuery::parse("system=agent&offset=20&limit=5000").unwrap();
        assert_eq!(asked, CasesQuery { system: Some("agent".into()), offset: 20, limit: PAGE_MAX });
        assert!(CasesQuery::parse("limit=many").unwrap_err().contains("whole number"));
        assert!(CasesQuery::parse("sytem=agent").unwrap_err().contains("known are"));
    }
}
