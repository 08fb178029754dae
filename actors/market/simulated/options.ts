/** What the background participants of a simulated market are like. Defaults live in `config/market.ts`. */

export interface ZeroIntelligenceOptions {
  /** Limit orders per second, both sides together. */
  readonly limitsPerSecond: number;
  /** Market orders per second, both sides together. */
  readonly marketsPerSecond: number;
  /** Chance per second that a given resting order is cancelled. */
  readonly cancelRate: number;
  /** Mean distance of a limit order from the opposite best price, ticks. */
  readonly meanDistanceTicks: number;
  /** Mean order size, lots. */
  readonly meanLots: number;
}

export interface HawkesOptions {
  /** Exogenous market orders per second and side. */
  readonly baseRate: number;
  /** Mean number of further orders of the same side that one order sets off directly. */
  readonly selfExcitation: number;
  /** The same for the opposite side; the sum of both must stay below 1 or the flow explodes. */
  readonly crossExcitation: number;
  /** How fast excitement fades, per second. */
  readonly decay: number;
  readonly meanLots: number;
}

export interface InformedOptions {
  /** Looks at the market this often, per second. */
  readonly looksPerSecond: number;
  /** Trades when the price is this many ticks away from the price it thinks right. */
  readonly thresholdTicks: number;
  readonly meanLots: number;
  /** How far it moves the price it thinks right for 1000 lots of net flow of others, basis points. */
  readonly concessionBp: number;
  /** Seconds in which flow is forgotten to 37 %. */
  readonly concessionSeconds: number;
}

export interface MakerOptions {
  readonly makers: number;
  readonly levels: number;
  readonly lotsPerLevel: number;
  readonly halfSpreadTicks: number;
  /** Quotes are reviewed every so many milliseconds. */
  readonly reviewMs: number;
  /** Ticks of skew per 100 lots of inventory. */
  readonly skewTicksPer100Lots: number;
  /** Inventory in lots, either side, at which a maker quotes only what reduces it. */
  readonly maximumLots: number;
  /** How far 100 lots bought (sold) by takers raise (lower) what makers think the price is, basis points. */
  readonly learningBpPer100Lots: number;
  /** Seconds in which that opinion follows the middle of the market to 63 %. */
  readonly followSeconds: number;
}

export interface FundamentalOptions {
  /** Root mean square volatility of the value the informed believe in, per square root of a second, as a fraction. */
  readonly volatility: number;
  /** Speed at which log-volatility returns to its mean, per second; above 0. */
  readonly volatilityReversion: number;
  /** Volatility of log-volatility, per square root of a second. */
  readonly volatilityOfVolatility: number;
}

export interface MarketOptions {
  /** The background acts in steps of this many milliseconds. */
  readonly stepMs: number;
  readonly zeroIntelligence: ZeroIntelligenceOptions;
  readonly hawkes: HawkesOptions;
  readonly informed: InformedOptions;
  readonly maker: MakerOptions;
  readonly fundamental: FundamentalOptions;
}
