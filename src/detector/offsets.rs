//! The way from a normalised text back to the original: bytes here, UTF-16 code units there.

/// Where each piece of a normalised text comes from.
#[derive(Debug, Clone, Default)]
pub struct Offsets {
    marks: Vec<Mark>,
}

/// From `byte` of the normal text on, until the next mark, the original goes on at `unit`.
#[derive(Debug, Clone, Copy)]
struct Mark {
    byte: usize,
    unit: usize,
    /// `None`: one byte is one unit. `Some(n)`: the whole piece stands for `n` units.
    cluster: Option<usize>,
}

impl Offsets {
    /// One byte, about to be written at `byte`, that is one unit of the original.
    pub fn unit(&mut self, byte: usize, unit: usize) {
        let goes_on = self.marks.last().is_some_and(|m| m.cluster.is_none() && m.unit + (byte - m.byte) == unit);
        if !goes_on {
            self.marks.push(Mark { byte, unit, cluster: None });
        }
    }

    /// A piece, about to be written at `byte`, that stands for `units` of the original.
    pub fn piece(&mut self, byte: usize, unit: usize, units: usize) {
        self.marks.push(Mark { byte, unit, cluster: Some(units) });
    }

    /// The unit of the original with which the piece at `byte` begins.
    pub fn start_unit(&self, byte: usize) -> usize {
        self.mark(byte).map_or(0, |mark| match mark.cluster {
            None => mark.unit + (byte - mark.byte),
            Some(_) => mark.unit,
        })
    }

    /// The unit of the original just behind the piece that ends before `byte`.
    pub fn end_unit(&self, byte: usize) -> usize {
        let Some(last) = byte.checked_sub(1) else {
            return 0;
        };
        self.mark(last).map_or(0, |mark| match mark.cluster {
            None => mark.unit + (last - mark.byte) + 1,
            Some(units) => mark.unit + units,
        })
    }

    fn mark(&self, byte: usize) -> Option<Mark> {
        let after = self.marks.partition_point(|mark| mark.byte <= byte);
        after.checked_sub(1).and_then(|index| self.marks.get(index)).copied()
    }
}
