//! From a filter's text to what it means.
//!
//! ```text
//! or    = and *( ("or" / "||") and )
//! and   = not *( [ "and" / "&&" ] not )
//! not   = ("not" / "!") not / "(" or ")" / test
//! test  = "text" / /regex/[i] / word [ op value *( "," value ) ]
//! op    = ":" / "=" / "!=" / "<" / "<=" / ">" / ">="
//! value = number [unit] / number ".." number / name / "text"
//! ```

use super::node::{Node, join};
use super::problem::{Problem, problem};
use super::tokens::{Placed, Token, tokens};
use super::values::{find, node, regex};
use super::words::{self, Flag, Number, Takes, Word};

/// How deep parentheses and `not` may nest.
const DEPTH: u32 = 64;

/// Reads a filter.
pub fn parse(text: &str) -> Result<Node, Problem> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        depth: 0,
    };
    if parser.peek().token == Token::End {
        return Ok(Node::All);
    }
    let node = parser.or()?;
    let next = parser.peek();
    match next.token {
        Token::End => Ok(node),
        Token::Close => Err(problem(
            "This parenthesis closes none.",
            next.start,
            next.end,
            &["and", "or"],
        )),
        _ => Err(problem(
            "A test cannot begin like this.",
            next.start,
            next.end,
            &["and", "or", "not", "("],
        )),
    }
}

struct Parser<'a> {
    tokens: &'a [Placed],
    at: usize,
    depth: u32,
}

impl Parser<'_> {
    fn peek(&self) -> &Placed {
        // The end is never passed.
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn next(&mut self) -> Placed {
        let placed = self.peek().clone();
        self.at += 1;
        placed
    }

    fn keyword(&self) -> Option<String> {
        match &self.peek().token {
            Token::Name(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        }
    }

    fn or(&mut self) -> Result<Node, Problem> {
        let mut parts = vec![self.and()?];
        while self.keyword().as_deref() == Some("or") {
            self.at += 1;
            parts.push(self.and()?);
        }
        Ok(join(parts, Node::Or))
    }

    fn and(&mut self) -> Result<Node, Problem> {
        let mut parts = vec![self.not()?];
        loop {
            match (&self.peek().token, self.keyword().as_deref()) {
                (_, Some("and")) => {
                    self.at += 1;
                    parts.push(self.not()?);
                }
                (_, Some("or"))
                | (Token::End | Token::Close | Token::Comma | Token::Op(_), _) => {
                    return Ok(join(parts, Node::And));
                }
                _ => parts.push(self.not()?),
            }
        }
    }

    fn not(&mut self) -> Result<Node, Problem> {
        let placed = self.next();
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(problem(
                "This is nested too deeply.",
                placed.start,
                placed.end,
                &[],
            ));
        }
        let node = match placed.token {
            Token::Name(ref name) if name.eq_ignore_ascii_case("not") => {
                Node::Not(Box::new(self.not()?))
            }
            Token::Open => {
                let inner = self.or()?;
                let close = self.next();
                if close.token != Token::Close {
                    return Err(problem(
                        "A closing parenthesis is missing.",
                        close.start,
                        close.end,
                        &[")"],
                    ));
                }
                inner
            }
            Token::Text(text) => find(text.as_bytes(), placed.start, placed.end)?,
            Token::Regex(pattern, flags) => regex(&pattern, &flags, placed.start, placed.end)?,
            Token::Name(ref name) => self.test(name, &placed)?,
            Token::End => {
                return Err(problem(
                    "A test is missing.",
                    placed.start,
                    placed.end,
                    &begins(),
                ));
            }
            Token::Close | Token::Comma | Token::Op(_) => {
                return Err(problem(
                    "A test cannot begin like this.",
                    placed.start,
                    placed.end,
                    &begins(),
                ));
            }
        };
        self.depth -= 1;
        Ok(node)
    }

    fn test(&mut self, name: &str, placed: &Placed) -> Result<Node, Problem> {
        let Some(word) = words::find(name) else {
            let message = format!(
                "Nothing is called {name:?}. In quotes it is searched for in messages."
            );
            return Err(problem(message, placed.start, placed.end, &begins()));
        };
        let op = match self.peek().token {
            Token::Op(op) => op,
            _ => return self.bare(word, placed),
        };
        let op_at = self.next();
        let orders = matches!(word.takes, Takes::Number(_));
        if !orders && !matches!(op, ":" | "=" | "!=") {
            let message = format!("{} has no order.", word.name);
            return Err(problem(message, op_at.start, op_at.end, &[":", "!="]));
        }
        let mut values = vec![self.value(word)?];
        while self.peek().token == Token::Comma {
            self.at += 1;
            values.push(self.value(word)?);
        }
        if values.len() > 1 && !matches!(op, ":" | "=" | "!=") {
            return Err(problem(
                "A list needs ':' before it.",
                op_at.start,
                op_at.end,
                &[":", "!="],
            ));
        }
        let node = node(word, op, &values)?;
        Ok(if op == "!=" {
            Node::Not(Box::new(node))
        } else {
            node
        })
    }

    /// A word alone.
    fn bare(&self, word: &Word, placed: &Placed) -> Result<Node, Problem> {
        match word.takes {
            Takes::Flag(flag) => Ok(Node::Flag(flag, true)),
            Takes::Rule => Ok(Node::Flag(Flag::Error, true)),
            Takes::Number(Number::Message) => {
                Ok(Node::Number(Number::Message, vec![(0.0, f64::MAX)]))
            }
            takes => {
                let message = format!("{} needs a value: {}.", word.name, word.detail);
                let mut expected = vec![":"];
                if let Takes::Number(_) = takes {
                    expected.extend(["<", ">", "<=", ">=", "!="]);
                }
                Err(problem(message, placed.end, placed.end, &expected))
            }
        }
    }

    fn value(&mut self, word: &Word) -> Result<(String, usize, usize), Problem> {
        let placed = self.next();
        match placed.token {
            Token::Name(text) | Token::Text(text) => Ok((text, placed.start, placed.end)),
            _ => {
                let message = format!("A value of {} is missing: {}.", word.name, word.detail);
                let expected = words::values(word.takes);
                Err(problem(message, placed.start, placed.end, &expected))
            }
        }
    }
}

fn begins() -> Vec<&'static str> {
    let names = words::WORDS.iter().map(|word| word.name);
    names.chain(["not", "(", "\"", "/"]).collect()
}
