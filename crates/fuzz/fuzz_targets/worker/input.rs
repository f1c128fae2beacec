//! Reads numbers and byte strings off a fuzz input; what is missing at the end reads as zero.

pub struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// `None` at the end.
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    pub fn number(&mut self) -> u8 {
        self.byte().unwrap_or(0)
    }

    pub fn wide(&mut self) -> u16 {
        u16::from_be_bytes([self.number(), self.number()])
    }

    /// A length of one byte, then so many bytes.
    pub fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.number()).min(self.rest.len());
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.number()) % choices.len()]
    }
}
