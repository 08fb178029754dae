/** JSON that no reader rounds: integers beyond 2^53 − 1 are texts of digits. */

/** As `JSON.stringify`, with BigInts: as numbers where every reader reads them exactly, else as texts. */
export const exactJson = (value: unknown): string =>
  JSON.stringify(value, (_, one) => {
    if (typeof one !== "bigint") return one;
    const number = Number(one);
    return Number.isSafeInteger(number) ? number : String(one);
  });
