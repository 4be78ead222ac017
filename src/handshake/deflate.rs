//! Agreeing on permessage-deflate (RFC 7692 sections 5 and 7.1).

use super::extensions::Extension;
use crate::deflate::{MAX_WINDOW_BITS, MIN_WINDOW_BITS, Parameters};

/// The extension's registered name (section 8.1).
const NAME: &str = "permessage-deflate";

const SERVER_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_BITS: &str = "server_max_window_bits";
const CLIENT_BITS: &str = "client_max_window_bits";

/// The parameters of one offer or answer as they stand there. Window sizes: not there, there
/// without a value, or a value.
#[derive(Debug, Default)]
struct Written {
    server_takeover: bool,
    client_takeover: bool,
    server_bits: Option<Option<u8>>,
    client_bits: Option<Option<u8>>,
}

impl Written {
    /// Section 7.1: every parameter is known, there once, and has a value as it should.
    fn parse(extension: &Extension) -> Result<Self, String> {
        let mut written = Self::default();
        for (index, (name, value)) in extension.params.iter().enumerate() {
            if extension.params[..index]
                .iter()
                .any(|(other, _)| other == name)
            {
                return Err(format!("{name} twice"));
            }
            match (name.as_str(), value) {
                (SERVER_TAKEOVER, None) => written.server_takeover = true,
                (CLIENT_TAKEOVER, None) => written.client_takeover = true,
                (SERVER_BITS, value) => written.server_bits = Some(bits(name, value)?),
                (CLIENT_BITS, value) => written.client_bits = Some(bits(name, value)?),
                (SERVER_TAKEOVER | CLIENT_TAKEOVER, Some(_)) => {
                    return Err(format!("a value of {name}"));
                }
                _ => return Err(format!("{name}, which RFC 7692 does not define")),
            }
        }
        Ok(written)
    }
}

/// Section 7.1.2: 8 to 15, without leading zeros.
fn bits(name: &str, value: &Option<String>) -> Result<Option<u8>, String> {
    let Some(value) = value else { return Ok(None) };
    (MIN_WINDOW_BITS..=MAX_WINDOW_BITS)
        .find(|bits| *value == bits.to_string())
        .map(Some)
        .ok_or_else(|| format!("{name}={value}, which is not 8 to 15"))
}

impl Parameters {
    /// What a client offers that wants this (section 7.1). It always says that its own window
    /// can be made smaller, which costs it nothing.
    pub fn offer(&self) -> Extension {
        let mut params = self.written();
        if self.client_max_window_bits == MAX_WINDOW_BITS {
            params.push((CLIENT_BITS.into(), None));
        }
        Extension {
            name: NAME.into(),
            params,
        }
    }

    /// What a server answers that has agreed on this.
    pub fn answer(&self) -> Extension {
        Extension {
            name: NAME.into(),
            params: self.written(),
        }
    }

    /// The parameters that differ from the defaults.
    fn written(&self) -> Vec<(String, Option<String>)> {
        let mut params = Vec::new();
        for (name, set) in [
            (SERVER_TAKEOVER, self.server_no_context_takeover),
            (CLIENT_TAKEOVER, self.client_no_context_takeover),
        ] {
            if set {
                params.push((name.to_owned(), None));
            }
        }
        for (name, bits) in [
            (SERVER_BITS, self.server_max_window_bits),
            (CLIENT_BITS, self.client_max_window_bits),
        ] {
            if bits < MAX_WINDOW_BITS {
                params.push((name.to_owned(), Some(bits.to_string())));
            }
        }
        params
    }

    /// As a server that wants this: what to agree on with a client that offers `offers`, by
    /// the first of them that can be accepted (section 5.1). Offers that are not right are
    /// declined, which is no failure of the handshake (section 7.1).
    ///
    /// ```
    /// use ws4wasm::deflate::Parameters;
    /// use ws4wasm::handshake::Extension;
    /// let offers = Extension::parse_list(
    ///     "permessage-deflate; nonsense, permessage-deflate; server_max_window_bits=10",
    /// )
    /// .unwrap();
    /// let agreed = Parameters::default().select(&offers).unwrap();
    /// assert_eq!(agreed.server_max_window_bits, 10);
    /// assert_eq!(agreed.answer().to_string(), "permessage-deflate; server_max_window_bits=10");
    /// ```
    pub fn select(&self, offers: &[Extension]) -> Option<Self> {
        let ours: Vec<_> = offers
            .iter()
            .filter(|offer| offer.name == NAME)
            .filter_map(|offer| Written::parse(offer).ok())
            .collect();
        // Section 7.1.2.2: the answer may not limit a client that has not said that it can. When
        // that is wanted, other offers go first; if there is none, compression with the largest
        // window is better than none at all.
        let limits = |offer: &&Written| {
            self.client_max_window_bits == MAX_WINDOW_BITS || offer.client_bits.is_some()
        };
        let accept = |offer| self.accept(offer);
        let fitting = ours.iter().filter(limits).find_map(accept);
        fitting.or_else(|| ours.iter().find_map(accept))
    }

    fn accept(&self, offer: &Written) -> Option<Self> {
        // Section 7.1.2.1: in an offer it has a value.
        let server_bits = match offer.server_bits {
            None => MAX_WINDOW_BITS,
            Some(bits) => bits?,
        };
        let client_bits = match offer.client_bits {
            None => MAX_WINDOW_BITS,
            Some(bits) => self
                .client_max_window_bits
                .min(bits.unwrap_or(MAX_WINDOW_BITS)),
        };
        Some(Self {
            server_no_context_takeover: self.server_no_context_takeover
                || offer.server_takeover,
            client_no_context_takeover: self.client_no_context_takeover
                || offer.client_takeover,
            server_max_window_bits: self.server_max_window_bits.min(server_bits),
            client_max_window_bits: client_bits,
        })
    }

    /// What a client has asked for by this offer (section 7.1), if that is right.
    fn offered(offer: &Extension) -> Result<Self, String> {
        let written = Written::parse(offer)?;
        let server_bits = match written.server_bits {
            None => MAX_WINDOW_BITS,
            Some(Some(bits)) => bits,
            Some(None) => return Err(format!("{SERVER_BITS} without a value")),
        };
        Ok(Self {
            server_no_context_takeover: written.server_takeover,
            client_no_context_takeover: written.client_takeover,
            server_max_window_bits: server_bits,
            client_max_window_bits: written.client_bits.flatten().unwrap_or(MAX_WINDOW_BITS),
        })
    }

    /// For each of a client's offers that is not right, what is wrong with it. It is to be
    /// declined (section 7.1).
    pub fn wrong_offers(offers: &[Extension]) -> Vec<String> {
        let ours = offers.iter().filter(|offer| offer.name == NAME);
        ours.filter_map(|offer| Self::offered(offer).err())
            .collect()
    }

    /// For a third party: what a server has agreed on by its answer to these offers, one of which
    /// the answer must fit.
    ///
    /// # Errors
    /// What is wrong with the answer.
    pub fn negotiated(
        offers: &[Extension],
        answers: &[Extension],
    ) -> Result<Option<Self>, String> {
        let Some(answer) = answers.iter().find(|answer| answer.name == NAME) else {
            return Ok(None);
        };
        let limits_client = Written::parse(answer)?.client_bits.is_some();
        let mut problem = None;
        for offer in offers.iter().filter(|offer| offer.name == NAME) {
            let fits = Self::offered(offer).and_then(|asked| {
                // Section 7.1.2.2: a client that has not said that it can is not to be limited.
                if limits_client && Written::parse(offer)?.client_bits.is_none() {
                    return Err(format!("{CLIENT_BITS}, which the client did not offer"));
                }
                asked.agreed(answers)
            });
            match fits {
                Ok(agreed) => return Ok(agreed),
                Err(what) => problem = problem.or(Some(what)),
            }
        }
        // Without any offer, that it was not offered is said elsewhere; what it says counts.
        match problem {
            Some(what) => Err(what),
            None => Self::default().agreed(answers),
        }
    }

    /// As a client that has offered this: what the server's answer agrees on, if anything.
    ///
    /// # Errors
    /// What is wrong with the answer; the connection must fail (section 7.1).
    pub fn agreed(&self, answers: &[Extension]) -> Result<Option<Self>, String> {
        let Some(answer) = answers.iter().find(|answer| answer.name == NAME) else {
            return Ok(None);
        };
        let written = Written::parse(answer)?;
        let value = |name: &str, bits: Option<Option<u8>>| match bits {
            None => Ok(MAX_WINDOW_BITS),
            Some(Some(bits)) => Ok(bits),
            Some(None) => Err(format!("{name} without a value")),
        };
        let server_bits = value(SERVER_BITS, written.server_bits)?;
        let client_bits = value(CLIENT_BITS, written.client_bits)?;
        // Sections 7.1.1.1 and 7.1.2.1: a server that accepts such an offer says so.
        if self.server_no_context_takeover && !written.server_takeover {
            return Err(format!("no {SERVER_TAKEOVER}, which was asked for"));
        }
        if server_bits > self.server_max_window_bits {
            let most = self.server_max_window_bits;
            return Err(format!("{SERVER_BITS} {server_bits}; {most} was asked for"));
        }
        Ok(Some(Self {
            server_no_context_takeover: written.server_takeover,
            client_no_context_takeover: self.client_no_context_takeover
                || written.client_takeover,
            server_max_window_bits: server_bits,
            // Section 7.1.2.2: the offer's own limit holds whatever the answer says.
            client_max_window_bits: self.client_max_window_bits.min(client_bits),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(value: &str) -> Vec<Extension> {
        Extension::parse_list(value).unwrap()
    }

    /// Two bits of takeover and the two window sizes.
    fn parameters(text: &str) -> Parameters {
        let mut parts = text.split(' ');
        let mut next = || parts.next().unwrap();
        Parameters {
            server_no_context_takeover: next() == "S",
            client_no_context_takeover: next() == "C",
            server_max_window_bits: next().parse().unwrap(),
            client_max_window_bits: next().parse().unwrap(),
        }
    }

    #[test]
    fn offers_what_is_wanted() {
        for (wanted, offer) in [
            ("- - 15 15", "permessage-deflate; client_max_window_bits"),
            (
                "S C 15 15",
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits",
            ),
            (
                "- - 8 9",
                "permessage-deflate; server_max_window_bits=8; client_max_window_bits=9",
            ),
        ] {
            assert_eq!(parameters(wanted).offer().to_string(), offer);
        }
    }

    // [RFC 7692 7-1, 7-2, 7-3, 7-4, 7.1.2.1-1, 7.1.2.2-1, 7.1.2.2-3]
    #[test]
    fn a_server_takes_the_first_offer_that_it_can() {
        for (wanted, offers, answer) in [
            (
                "- - 15 15",
                "permessage-deflate",
                Some("permessage-deflate"),
            ),
            (
                "- - 15 15",
                "permessage-deflate; client_max_window_bits",
                Some("permessage-deflate"),
            ),
            (
                "- - 15 15",
                "permessage-deflate; client_max_window_bits=\"11\"",
                Some("permessage-deflate; client_max_window_bits=11"),
            ),
            (
                "S C 12 10",
                "permessage-deflate; client_max_window_bits; server_max_window_bits=9",
                Some(
                    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
                     server_max_window_bits=9; client_max_window_bits=10",
                ),
            ),
            (
                "- - 9 15",
                "permessage-deflate; server_max_window_bits=15; server_no_context_takeover; client_no_context_takeover",
                Some(
                    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
                     server_max_window_bits=9",
                ),
            ),
            // A client that cannot limit its window, and a fallback of one that can.
            (
                "- - 15 10",
                "permessage-deflate",
                Some("permessage-deflate"),
            ),
            (
                "- - 15 10",
                "permessage-deflate, permessage-deflate; client_max_window_bits",
                Some("permessage-deflate; client_max_window_bits=10"),
            ),
            // What is not right is declined, and the next offer looked at.
            (
                "- - 15 15",
                "permessage-deflate; server_max_window_bits",
                None,
            ),
            (
                "- - 15 15",
                "permessage-deflate; server_max_window_bits=7",
                None,
            ),
            (
                "- - 15 15",
                "permessage-deflate; server_max_window_bits=16",
                None,
            ),
            (
                "- - 15 15",
                "permessage-deflate; client_max_window_bits=08",
                None,
            ),
            (
                "- - 15 15",
                "permessage-deflate; client_max_window_bits=+9",
                None,
            ),
            (
                "- - 15 15",
                "permessage-deflate; server_no_context_takeover=1",
                None,
            ),
            (
                "- - 15 15",
                "permessage-deflate; client_no_context_takeover=true",
                None,
            ),
            (
                "- - 15 15",
                "permessage-deflate; client_max_window_bits; client_max_window_bits",
                None,
            ),
            (
                "- - 15 15",
                "permessage-deflate; x, x-webkit-deflate-frame",
                None,
            ),
            ("- - 15 15", "Permessage-Deflate", None),
            (
                "- - 15 15",
                "permessage-deflate; x, foo, permessage-deflate",
                Some("permessage-deflate"),
            ),
        ] {
            let agreed = parameters(wanted).select(&list(offers));
            let written = agreed.map(|agreed| agreed.answer().to_string());
            assert_eq!(written.as_deref(), answer, "{wanted}: {offers}");
        }
    }

    // [RFC 7692 7-5, 7-6, 7-7, 7-8, 7.1.2.1-2, 7.1.2.2-2]
    #[test]
    fn a_client_takes_what_it_asked_for_and_nothing_else() {
        for (wanted, answer, agreed) in [
            ("- - 15 15", "permessage-deflate", Ok("- - 15 15")),
            (
                "- - 15 15",
                "permessage-deflate; server_no_context_takeover; server_max_window_bits=9; \
                 client_no_context_takeover; client_max_window_bits=8",
                Ok("S C 9 8"),
            ),
            ("- C 15 12", "permessage-deflate", Ok("- C 15 12")),
            (
                "- - 15 12",
                "permessage-deflate; client_max_window_bits=15",
                Ok("- - 15 12"),
            ),
            (
                "S - 15 15",
                "permessage-deflate",
                Err("no server_no_context_takeover, which was asked for"),
            ),
            (
                "- - 10 15",
                "permessage-deflate",
                Err("server_max_window_bits 15; 10 was asked for"),
            ),
            (
                "- - 10 15",
                "permessage-deflate; server_max_window_bits=11",
                Err("server_max_window_bits 11; 10 was asked for"),
            ),
            (
                "- - 15 15",
                "permessage-deflate; client_max_window_bits",
                Err("client_max_window_bits without a value"),
            ),
            (
                "- - 15 15",
                "permessage-deflate; server_max_window_bits=16",
                Err("server_max_window_bits=16, which is not 8 to 15"),
            ),
            (
                "- - 15 15",
                "permessage-deflate; y=1",
                Err("y, which RFC 7692 does not define"),
            ),
            (
                "- - 15 15",
                "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
                Err("server_no_context_takeover twice"),
            ),
        ] {
            let result = parameters(wanted).agreed(&list(answer));
            let expected = agreed
                .map(|text| Some(parameters(text)))
                .map_err(str::to_owned);
            assert_eq!(result, expected, "{wanted}: {answer}");
        }
        assert_eq!(Parameters::default().agreed(&[]), Ok(None));
    }

    #[test]
    fn both_sides_agree_on_the_same() {
        let all = |f: &mut dyn FnMut(Parameters)| {
            for flags in 0..4 {
                for server_max_window_bits in [8, 9, 12, 15] {
                    for client_max_window_bits in [8, 10, 15] {
                        f(Parameters {
                            server_no_context_takeover: flags & 1 != 0,
                            client_no_context_takeover: flags & 2 != 0,
                            server_max_window_bits,
                            client_max_window_bits,
                        });
                    }
                }
            }
        };
        all(&mut |client| {
            all(&mut |server| {
                let agreed = server.select(&[client.offer()]).unwrap();
                assert_eq!(client.agreed(&[agreed.answer()]), Ok(Some(agreed)));
            });
        });
    }
}
