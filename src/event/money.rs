//! [`Money`]: an exact amount in a currency of ISO 4217.

use super::fixed::Fixed;

/// An amount of money: never negative, in units of the currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    pub amount: Fixed,
    pub currency: Currency,
}

/// Three capital letters that ISO 4217 lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(pub [u8; 3]);

/// The codes in use (List One, without precious metals, test codes and bond market units), sorted.
pub const CODES: &[[u8; 3]] = &codes(concat!(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD ",
    "CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP ",
    "GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY ",
    "KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK ",
    "MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF ",
    "SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS ",
    "UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XDR XOF XPF XSU XUA YER ZAR ZMW ZWG ",
));

impl Currency {
    pub fn from_code(code: &str) -> Option<Currency> {
        let code: [u8; 3] = code.as_bytes().try_into().ok()?;
        CODES.binary_search(&code).ok().map(|_| Currency(code))
    }

    pub fn as_str(&self) -> &str {
        // Only `from_code` and the decoder make currencies, and both check the letters.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

const COUNT: usize = 168;

const fn codes(text: &str) -> [[u8; 3]; COUNT] {
    let text = text.as_bytes();
    assert!(text.len() == COUNT * 4);
    let mut codes = [[0; 3]; COUNT];
    let mut at = 0;
    while at < COUNT {
        codes[at] = [text[at * 4], text[at * 4 + 1], text[at * 4 + 2]];
        at += 1;
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_codes_and_only_them() {
        assert!(CODES.is_sorted());
        for code in ["EUR", "USD", "JPY", "AED", "ZWG"] {
            assert_eq!(Currency::from_code(code).map(|currency| currency.to_string()).as_deref(), Some(code));
        }
        for code in ["", "eur", "EURO", "DEM", "XXX", "BTC", "€"] {
            assert_eq!(Currency::from_code(code), None, "{code}");
        }
    }
}
