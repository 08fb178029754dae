//! Instruction sets the kernels are written for, and which of them this processor has.

/// An instruction set with its kernels. The numbers cross the border; 0 there means "the best there is".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Level {
    /// Plain Rust, on every processor: what the others are compared with.
    Scalar = 1,
    /// x86-64 with SSE4.2 and carry-less multiplication (2010): two lanes of 64 bits.
    Sse42 = 2,
    /// x86-64 with AVX2 as well (2013): four lanes.
    Avx2 = 3,
    /// x86-64 with AVX-512 F, DQ and VL as well (2017): eight lanes.
    Avx512 = 4,
    /// 64-bit ARM: two lanes.
    Neon = 5,
}

impl Level {
    /// Every level there is a name for, best last within an architecture.
    pub const ALL: [Self; 5] = [
        Self::Scalar,
        Self::Sse42,
        Self::Avx2,
        Self::Avx512,
        Self::Neon,
    ];

    /// The level of that number, whether this processor has it or not.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|level| *level as u32 == number)
    }

    /// Whether this processor can run its kernels. The answer never changes while the process runs.
    #[must_use]
    pub fn is_here(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Self::Sse42 => {
                is_x86_feature_detected!("sse4.2") && is_x86_feature_detected!("pclmulqdq")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => Self::Sse42.is_here() && is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                Self::Avx2.is_here()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
            #[cfg(target_arch = "aarch64")]
            Self::Neon => std::arch::is_aarch64_feature_detected!("neon"),
            #[allow(unreachable_patterns)] // What is left depends on the architecture.
            _ => false,
        }
    }

    /// The best level this processor has.
    #[must_use]
    pub fn best() -> Self {
        Self::ALL
            .into_iter()
            .rfind(|level| level.is_here())
            .unwrap_or(Self::Scalar)
    }
}
