//! The end of a segment, read without what is before it.
//!
//! A log is read forwards, and its last records are wanted without the rest. So the last bytes of a segment are searched
//! for the magic of seals. One of them is a seal if the groups behind it, up to the very end, follow from the chain head in
//! it. A payload that looks like a seal leads nowhere, because the seals behind it cover another chain.
use crate::audit::format::{
    hash_at, segment_path, Hash, Seal, SegmentHeader, HASH_BYTES, SEAL_BYTES, SEGMENT_HEADER_BYTES,
};
use crate::audit::group::{Found, Groups, Head};
use crate::audit::window::Window;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes that are read first: some windows of a log that nobody commits, and the records of more than one tile.
const FIRST: u64 = 192 << 10;

/// The last records of a segment.
pub struct Tail {
    /// Index of the first of them.
    pub first: u64,
    pub leaves: Vec<Hash>,
    /// What is known at the end.
    pub head: Head,
    pub header: SegmentHeader,
}

impl Tail {
    /// Reads at least the records from `from` on, as far as the segment has them; one group at least, where there is any.
    /// What follows the last seal of the log's `last` segment does not count; behind others nothing may follow.
    ///
    /// # Errors
    /// The system's, and `InvalidData` when the segment is damaged there.
    pub fn read(dir: &Path, number: u64, from: u64, last: bool) -> io::Result<Self> {
        let file = File::open(segment_path(dir, number))?;
        let length = file.metadata()?.len();
        let header = header_of(&file, length)?;
        if header.number != number {
            return Err(damaged());
        }
        let begin = header.size() as u64;
        let mut back = FIRST;
        while length.saturating_sub(back) > begin {
            let at = (length - back) & !7;
            let mut bytes = vec![0; (length - at) as usize];
            file.read_exact_at(&mut bytes, at)?;
            if let Some((first, leaves, head)) = from_a_seal(&bytes, from, last)? {
                return Ok(Self {
                    first,
                    leaves,
                    head,
                    header,
                });
            }
            back *= 2;
        }
        let mut bytes = vec![0; length.saturating_sub(begin) as usize];
        file.read_exact_at(&mut bytes, begin)?;
        let (leaves, head) = walk(&bytes, header.head(), last)?.ok_or_else(damaged)?;
        Ok(Self {
            first: header.first_index(),
            leaves,
            head,
            header,
        })
    }
}

/// The leaves from record `from` on, when those from `first` on, in segment `last` with its `header`, are known already.
///
/// # Errors
/// As for [`Tail::read`].
pub fn lengthened(
    dir: &Path,
    (mut first, mut leaves, mut header): (u64, Vec<Hash>, SegmentHeader),
    last: u64,
    from: u64,
) -> io::Result<Vec<Hash>> {
    let mut number = last;
    while first > from {
        let begun = header.first_index() == first;
        if begun {
            number = number.checked_sub(1).ok_or_else(damaged)?;
        }
        let more = Tail::read(dir, number, from, number == last)?;
        if begun && more.head != header.head() {
            return Err(damaged());
        }
        let before = first.checked_sub(more.first).ok_or_else(damaged)?;
        let new = more.leaves.get(..before as usize).ok_or_else(damaged)?;
        leaves.splice(..0, new.iter().copied());
        (first, header) = (more.first, more.header);
    }
    let passed = (from - first) as usize;
    Ok(leaves.split_off(passed.min(leaves.len())))
}

/// The header, without the room that reading a whole segment needs.
fn header_of(file: &File, length: u64) -> io::Result<SegmentHeader> {
    let read = |size: usize| {
        let mut bytes = vec![0; size];
        file.read_exact_at(&mut bytes, 0)?;
        Ok::<_, io::Error>(bytes)
    };
    if length < SEGMENT_HEADER_BYTES as u64 {
        return Err(damaged());
    }
    let size = SegmentHeader::extent(&read(SEGMENT_HEADER_BYTES)?).map_err(|_| damaged())?;
    if length < size as u64 {
        return Err(damaged());
    }
    SegmentHeader::decode(&read(size)?).map_err(|_| damaged())
}

pub fn damaged() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "it is damaged; verify it to see where",
    )
}

/// What follows the last seal that is not behind record `from` and has a group behind it; `None` when there is none.
fn from_a_seal(bytes: &[u8], from: u64, last: bool) -> io::Result<Option<(u64, Vec<Hash>, Head)>> {
    let seals: Vec<(usize, Seal)> = (0..bytes.len().saturating_sub(SEAL_BYTES))
        .step_by(8)
        .filter_map(|at| Some((at, Seal::read(&bytes[at..])?)))
        .filter(|(_, seal)| seal.size <= from)
        .collect();
    for (at, seal) in seals.iter().rev() {
        let end = at + SEAL_BYTES;
        let head = Head {
            size: seal.size,
            chain: hash_at(bytes, end - HASH_BYTES),
        };
        if let Some((leaves, head)) = walk(&bytes[end..], head, last)? {
            if !leaves.is_empty() {
                return Ok(Some((seal.size, leaves, head)));
            }
        }
    }
    Ok(None)
}

/// The leaves of the groups behind `head`, and the head behind them; `None` when something else is there.
fn walk(bytes: &[u8], mut head: Head, last: bool) -> io::Result<Option<(Vec<Hash>, Head)>> {
    let mut window = Window::small(bytes);
    let mut groups = Groups::default();
    let mut leaves = Vec::new();
    loop {
        match groups.next(&mut window, &mut head)? {
            Found::Group(size) => {
                leaves.extend_from_slice(&groups.leaves);
                window.advance(size);
            }
            Found::End => return Ok(Some((leaves, head))),
            Found::Stop(stop) => return Ok((last && stop.short).then_some((leaves, head))),
        }
    }
}
