//! Appending many records of one kind: the window is looked after once for all that fit into it.
//!
//! The log is to the byte the one that as many single appends make.
use crate::audit::error::AuditError;
use crate::audit::format::{record_bytes, HASH_BYTES, HEADER_BYTES, RECORD_MAGIC, SEAL_BYTES};
use crate::audit::gather::WRITE_BYTES;
use crate::audit::log::{AuditLog, HASHED_TOGETHER};
use crate::layout::{durability, AuditHeader};
use crate::record::{bytes_of, Record};

impl AuditLog {
    /// Appends a record for each of `payloads`, in order; `about` says its time in nanoseconds and its cause. No payload type
    /// is larger than [`MAX_PAYLOAD`](crate::audit::format::MAX_PAYLOAD).
    ///
    /// # Errors
    /// As for [`AuditLog::append`], with how many records came before the one that failed.
    pub fn append_all<T: Record>(
        &mut self,
        record_type: u16,
        version: u16,
        producer: u32,
        payloads: &[T],
        about: impl Fn(&T) -> (i64, u64),
    ) -> Result<(), (usize, AuditError)> {
        let mut done = 0;
        while let Some(first) = payloads.get(done) {
            let (time, cause) = about(first);
            let rest = &payloads[done..];
            if self.durability == durability::FSYNC {
                let parts = [bytes_of(first)];
                self.append(record_type, version, producer, time, cause, &parts)
                    .map_err(|error| (done, error))?;
                done += 1;
                continue;
            }
            let size = record_bytes(size_of::<T>());
            self.check_open()
                .and_then(|()| self.make_room(size, time))
                .map_err(|error| (done, error))?;
            let some = &rest[..self.room_for(size).min(rest.len())];
            let header = AuditHeader {
                magic: RECORD_MAGIC,
                length: size_of::<T>() as u32,
                record_type,
                version,
                producer,
                index: self.records,
                time,
                cause,
                reserved: 0,
            };
            self.gather(&header, some, &about);
            done += some.len();
        }
        Ok(())
    }

    /// How many records of `size` bytes the next appends would put into this window and segment without further ado, when
    /// one fits.
    fn room_for(&self, size: usize) -> usize {
        let gathered = &self.gathered;
        let until_full = (WRITE_BYTES - gathered.filled).div_ceil(size);
        let in_window = (gathered.buffer.len() - SEAL_BYTES - gathered.filled) / size;
        let left = self.segment_bytes.saturating_sub(self.current_bytes);
        let in_segment = left.saturating_sub(SEAL_BYTES as u64) / size as u64;
        let fit = (until_full.min(in_window) as u64).min(in_segment);
        if self.durability == durability::MEMORY {
            return fit.max(1) as usize;
        }
        let until_hashed = HASHED_TOGETHER - gathered.open.len() % HASHED_TOGETHER;
        fit.clamp(1, until_hashed as u64) as usize
    }

    /// Puts records for which there is room into the window; `header` is that of the first.
    #[inline]
    fn gather<T: Record>(
        &mut self,
        header: &AuditHeader,
        payloads: &[T],
        about: &impl Fn(&T) -> (i64, u64),
    ) {
        let size = record_bytes(size_of::<T>());
        let gathered = &mut self.gathered;
        let start = gathered.filled;
        let end = start + payloads.len() * size;
        let records = gathered.buffer[start..end].chunks_exact_mut(size);
        for ((payload, record), index) in payloads.iter().zip(records).zip(header.index..) {
            let (time, cause) = about(payload);
            let header = AuditHeader {
                index,
                time,
                cause,
                ..*header
            };
            let (front, behind) = record.split_at_mut(HEADER_BYTES);
            front.copy_from_slice(bytes_of(&header));
            let (body, padding) = behind.split_at_mut(size_of::<T>());
            body.copy_from_slice(bytes_of(payload));
            padding[..size - HASH_BYTES - HEADER_BYTES - size_of::<T>()].fill(0);
        }
        let places = (start..end).step_by(size).map(|at| at..at + size);
        gathered.open.extend(places);
        gathered.filled = end;
        if self.durability != durability::MEMORY
            && gathered.open.len().is_multiple_of(HASHED_TOGETHER)
        {
            gathered.hash();
        }
        self.current_bytes += (end - start) as u64;
        self.records += payloads.len() as u64;
        if self.durability == durability::MEMORY {
            self.durable = self.records;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Execution;
    use proptest::prelude::*;
    use std::fs;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn report(order_id: u64) -> Execution {
        Execution {
            order_id,
            time: order_id as i64 * 10,
            price: -(order_id as i64),
            ..Execution::default()
        }
    }

    fn about(report: &Execution) -> (i64, u64) {
        (report.time, report.order_id)
    }

    /// The same records in steps of these lengths: each step at once, or record by record.
    fn fill(log: &mut AuditLog, steps: &[usize], at_once: bool) {
        let mut id = 0;
        for step in steps {
            let reports: Vec<Execution> = (0..*step as u64).map(|n| report(id + n)).collect();
            id += *step as u64;
            if at_once {
                log.append_all(3, 1, 2, &reports, about).expect("takes it");
            } else {
                for one in &reports {
                    let (time, cause) = about(one);
                    log.append(3, 1, 2, time, cause, &[bytes_of(one)])
                        .expect("takes it");
                }
            }
            // Something of another length in between, and a commit now and then.
            log.append(4, 1, 2, 0, 0, &[&b"between"[..*step % 8]])
                .expect("takes it");
            if step % 3 == 0 {
                log.commit().expect("commits");
            }
        }
    }

    fn directory() -> PathBuf {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        std::env::temp_dir().join(format!("cwts-bulk-{}-{number}", std::process::id()))
    }

    /// Every file of a log in a directory, by name.
    fn written(
        durability: u32,
        segment_bytes: u64,
        steps: &[usize],
        at_once: bool,
    ) -> Vec<(String, Vec<u8>)> {
        let path = directory();
        let mut log = AuditLog::open(&path, durability, segment_bytes).expect("opens");
        fill(&mut log, steps, at_once);
        log.close().expect("closes");
        let mut files: Vec<_> = fs::read_dir(&path)
            .expect("is there")
            .map(|entry| entry.expect("is there"))
            .filter(|entry| entry.path().is_file())
            .map(|entry| {
                let bytes = fs::read(entry.path()).expect("reads");
                (entry.file_name().to_string_lossy().into_owned(), bytes)
            })
            .collect();
        files.sort();
        fs::remove_dir_all(path).expect("removes");
        files
    }

    fn steps() -> impl Strategy<Value = Vec<usize>> {
        prop::collection::vec(prop_oneof![0..40usize, 300..700usize], 1..12)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn a_log_in_memory_is_to_the_byte_the_one_of_single_appends(steps in steps()) {
            let (mut at_once, mut alone) = (AuditLog::memory(), AuditLog::memory());
            fill(&mut at_once, &steps, true);
            fill(&mut alone, &steps, false);
            prop_assert_eq!(at_once.head(), alone.head());
            prop_assert_eq!(at_once.retained(), alone.retained());
        }

        #[test]
        fn a_log_on_disk_is_to_the_byte_the_one_of_single_appends(
            steps in steps(),
            durability in 0..3u32,
            segments in prop_oneof![Just(1 << 16), Just(100_000), Just(1 << 30)],
        ) {
            // A sync per record is slow, and says nothing that fewer do not say.
            let few = if durability == durability::FSYNC { 1 } else { steps.len() };
            let steps: Vec<usize> = steps[..few.min(steps.len())].to_vec();
            prop_assert_eq!(
                written(durability, segments, &steps, true),
                written(durability, segments, &steps, false)
            );
        }
    }

    #[test]
    fn a_closed_log_takes_nothing_and_says_how_much_it_took() {
        let mut log = AuditLog::memory();
        log.append_all(3, 1, 2, &[report(1)], about).expect("open");
        log.close().expect("closes");
        let refused = log.append_all(3, 1, 2, &[report(2), report(3)], about);
        assert!(matches!(refused, Err((0, AuditError::Closed))));
        assert_eq!(log.next_index(), 1);
    }
}
