//! The checks in their fixed order. A new check is one file under `checks/` and one row here.
use super::case::Case;
use super::checks;
use super::facts::held;
use crate::layout::{command_kind, demand, NO_NODE};

/// Why a command was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reject {
    /// [`crate::layout::code`].
    pub code: u32,
    /// What the check measured, in its own unit.
    pub measured: i64,
    /// What it was compared with.
    pub limit: i64,
    /// Node of the tree whose limit it is; `NO_NODE` for what is asked of the strategy itself.
    pub scope: u32,
}

impl Reject {
    /// A rejection with the numbers it rests on.
    #[must_use]
    pub const fn new(code: u32, measured: i64, limit: i64) -> Self {
        Self::at(NO_NODE, code, measured, limit)
    }

    /// A rejection by a scope, with its numbers.
    #[must_use]
    pub const fn at(scope: u32, code: u32, measured: i64, limit: i64) -> Self {
        Self {
            code,
            measured,
            limit,
            scope,
        }
    }
}

/// What a check answers.
pub type Verdict = Result<(), Reject>;

/// One row of the table.
pub struct Row {
    /// For people and tests.
    pub name: &'static str,
    /// Bits of the command kinds it applies to.
    pub kinds: u8,
    /// Reasons to run it, bits of `demand` and `held`; 0 when it is always run.
    pub needs: u32,
    /// The check.
    pub check: fn(&Case<'_>) -> Verdict,
}

/// Bit of a command kind; unknown kinds share bit 0.
#[must_use]
pub const fn kind_bit(kind: u8) -> u8 {
    if command_kind::is_known(kind) {
        1 << kind
    } else {
        UNKNOWN
    }
}

const UNKNOWN: u8 = 1;
const NEW: u8 = kind_bit(command_kind::NEW);
const CANCEL: u8 = kind_bit(command_kind::CANCEL);
const AMEND: u8 = kind_bit(command_kind::AMEND);
const ENTRY: u8 = NEW | AMEND;

macro_rules! rows {
    ($($name:ident: $kinds:expr $(, if $needs:expr)? $(, unless $settled:ident)? => $check:path,)*) => {
        /// Every check, first to last. `GateDecision.check` is a position in this table.
        pub static CHECKS: &[Row] = &[
            $(Row {
                name: stringify!($name),
                kinds: $kinds,
                needs: 0 $(| $needs)?,
                check: $check,
            },)*
        ];

        /// The first row that refuses a command of `kind` (a [`kind_bit`]) for whose rows there are these reasons, and why:
        /// the table as straight code, so that checks share what they load. `skip` leaves a row out. A row is not asked
        /// where the case has settled it.
        #[inline(always)]
        fn first_of(
            case: &Case<'_>,
            kind: u8,
            needs: u32,
            skip: impl Fn(&str) -> bool,
        ) -> Option<(u32, Reject)> {
            let mut at = 0;
            $(
                let needed = true $(&& needs & ($needs) != 0)?;
                let settled = false $(|| case.$settled)?;
                if ($kinds) & kind != 0 && needed && !skip(stringify!($name)) {
                    #[cfg(test)]
                    assert!(!settled || $check(case).is_ok(), "what is plain passes {}", stringify!($name));
                    if settled {
                    } else if let Err(reject) = $check(case) {
                        return Some((at, reject));
                    }
                }
                at += 1;
            )*
            let _ = at;
            None
        }
    };
}

/// The first row that refuses a command, and why; see `first_of`. New orders, of which there are most, have code of their
/// own, and those among them to which limits alone apply again: it asks neither for the kind nor for reasons.
#[inline]
pub fn first_refusal(case: &Case<'_>, skip: impl Fn(&str) -> bool) -> Option<(u32, Reject)> {
    match (kind_bit(case.command.kind), case.needs) {
        (NEW, 0) => first_of(case, NEW, 0, skip),
        (NEW, needs) => first_of(case, NEW, needs, skip),
        (kind, needs) => first_of(case, kind, needs, skip),
    }
}

// The order is that of the catalogue of market-access checks: kill, authority, instrument, restrictions, market, bands,
// short sales, protected quotes, size, value, price, parents, repetition, rate, short windows, exposure, money, margin,
// self-match, people, concentration, sums, venue.
rows! {
    control_state:    ENTRY | UNKNOWN                            => checks::control::state,
    reduce_only:      ENTRY                                      => checks::control::reduce_only,
    known_strategy:   ENTRY | UNKNOWN                            => checks::known::strategy,
    mandate:          ENTRY, if demand::MANDATE | held::MANDATES => checks::authority::mandate,
    known_instrument: ENTRY | UNKNOWN                            => checks::known::instrument,
    room:             NEW                                        => checks::room::to_count,
    well_formed:      ENTRY | UNKNOWN                            => checks::form::well_formed,
    open_target:      AMEND | CANCEL                             => checks::target::is_open,
    own_target:       AMEND | CANCEL                             => checks::target::is_own,
    same_target:      AMEND                                      => checks::target::is_same,
    tick_step:        ENTRY                                      => checks::form::tick_step,
    lot_step:         ENTRY                                      => checks::form::lot_step,
    current_lists:    ENTRY, if demand::LISTS                    => checks::restricted::lists,
    restricted_list:  ENTRY, if held::RESTRICTIONS               => checks::restricted::list,
    market_state:     ENTRY, if demand::MARKET_STATE             => checks::market::state,
    price_bands:      ENTRY, if demand::PRICE_BANDS              => checks::market::bands,
    short_marking:    ENTRY, if demand::SHORT_SALE               => checks::short_sale::marking,
    short_locate:     ENTRY, if demand::SHORT_SALE               => checks::short_sale::locate,
    short_price_test: ENTRY, if demand::SHORT_PRICE_TEST         => checks::short_sale::price_test,
    trade_through:    ENTRY, if demand::TRADE_THROUGH            => checks::protected::trade_through,
    locked_market:    ENTRY, if demand::LOCKED_MARKET            => checks::protected::locked,
    max_quantity:     ENTRY                                      => checks::size::quantity,
    volume_share:     ENTRY, if demand::VOLUME                   => checks::volume::share,
    max_notional:     ENTRY                                      => checks::size::notional,
    reference_price:  ENTRY                                      => checks::price::reference,
    price_move:       ENTRY, if demand::PRICE_MOVE               => checks::price::moved,
    price_collar:     ENTRY                                      => checks::price::collar,
    known_parent:     ENTRY                                      => checks::parent::known,
    duplicate_id:     NEW                                        => checks::repetition::id,
    duplicate_order:  NEW                                        => checks::repetition::order,
    rate_latch:       ENTRY, if held::PACES, unless plain        => checks::flow::rate_latch,
    message_rate:     ENTRY                                      => checks::rate::messages,
    scope_rate:       ENTRY, if held::PACES, unless plain        => checks::flow::scope_rate,
    cancel_rate:      CANCEL, if held::PACES                     => checks::flow::cancel_rate,
    burst:            ENTRY, if held::BURSTS, unless plain       => checks::flow::burst,
    executions:       ENTRY, if held::THROTTLES                  => checks::flow::executions,
    parent_quantity:  ENTRY, if held::PARENTS                    => checks::parent::quantity,
    position_limit:   ENTRY, unless plain                        => checks::position::worst_case,
    open_orders:      NEW, unless plain                          => checks::open_orders::within,
    gross_value:      ENTRY, unless plain                        => checks::value::gross,
    net_value:        ENTRY, unless plain                        => checks::value::net,
    credit:           ENTRY, if held::CAPITAL, unless plain      => checks::money::credit,
    loss:             ENTRY, if held::CAPITAL, unless plain      => checks::money::loss,
    margin:           ENTRY, if held::FACTORS, unless plain      => checks::factors::margin,
    self_match:       ENTRY, if demand::SELF_MATCH               => checks::self_match::prevented,
    soft_limits:      ENTRY, if held::SOFT                       => checks::soft::acknowledged,
    concentration:    ENTRY, if held::CAPITAL, unless plain      => checks::money::concentration,
    liquidity:        ENTRY, if demand::LIQUIDITY, unless plain  => checks::volume::liquidity,
    factors:          ENTRY, if held::FACTORS, unless plain      => checks::factors::sums,
    allowed_venue:    ENTRY, if held::MANDATES                   => checks::authority::venue,
}

/// `GateDecision.check` of a decision that could not be recorded: recording is the step after the last check.
pub const RECORDING: u32 = CHECKS.len() as u32;
/// `GateDecision.check` of an accepted command.
pub const PASSED: u32 = u32::MAX;
