//! State as bytes and back, for snapshots: every field in the order in which its type names them, integers little-endian,
//! lists with their length in front.
//!
//! [`image!`] takes a struct apart without leaving a field out: one that is added and not named does not compile. Bytes are
//! read back with care for their length alone; whether they are those that were written is for a checksum to say.
use crate::record::{self, bytes_of, Record};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

/// Bytes on their way back into state.
pub struct Source<'a>(pub &'a [u8]);

impl<'a> Source<'a> {
    /// The next `count` bytes, if there are so many.
    pub fn next(&mut self, count: usize) -> Option<&'a [u8]> {
        let (now, later) = self.0.split_at_checked(count)?;
        self.0 = later;
        Some(now)
    }

    /// A length, if what it announces can be there at all.
    fn length(&mut self) -> Option<usize> {
        let length = usize::try_from(u64::take(self)?).ok()?;
        (length <= self.0.len()).then_some(length)
    }
}

/// What can be written down and read back.
pub trait Image: Sized {
    /// Appends itself.
    fn put(&self, out: &mut Vec<u8>);

    /// Reads itself back; `None` when the bytes end too early or can be no such thing.
    fn take(from: &mut Source<'_>) -> Option<Self>;
}

macro_rules! integers {
    ($($kind:ty),*) => {$(
        impl Image for $kind {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn take(from: &mut Source<'_>) -> Option<Self> {
                let bytes = from.next(size_of::<Self>())?;
                Some(Self::from_le_bytes(bytes.try_into().ok()?))
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, i64, i128);

impl Image for usize {
    fn put(&self, out: &mut Vec<u8>) {
        (*self as u64).put(out);
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        Self::try_from(u64::take(from)?).ok()
    }
}

impl Image for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        match u8::take(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl<T: Record> Image for T {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(bytes_of(self));
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        record::read(from.next(size_of::<Self>())?)
    }
}

impl<T: Image> Image for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(one) = self {
            one.put(out);
        }
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        Some(if bool::take(from)? {
            Some(T::take(from)?)
        } else {
            None
        })
    }
}

impl<T: Image> Image for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        self.iter().for_each(|one| one.put(out));
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        let length = from.length()?;
        (0..length).map(|_| T::take(from)).collect()
    }
}

impl<T: Image, const N: usize> Image for [T; N] {
    fn put(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|one| one.put(out));
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        let all: Option<Vec<T>> = (0..N).map(|_| T::take(from)).collect();
        all?.try_into().ok()
    }
}

impl<A: Image, B: Image> Image for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        Some((A::take(from)?, B::take(from)?))
    }
}

impl<K: Image + Ord, V: Image> Image for BTreeMap<K, V> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        for (key, value) in self {
            key.put(out);
            value.put(out);
        }
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        let length = from.length()?;
        (0..length)
            .map(|_| Some((K::take(from)?, V::take(from)?)))
            .collect()
    }
}

impl<K: Image + Ord + Hash, V: Image, S: BuildHasher + Default> Image for HashMap<K, V, S> {
    fn put(&self, out: &mut Vec<u8>) {
        let mut all: Vec<_> = self.iter().collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        (all.len() as u64).put(out);
        for (key, value) in all {
            key.put(out);
            value.put(out);
        }
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        let length = from.length()?;
        (0..length)
            .map(|_| Some((K::take(from)?, V::take(from)?)))
            .collect()
    }
}

/// Makes an [`Image`] of a struct, all of whose fields are named, or of one with a single field without a name.
macro_rules! image {
    ($kind:ident { $($field:ident),* $(,)? }) => {
        impl $crate::image::Image for $kind {
            fn put(&self, out: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                $($crate::image::Image::put($field, out);)*
            }

            fn take(from: &mut $crate::image::Source<'_>) -> Option<Self> {
                Some(Self { $($field: $crate::image::Image::take(from)?),* })
            }
        }
    };
    ($kind:ident(_)) => {
        impl $crate::image::Image for $kind {
            fn put(&self, out: &mut Vec<u8>) {
                $crate::image::Image::put(&self.0, out);
            }

            fn take(from: &mut $crate::image::Source<'_>) -> Option<Self> {
                Some(Self($crate::image::Image::take(from)?))
            }
        }
    };
}
pub(crate) use image;

#[cfg(test)]
mod tests {
    use super::{Image, Source};
    use std::collections::BTreeMap;

    #[test]
    fn what_was_put_is_taken_back_and_fewer_bytes_are_not() {
        type Everything = (Vec<Option<u16>>, (BTreeMap<u32, i128>, [bool; 2]));
        let map = BTreeMap::from([(7, -1), (9, i128::MAX)]);
        let state: Everything = (vec![None, Some(3)], (map, [true, false]));
        let mut bytes = Vec::new();
        state.put(&mut bytes);
        let mut source = Source(&bytes);
        assert_eq!(Everything::take(&mut source), Some(state));
        assert!(source.0.is_empty());
        for length in 0..bytes.len() {
            assert_eq!(Everything::take(&mut Source(&bytes[..length])), None);
        }
    }
}
